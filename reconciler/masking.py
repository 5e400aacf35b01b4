"""Keep tokens out of everything that leaves the process.

A product's name, an error of a server, or a file may repeat a token. Whatever is printed, saved,
sent to GitHub or kept in git goes through `mask`.
"""

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote

MASK = "***"
# A shorter secret could be any word; Webflow's tokens have 64 characters, GitHub's 40 or more.
MIN_LENGTH = 5

_NAMES = frozenset({"GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN"})
_forms: list[str] = []


def register_secret(secret: str) -> None:
    """Mask *secret* from now on, also as URLs, JSON, and Base64 spell it."""
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
        _forms.sort(key=len, reverse=True)  # one may be a part of another


def register_environment(environ: Mapping[str, str]) -> None:
    """Mask the tokens that *environ* holds, whether a command uses them or not.

    Other variables may hold any word, which must not vanish from plans and records; a token under
    another name is masked once it is loaded.
    """
    for name, value in environ.items():
        if name in _NAMES or (name.startswith("WEBFLOW_") and "TOKEN" in name):
            register_secret(value.strip())


def mask(text: str) -> str:
    """Return *text* with `***` for every registered secret in it."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text
