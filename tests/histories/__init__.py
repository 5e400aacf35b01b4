"""Random histories of a shop and its repository, checked against a model."""
