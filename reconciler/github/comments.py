"""Text → the one comment that a store has on a pull request, created or updated.

The comment is known by a hidden marker and by its author: anybody can paste a marker, so one
that somebody else wrote is neither edited nor trusted.
"""

import json
from collections.abc import Iterator
from typing import Any, Self

import httpx

from reconciler import __version__
from reconciler.errors import GithubError
from reconciler.github.surroundings import Surroundings

PAGE = 100
MAX_PAGES = 100
MAX_CHARACTERS = 65_536
ACTIONS_BOT = "github-actions[bot]"


def marker_of(store: str) -> str:
    """Return the hidden first line by which the comment of *store* is known."""
    return f"<!-- inventory-reconciler: {store} -->\n"


class Comments:
    """Asks GitHub's API about the comments of one pull request."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {surroundings.token}",
                "Accept": "application/vnd.github+json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": f"inventory-reconciler/{__version__}",
            },
            timeout=30.0,
            follow_redirects=False,
            trust_env=surroundings.api.startswith("https:"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def put(self, store: str, text: str) -> str:
        """Create the comment of *store*, or update it, and return its address.

        Raises GithubError for what GitHub refuses, with what to do.
        """
        body = {"body": (marker_of(store) + text)[:MAX_CHARACTERS]}
        ours = self._find(store)
        repository = f"{self._surroundings.api}/repos/{self._surroundings.repository}"
        if ours is None:
            path = f"{repository}/issues/{self._surroundings.pull_request}/comments"
            answer = self._ask("POST", path, body)
        else:
            answer = self._ask("PATCH", f"{repository}/issues/comments/{ours}", body)
        address = answer.get("html_url") if isinstance(answer, dict) else None
        return str(address or "")

    def _find(self, store: str) -> int | None:
        """Return the id of the comment of *store* that we wrote, or None."""
        marker = marker_of(store).strip()
        found = [c for c in self._list() if str(c.get("body", "")).startswith(marker)]
        if not found:
            return None
        own = _plain(self._own_login())
        for comment in found:
            author = comment.get("user") or {}
            if _plain(str(author.get("login", ""))) == own:
                return int(comment["id"])
        return None

    def _list(self) -> Iterator[dict[str, Any]]:
        """Yield the comments of the pull request, page by page."""
        there = self._surroundings
        path = f"{there.api}/repos/{there.repository}/issues/{there.pull_request}/comments"
        for page in range(1, MAX_PAGES + 1):
            comments = self._ask("GET", f"{path}?per_page={PAGE}&page={page}")
            if not isinstance(comments, list):
                raise GithubError("GitHub answers no list of comments; is GITHUB_API_URL right?")
            yield from (comment for comment in comments if isinstance(comment, dict))
            if len(comments) < PAGE:
                return

    def _own_login(self) -> str:
        """Return who we are: by GraphQL, since the token of Actions may not ask `GET /user`."""
        query = {"query": "query { viewer { login } }"}
        try:
            answer = self._ask("POST", self._surroundings.graphql, query)
            return str(answer["data"]["viewer"]["login"])
        except (GithubError, KeyError, TypeError):
            if self._surroundings.in_actions:
                return ACTIONS_BOT
            raise GithubError(
                "GitHub does not say whose token this is, so that no comment can be known as ours;"
                " use a token that may read its own user"
            ) from None

    def _ask(self, method: str, address: str, body: Any = None) -> Any:
        """Return the JSON that GitHub answers; raise GithubError for anything but success."""
        try:
            response = self._http.request(method, address, json=body)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise GithubError(f"cannot reach GitHub: {type(error).__name__}; try again") from None
        if response.is_success:
            try:
                return json.loads(response.content)
            except (ValueError, RecursionError):
                raise GithubError("GitHub's answer is not JSON; is GITHUB_API_URL right?") from None
        advice = _ADVICE.get(response.status_code, "try again later")
        said = self._said(response)
        raise GithubError(f"GitHub refuses ({response.status_code}{said}); {advice}")

    def _said(self, response: httpx.Response) -> str:
        try:
            message = str(json.loads(response.content)["message"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        return f": {message.replace(self._surroundings.token, '***')[:200]}"


_ADVICE = {
    401: "renew GITHUB_TOKEN",
    403: "give the job `permissions: pull-requests: write`; a fork's pull request cannot have it",
    404: "check GITHUB_REPOSITORY and the number of the pull request",
    422: "the text is not one that GitHub takes",
}


def _plain(login: str) -> str:
    return login.lower().removesuffix("[bot]")
