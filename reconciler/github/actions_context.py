"""Read the environment of a workflow: API address, repository, and pull request."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from reconciler.addresses import is_trusted
from reconciler.errors import GithubError
from reconciler.masking import register_secret

API = "https://api.github.com"


class ActionsContext(Struct, frozen=True):
    """The environment of a workflow. Its text form hides the token."""

    token: str
    api: str
    graphql: str
    repository: str
    in_actions: bool

    def __repr__(self) -> str:
        return f"ActionsContext(***, {self.api}, {self.repository})"


def read_actions_context(environ: Mapping[str, str]) -> ActionsContext:
    """Return the context in *environ*.

    Raises:
        GithubError: A variable is missing or malformed.
    """
    token = environ.get("GITHUB_TOKEN", "").strip()
    if not token or not (token.isascii() and token.isprintable()):
        raise GithubError(
            "No token in GITHUB_TOKEN. Pass `github.token` as this variable, or to the action"
            " as `github-token`."
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
    """Return *address* if a token can be sent there safely; raise GithubError if not."""
    if not is_trusted(address):
        raise GithubError(
            f"{name} must be https://…, or http://… on loopback, without user name, query, and"
            " fragment."
        )
    return address.rstrip("/")


def read_head(environ: Mapping[str, str]) -> str:
    """Return the head commit of the event's pull request, or '' if there is none."""
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text("utf-8"))
        head = str(event["pull_request"]["head"]["sha"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return ""
    return head if re.fullmatch(r"[0-9a-f]{40,64}", head) else ""


def read_pull_request(environ: Mapping[str, str]) -> int:
    """Return the number of the pull request in the workflow's event.

    Raises:
        GithubError: The event has no pull request.
    """
    path = environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_text("utf-8")) if path else {}
        about = event.get("pull_request") or event.get("issue") or event
        return int(about["number"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise GithubError(
            "The event in GITHUB_EVENT_PATH has no pull request. Pass its number with --pr."
        ) from None
