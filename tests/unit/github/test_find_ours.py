"""`Github.find_ours`: which texts can be edited."""

import pytest
from hub import BOT, COMMENTS, Hub, Odd
from unit.github.served import github_of

from reconciler.errors import GithubError, GithubRefusal
from reconciler.github.api import MAX_TRIES, PAGE

LISTED = "issues/7/comments"


def _find(hub: Hub, *, in_actions: bool = True) -> str | None:
    """Return our own text, or None."""
    with github_of(hub, in_actions=in_actions) as github:
        found = github.find_ours(LISTED, "<!-- m -->")
    return None if found is None else str(found["body"])


@pytest.mark.parametrize(
    ("login", "text", "is_ours"),
    [
        (BOT, "<!-- m -->\nmine", True),
        ("mallory", "<!-- m -->\nforged", False),
        ("github-actions", "<!-- m -->\na user of that name", False),
        ("other[bot]", "<!-- m -->\nanother bot", False),
        (BOT, "> <!-- m -->\nquoted", False),
        (BOT, "something else", False),
    ],
)
def test_find_ours_takes_own_text_with_marker_at_its_start(
    login: str, text: str, is_ours: bool
) -> None:
    """A comment of another author is never edited, whatever its text is."""
    hub = Hub()
    hub.say(login, text)

    assert _find(hub) == (text if is_ours else None)


def test_find_ours_skips_forged_text_before_ours() -> None:
    """A forged marker on the first page does not hide ours on the second."""
    hub = Hub()
    for _ in range(PAGE):
        hub.say("mallory", "<!-- m -->\nforged")
    hub.say(BOT, "<!-- m -->\nours")

    assert _find(hub) == "<!-- m -->\nours"


def test_find_ours_without_candidates_sends_no_login_request() -> None:
    """Our login matters only if a text has our marker."""
    hub = Hub()
    hub.say(BOT, "hello")

    assert (_find(hub), hub.asked) == (None, [f"GET {COMMENTS}"])


@pytest.mark.parametrize(("viewer", "found"), [("github-actions", True), ("alice", False)])
def test_find_ours_knows_bot_without_its_suffix(viewer: str, found: bool) -> None:
    """GraphQL can leave out the `[bot]` of a bot's name."""
    hub = Hub(viewer=viewer)
    hub.say(BOT, "<!-- m -->")

    assert (_find(hub) is not None) is found


def test_find_ours_with_unknown_login_is_the_bot_only_in_actions() -> None:
    """Elsewhere our texts can't be identified, so nothing is edited or created."""
    hub = Hub(viewer=None)
    hub.say(BOT, "<!-- m -->")

    assert _find(hub) == "<!-- m -->"
    with pytest.raises(GithubError):
        _find(hub, in_actions=False)


def test_find_ours_with_failing_graphql_raises() -> None:
    """With a guessed login, the comment would be created again with every push."""
    hub = Hub(viewer="alice", odd=[("/graphql", Odd(500))] * MAX_TRIES)
    hub.say(BOT, "<!-- m -->")
    with pytest.raises(GithubError) as caught:
        _find(hub)

    assert not isinstance(caught.value, GithubRefusal)
