"""Mask tokens in all output of the process.

A product name, an error of a server, or a file may contain a token. So everything that is printed,
saved, sent to GitHub, or recorded in git goes through `mask`.
"""

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote

MASK = "***"
# A shorter secret could be a common word. Tokens of Webflow and GitHub have at least 40 characters.
MIN_LENGTH = 5

_NAMES = frozenset({"GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN"})
_forms: list[str] = []


def register_secret(secret: str) -> None:
    """Mask *secret* from now on, also in its URL, JSON, and Base64 forms."""
    if len(secret) >= MIN_LENGTH and secret not in _forms:
        spelled = base64.b64encode(secret.encode()).decode()
        for form in (
            secret,
            quote(secret),
            quote(secret, safe=""),
            spelled,
            json.dumps(secret)[1:-1],
        ):
            _forms.append(form)
        _forms.sort(key=len, reverse=True)  # one form can contain another


def register_environment(environ: Mapping[str, str]) -> None:
    """Mask the tokens in *environ*, whether a command uses them or not.

    Other variables are not masked, since they may hold common words. A token under another name is
    masked once it is loaded.
    """
    for name, value in environ.items():
        if name in _NAMES or (name.startswith("WEBFLOW_") and "TOKEN" in name):
            register_secret(value.strip())


def mask(text: str) -> str:
    """Return *text* with every registered secret replaced by `***`."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text
