"""How Sphinx builds the site: MyST Markdown, the furo theme, nothing loaded from elsewhere."""

import sys
from pathlib import Path

from reconciler import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "reconciler"
author = "The inventory-reconciler authors"
version = release = __version__
extensions = ["myst_parser", "sphinx_click", "schema_reference"]
exclude_patterns = ["_ext", "requirements.*"]
html_theme = "furo"
html_title = "reconciler"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
nitpicky = True
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]
