"""Render templates as HTML files that load nothing and run only their own script."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler import __version__
from reconciler.render.sanitize import safe_text

_PACKAGE: Final = "reconciler.render.html"
# Shows rows without scripts that a script would show later.
_COMPLETE: Final = "tbody.rest { display: table-row-group; }"


def render_page(template: str, values: Mapping[str, Any]) -> str:
    """Return the page of *template* with *values*.

    All text is escaped, and control characters are shown as codes. The page's
    Content-Security-Policy allows its own style and script by their hashes, and nothing else.
    """
    loader = PackageLoader(_PACKAGE)
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    style, script = (loader.get_source(environment, name)[0] for name in ("style.css", "table.js"))
    return environment.get_template(template).render(
        **values,
        style=Markup(style),  # noqa: S704  a file of this package
        complete=Markup(_COMPLETE),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=Markup(_policy(style, script)),  # noqa: S704
        footer=f"reconciler {__version__}",
    )


def _visible(value: Any) -> Any:
    """Return a text without characters that hide or reorder others."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(style: str, script: str) -> str:
    styles = f"'{_hash(style)}' '{_hash(_COMPLETE)}'"
    allowed = f"style-src {styles}; script-src '{_hash(script)}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
