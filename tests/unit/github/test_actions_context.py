"""The environment of a workflow is checked before use."""

import json
from pathlib import Path
from typing import Any

import pytest
from hub import REPOSITORY, TOKEN, environment

from reconciler import masking
from reconciler.errors import GithubError
from reconciler.github.actions_context import API, read_actions_context, read_head
from reconciler.github.actions_context import read_pull_request as read_number

HEAD = "0123456789" * 4


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_forms", [])


def _environ(**changes: str) -> dict[str, str]:
    return environment("https://ghe.example/api", "") | changes


def _event(folder: Path, event: Any) -> dict[str, str]:
    path = folder / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event))
    return {"GITHUB_EVENT_PATH": str(path)}


def test_context_is_read_and_hides_its_token() -> None:
    """Printing a context does not print the token, which is masked from then on."""
    context = read_actions_context(_environ(GITHUB_TOKEN=f" {TOKEN}\n"))

    assert (context.token, context.repository, context.in_actions) == (TOKEN, REPOSITORY, True)
    assert (context.api, context.graphql) == (
        "https://ghe.example/api",
        "https://ghe.example/api/graphql",
    )
    assert TOKEN not in f"{context!r} {context}"
    assert masking.mask(TOKEN) == "***"


def test_context_without_addresses_is_github_com() -> None:
    """Outside of Actions, the token and the repository are enough."""
    context = read_actions_context({"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY})

    assert (context.api, context.graphql, context.in_actions) == (API, f"{API}/graphql", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_TOKEN", ""),
        ("GITHUB_TOKEN", " \n"),
        ("GITHUB_TOKEN", "s3cret\nInjected: 1"),
        ("GITHUB_TOKEN", "s3cret\u00e9"),
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_REPOSITORY", "shop"),
        ("GITHUB_REPOSITORY", "acme/shop/issues/1"),
        ("GITHUB_REPOSITORY", "acme/.."),
        ("GITHUB_REPOSITORY", "acme/."),
        ("GITHUB_REPOSITORY", "../shop"),
        ("GITHUB_REPOSITORY", "acme/shop?x"),
        ("GITHUB_REPOSITORY", "acme/shop\n"),
        ("GITHUB_API_URL", "http://ghe.example"),
        ("GITHUB_API_URL", "https://user@ghe.example"),
        ("GITHUB_GRAPHQL_URL", "http://evil.example/graphql"),
    ],
)
def test_context_with_malformed_variable_raises(name: str, value: str) -> None:
    """The error names the variable, and never has the token."""
    with pytest.raises(GithubError, match=name) as caught:
        read_actions_context(_environ(**{name: value}))

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("repository", ["acme/shop", "a-b/c.d_e-f", "acme/.github"])
def test_context_accepts_each_name_that_github_allows(repository: str) -> None:
    """A repository can begin with a dot, and contain dots and hyphens."""
    assert read_actions_context(_environ(GITHUB_REPOSITORY=repository)).repository == repository


@pytest.mark.parametrize(
    ("event", "number"),
    [
        ({"pull_request": {"number": 7}}, 7),
        ({"issue": {"number": 8}}, 8),
        ({"number": 9}, 9),
        ({"pull_request": {"number": 7}, "issue": {"number": 8}, "number": 9}, 7),
    ],
)
def test_read_pull_request_returns_number_of_event(
    tmp_path: Path, event: dict[str, Any], number: int
) -> None:
    """Events of pull requests and of comments have it in different places."""
    assert read_number(_event(tmp_path, event)) == number


@pytest.mark.parametrize(
    "event", [{}, [], "", "junk", {"pull_request": 7}, {"number": "x"}, {"number": None}]
)
def test_read_pull_request_of_a_push_raises(tmp_path: Path, event: Any) -> None:
    """The event has no pull request."""
    with pytest.raises(GithubError, match="--pr"):
        read_number(_event(tmp_path, event))


def test_read_pull_request_without_event_raises(tmp_path: Path) -> None:
    """Outside of Actions, there is no event."""
    for environ in ({}, {"GITHUB_EVENT_PATH": str(tmp_path / "none")}):
        with pytest.raises(GithubError, match="--pr"):
            read_number(environ)


@pytest.mark.parametrize(
    ("event", "head"),
    [
        ({"pull_request": {"head": {"sha": HEAD}}}, HEAD),
        ({"pull_request": {"head": {"sha": HEAD + "a" * 24}}}, HEAD + "a" * 24),
        ({"pull_request": {"head": {"sha": "main"}}}, ""),
        ({"pull_request": {"head": {"sha": f"--output={HEAD}"}}}, ""),
        ({"pull_request": {"head": {"sha": HEAD + "\n"}}}, ""),
        ({"pull_request": None}, ""),
        ([], ""),
        ("junk", ""),
    ],
)
def test_read_head_returns_commit_or_nothing(tmp_path: Path, event: Any, head: str) -> None:
    """Only a full commit id goes on to git."""
    assert read_head(_event(tmp_path, event)) == head
    assert read_head({}) == ""
