"""The wording of GitHub's errors, and of a malformed environment."""

from collections.abc import Callable

import pytest
from hub import REPOSITORY, Hub, Odd, environment
from syrupy.assertion import SnapshotAssertion
from unit.github.served import github_of

from reconciler.errors import GithubError
from reconciler.github.actions_context import (
    ActionsContext,
    read_actions_context,
    read_pull_request,
)
from reconciler.github.actions_output import append_output, append_summary
from reconciler.github.api import MAX_TRIES, MAX_WAIT, Github

LISTED = "issues/7/comments"


def _line(name: str, call: Callable[[], object]) -> str:
    with pytest.raises(GithubError) as caught:
        call()
    error = caught.value
    return f"{name} [{error.code} {error.exit_code:d}]\n    {error}\n"


def _post(odd: Odd) -> Callable[[], object]:
    def call() -> None:
        with github_of(Hub(odd=[("POST", odd)])) as github:
            github.ask("POST", LISTED, {"body": "x"})

    return call


def _find(odd: Odd) -> Callable[[], object]:
    """Look for our own text, where GitHub answers *odd* to the question whose token it is."""

    def call() -> None:
        hub = Hub(odd=[("POST", odd)] * MAX_TRIES)
        hub.say("ada", "marker")
        with github_of(hub, in_actions=False) as github:
            github.find_ours(LISTED, "marker")

    return call


def test_answer_error_wording(wording: SnapshotAssertion) -> None:
    """Each status has its cure."""
    graphql = {"errors": [{"type": "FORBIDDEN"}]}
    text = "".join(
        _line(f"{status}", _post(Odd(status, message="said by GitHub")))
        for status in (301, 401, 403, 404, 410, 418, 422, 502)
    )
    text += _line("rate limit", _post(Odd(429, {"Retry-After": str(MAX_WAIT + 1)})))
    text += _line("token without an owner", _find(Odd(200, body=graphql)))
    text += _line("failure of GraphQL", _find(Odd(200, body={"errors": [{"type": "x"}]})))
    text += _line("no list", lambda: _list(Odd(200, body={"a": 1})))

    assert text == wording


def _list(odd: Odd) -> None:
    with github_of(Hub(odd=[("GET", odd)])) as github:
        github.find_ours(LISTED, "marker")


def _no_connection() -> None:
    context = ActionsContext("t0ken", "http://127.0.0.1:9", "", REPOSITORY, in_actions=True)
    with Github(context, lambda _: None) as github:
        github.ask("POST", LISTED, {"body": "x"})


def test_environment_error_wording(
    wording: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each variable is named, with what it must hold."""
    monkeypatch.setattr("reconciler.masking._forms", [])
    good = environment("https://ghe.example/api", "")

    def read(**changes: str) -> Callable[[], object]:
        return lambda: read_actions_context(good | changes)

    def open_with_bad_proxy() -> None:
        monkeypatch.setenv("HTTPS_PROXY", "foo://x")
        Github(read_actions_context(good))

    text = _line("no token", read(GITHUB_TOKEN=""))
    text += _line("no repository", read(GITHUB_REPOSITORY="../x"))
    text += _line("address without TLS", read(GITHUB_API_URL="http://example.invalid"))
    text += _line("no pull request", lambda: read_pull_request({}))
    text += _line("output with a line break", lambda: append_output("x", {"odd": "1\n2"}))
    text += _line("summary that can't be written", lambda: append_summary("/nowhere/x", "x"))
    text += _line("unusable proxy", open_with_bad_proxy)
    text += _line("no connection", _no_connection)

    assert text == wording
