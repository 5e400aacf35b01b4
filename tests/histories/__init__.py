"""Random histories of a shop and its repository, with a model of who said what when."""
