"""The environment of a workflow → which GitHub, repository and pull request it is about."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.addresses import is_trusted
from reconciler.errors import GithubError
from reconciler.masking import register_secret

API = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class ActionsContext:
    """What a workflow tells its steps; the token shows itself nowhere."""

    token: str
    api: str
    graphql: str
    repository: str
    in_actions: bool

    def __repr__(self) -> str:
        return f"ActionsContext(***, {self.api}, {self.repository})"


def read_actions_context(environ: Mapping[str, str]) -> ActionsContext:
    """Return what *environ* says.

    Raises GithubError for what is missing, with where it comes from.
    """
    token = environ.get("GITHUB_TOKEN", "").strip()
    if not token or not (token.isascii() and token.isprintable()):
        raise GithubError(
            "There is no token in GITHUB_TOKEN. Pass `github.token` as env, or to the"
            " action as `github-token`."
        )
    register_secret(token)
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(r"[\w-]+/(?!\.\.?$)[\w.-]+", repository):
        raise GithubError("GITHUB_REPOSITORY must be OWNER/NAME. GitHub Actions sets it.")
    api = _checked(environ.get("GITHUB_API_URL") or API, "GITHUB_API_URL")
    graphql = _checked(environ.get("GITHUB_GRAPHQL_URL") or f"{api}/graphql", "GITHUB_GRAPHQL_URL")
    in_actions = environ.get("GITHUB_ACTIONS") == "true"
    return ActionsContext(token, api, graphql, repository, in_actions)


def _checked(address: str, name: str) -> str:
    """Return *address* if a token may be sent there: https, or http on loopback."""
    if not is_trusted(address):
        raise GithubError(
            f"{name} must be https://…, or http://… on loopback, without user name, query, or"
            " fragment."
        )
    return address.rstrip("/")


def read_head(environ: Mapping[str, str]) -> str:
    """Return the commit that the event's pull request proposes, or '' where none is named."""
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text("utf-8"))
        head = str(event["pull_request"]["head"]["sha"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ""
    return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else ""


def read_pull_request(environ: Mapping[str, str]) -> int:
    """Return the number of the pull request that the workflow's event is about.

    Raises GithubError where it is about none.
    """
    path = environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_text("utf-8")) if path else {}
        about = event.get("pull_request") or event.get("issue") or event
        return int(about["number"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise GithubError(
            "The event is not about a pull request (GITHUB_EVENT_PATH). Pass --pr."
        ) from None
