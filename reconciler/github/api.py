"""A client of GitHub's REST API for one repository."""

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

import httpx

from reconciler import __version__
from reconciler.errors import GithubError, GithubRefusal, LostAnswerError
from reconciler.github.actions_context import ActionsContext
from reconciler.masking import mask
from reconciler.retry_after import parse_retry_after, server_time

PAGE = 100
MAX_PAGES = 100
MAX_CHARACTERS = 65_536
MAX_TRIES = 5
MAX_WAIT = 300.0
ACTIONS_BOT = "github-actions[bot]"


class Github:
    """A client for one repository, with the token of a workflow."""

    def __init__(
        self, context: ActionsContext, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._context = context
        self._sleep = sleep
        self._chance = random.Random()  # noqa: S311  no secret
        headers = {
            "Authorization": f"Bearer {context.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": f"inventory-reconciler/{__version__}",
        }
        trusts = context.api.startswith("https:")
        try:
            self._http = httpx.Client(
                headers=headers, timeout=30.0, follow_redirects=False, trust_env=trusts
            )
        except (ValueError, OSError, ImportError) as error:
            reason = type(error).__name__
            raise GithubError(
                f"Can't connect to GitHub ({reason}). Check HTTPS_PROXY and SSL_CERT_FILE."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request about *path*, relative to the repository, and return the JSON object."""
        answer = self._ask(method, self._address(path), body)
        return answer if isinstance(answer, dict) else {}

    def repeat(self, put: Callable[[], dict[str, object]]) -> dict[str, object]:
        """Return the result of *put*, calling it again while the answer to its POST is lost.

        *put* must look for an existing text to update, so that nothing is created twice.
        """
        for attempt in range(1, MAX_TRIES):
            try:
                return put()
            except LostAnswerError:
                self._sleep(2.0**attempt)
        return put()

    def find_ours(self, path: str, marker: str) -> dict[str, Any] | None:
        """Return our own text at *path* that begins with *marker*, or None.

        Anyone can paste a marker, so texts by other authors are ignored.
        """
        found = [one for one in self._list(path) if str(one.get("body", "")).startswith(marker)]
        if not found:
            return None
        own = self._own_login()
        return next((one for one in found if _is_by(own, one.get("user") or {})), None)

    def _address(self, path: str) -> str:
        return f"{self._context.api}/repos/{self._context.repository}/{path}"

    def _list(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the objects listed at *path*, page by page."""
        sign = "&" if "?" in path else "?"
        for page in range(1, MAX_PAGES + 1):
            address = f"{self._address(path)}{sign}per_page={PAGE}&page={page}"
            listed = self._ask("GET", address)
            if not isinstance(listed, list):
                raise GithubError("GitHub's answer is not a list. Check GITHUB_API_URL.")
            yield from (one for one in listed if isinstance(one, dict))
            if len(listed) < PAGE:
                return

    def _own_login(self) -> str:
        """Return our login, by GraphQL, because a token of Actions can't use `GET /user`."""
        query = {"query": "query { viewer { login } }"}
        try:
            answer = self._ask("POST", self._context.graphql, query)
            return str(answer["data"]["viewer"]["login"])
        except (GithubRefusal, KeyError, TypeError):
            # Only a refusal proves that it is the workflow's own token. After any other failure, a
            # guess could create the comment again and again.
            if self._context.in_actions:
                return ACTIONS_BOT
            raise GithubError(
                "GitHub doesn't say who owns this token, so existing comments can't be found."
                " Use a token that can read its own user."
            ) from None

    def _ask(self, method: str, address: str, body: Any = None) -> Any:
        """Return the JSON of GitHub's answer, with retries as its documentation requires.

        Source: docs.github.com, "Rate limits for the REST API" and "Best practices".

        Raises:
            LostAnswerError: The answer to a POST was lost, so it may have taken effect.
            GithubError: The request failed for any other reason.
        """
        may_repeat = method != "POST" or address == self._context.graphql
        for attempt in range(1, MAX_TRIES + 1):
            wait, error = self._send(method, address, body)
            if not isinstance(error, GithubError):
                return error
            if isinstance(error, LostAnswerError) and not may_repeat:
                raise error
            if wait is None or attempt == MAX_TRIES:
                raise GithubError(str(error)) if isinstance(error, LostAnswerError) else error
            self._sleep(max(wait, 2.0 ** (attempt - 1)) + self._chance.uniform(0, 1))
        raise AssertionError(attempt)

    def _send(self, method: str, address: str, body: Any) -> tuple[float | None, Any]:
        """Send a request once. Return the seconds to wait, and the JSON or an error.

        The wait is None if waiting doesn't help.
        """
        try:
            response = self._http.request(method, address, json=_masked(body))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return 0.0, LostAnswerError(f"Can't reach GitHub ({type(error).__name__}). Try again.")
        if response.is_success:
            return _answer(response)
        reason = f"{response.status_code}{self._message(response)}"
        if response.is_server_error:
            wait = parse_retry_after(response.headers) or 0.0
            failure = LostAnswerError(f"GitHub failed ({reason}). Try again later.")
            return (wait if wait <= MAX_WAIT else None), failure
        limit = _rate_limited(response)
        if limit is not None:
            message = (
                f"GitHub's rate limit is used up ({reason})."
                f" Try again in {max(1, round(limit / 60))} min."
            )
            return (limit if limit <= MAX_WAIT else None), GithubError(message)
        advice = _ADVICE.get(response.status_code, "Try again later.")
        refusal = GithubRefusal if response.status_code == 403 else GithubError
        return None, refusal(f"GitHub rejected the request ({reason}). {advice}")

    def _message(self, response: httpx.Response) -> str:
        try:
            message = str(json.loads(response.content)["message"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        return f": {mask(message)[:200]}"


def _answer(response: httpx.Response) -> tuple[float | None, Any]:
    """Return the JSON of an answer, or an error. GraphQL reports errors with status 200."""
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError):
        message = "GitHub's answer is not JSON. Check GITHUB_API_URL."
        return None, GithubError(message)
    errors = data.get("errors") if isinstance(data, dict) else None
    if not isinstance(errors, list):
        return 0.0, data
    kinds = {error.get("type") for error in errors if isinstance(error, dict)}
    if "RATE_LIMITED" in kinds:
        return 60.0, GithubError("GitHub's rate limit is used up. Try again in 1 min.")
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return None, GithubRefusal("GitHub doesn't say who owns this token.")
    return 0.0, LostAnswerError("GitHub failed to say who owns this token. Try again later.")


def _rate_limited(response: httpx.Response) -> float | None:
    """Return the seconds that a rate limit requires to wait, or None if it is no rate limit.

    GitHub sends 403 or 429. Without a given time, its documentation asks for at least a minute.
    """
    if response.status_code not in {403, 429}:
        return None
    asked = parse_retry_after(response.headers)
    if asked is not None:
        return asked
    if response.headers.get("X-RateLimit-Remaining") == "0":
        reset = response.headers.get("X-RateLimit-Reset", "")
        now = server_time(response.headers).timestamp()
        return max(0.0, int(reset) - now) if reset.isdecimal() else 60.0
    is_limit = response.status_code == 429 or "rate limit" in response.text.lower()
    return 60.0 if is_limit else None


_ADVICE = {
    401: "Renew GITHUB_TOKEN.",
    403: "Give the job `permissions: pull-requests: write` for a comment, or `issues: write` for an"
    " issue. A pull request from a fork can't have them.",
    301: "The repository was renamed. Correct GITHUB_REPOSITORY.",
    307: "The repository was renamed. Correct GITHUB_REPOSITORY.",
    404: "Check GITHUB_REPOSITORY, the number of the pull request, and the token's permissions.",
    410: "The repository has no issues. Turn them on in its settings.",
    422: "GitHub does not accept this text.",
}


def _masked(body: Any) -> Any:
    """Return *body*, a JSON object, with tokens masked in its texts."""
    if not isinstance(body, dict):
        return body
    return {name: mask(text) if isinstance(text, str) else text for name, text in body.items()}


def _is_by(login: str, author: dict[str, Any]) -> bool:
    """Return whether *author* has this *login*, with or without a bot's suffix.

    A person with the name of the Actions bot is not the bot.
    """
    name, own = str(author.get("login", "")).lower(), login.lower()
    if author.get("type") == "Bot":
        return name.removesuffix("[bot]") == own.removesuffix("[bot]")
    return name == own and own != "github-actions"
