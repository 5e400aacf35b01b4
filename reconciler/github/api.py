"""Questions → what GitHub's REST API answers, and who it says we are."""

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


class Github:
    """Asks about one repository, with the token that a workflow gives."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        headers = {
            "Authorization": f"Bearer {surroundings.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": f"inventory-reconciler/{__version__}",
        }
        trusts = surroundings.api.startswith("https:")
        try:
            self._http = httpx.Client(
                headers=headers, timeout=30.0, follow_redirects=False, trust_env=trusts
            )
        except (ValueError, OSError, ImportError) as error:
            said = type(error).__name__
            raise GithubError(
                f"cannot connect to GitHub ({said}); check HTTPS_PROXY and SSL_CERT_FILE"
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Return the object that GitHub answers about *path*, which begins below the repository."""
        answer = self._ask(method, self._address(path), body)
        return answer if isinstance(answer, dict) else {}

    def find_ours(self, path: str, marker: str) -> dict[str, Any] | None:
        """Return what is listed at *path*, begins with *marker*, and was written by us; or None.

        Anybody can paste a marker, so what somebody else wrote is neither edited nor trusted.
        """
        found = [one for one in self._list(path) if str(one.get("body", "")).startswith(marker)]
        if not found:
            return None
        own = self._own_login()
        return next((one for one in found if _is_by(own, one.get("user") or {})), None)

    def _address(self, path: str) -> str:
        return f"{self._surroundings.api}/repos/{self._surroundings.repository}/{path}"

    def _list(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield what is listed at *path*, page by page."""
        sign = "&" if "?" in path else "?"
        for page in range(1, MAX_PAGES + 1):
            address = f"{self._address(path)}{sign}per_page={PAGE}&page={page}"
            listed = self._ask("GET", address)
            if not isinstance(listed, list):
                raise GithubError("GitHub answers with no list; is GITHUB_API_URL right?")
            yield from (one for one in listed if isinstance(one, dict))
            if len(listed) < PAGE:
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
                "GitHub does not say whose token this is, so that nothing can be known as ours;"
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
    403: "give the job `permissions: pull-requests: write` for a comment, `issues: write` for an"
    " issue; a fork's pull request cannot have them",
    301: "the repository was renamed; correct GITHUB_REPOSITORY",
    307: "the repository was renamed; correct GITHUB_REPOSITORY",
    404: "check GITHUB_REPOSITORY, the number of the pull request, and what the token may see",
    410: "the repository has no issues; turn them on in its settings",
    422: "the text is not one that GitHub takes",
}


def _is_by(login: str, author: dict[str, Any]) -> bool:
    """Return whether *author* is who is called *login*; GraphQL may leave a bot's suffix out."""
    name, own = str(author.get("login", "")).lower(), login.lower()
    if author.get("type") == "Bot":
        return name.removesuffix("[bot]") == own.removesuffix("[bot]")
    return name == own
