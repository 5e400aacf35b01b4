"""How Sphinx builds the site: MyST Markdown, the furo theme, nothing loaded from elsewhere."""

import sys
from pathlib import Path

import click
from sphinx.application import Sphinx

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


def _escape(_app: Sphinx, _context: click.Context, lines: list[str]) -> None:
    """Keep the stars of patterns such as 'TEE-*' from starting emphasis."""
    lines[:] = [line.replace("*", r"\*") for line in lines]


def setup(app: Sphinx) -> None:
    """Escape what commands print as help."""
    app.connect("sphinx-click-process-options", _escape)
    app.connect("sphinx-click-process-description", _escape)
