"""Each site has one comment on a pull request."""

from hub import BOT, PULL_REQUEST, Hub, Odd
from unit.github.served import github_of

from reconciler.github.api import MAX_CHARACTERS
from reconciler.github.sticky_comment import marker_of, put_comment


def _put(hub: Hub, text: str, store: str = "demo") -> str:
    with github_of(hub) as github:
        return put_comment(github, PULL_REQUEST, store, text)


def test_put_comment_creates_once_then_updates() -> None:
    """A second push edits the same comment, and its address stays."""
    hub = Hub()
    addresses = {_put(hub, "first"), _put(hub, "second")}

    assert [one["body"] for one in hub.comments] == [marker_of("demo") + "second"]
    assert addresses == {hub.comments[0]["html_url"]}


def test_put_comment_keeps_stores_apart() -> None:
    """A site whose id begins like another one has its own comment."""
    hub = Hub()
    for store in ("demo", "demo-eu", "de"):
        _put(hub, store, store)

    assert [one["body"] for one in hub.comments] == [
        marker_of(store) + store for store in ("demo", "demo-eu", "de")
    ]


def test_put_comment_leaves_comments_of_others() -> None:
    """A pasted marker of another author is ignored, and ours is a new comment."""
    hub = Hub()
    hub.say("mallory", marker_of("demo") + "forged")
    hub.say(BOT, f"See: {marker_of('demo')}")
    _put(hub, "plan")

    assert [one["body"] for one in hub.comments] == [
        marker_of("demo") + "forged",
        f"See: {marker_of('demo')}",
        marker_of("demo") + "plan",
    ]


def test_put_comment_with_lost_answer_creates_nothing_twice() -> None:
    """GitHub may have created the comment although it answered 502."""
    for applied in (True, False):
        hub = Hub(odd=[("POST", Odd(502, applied=applied))])
        _put(hub, "plan")

        assert [one["body"] for one in hub.comments] == [marker_of("demo") + "plan"]


def test_put_comment_cuts_text_that_is_too_long() -> None:
    """GitHub rejects longer ones. The marker stays, so the comment is found again."""
    hub = Hub()
    for letter in "ab":
        _put(hub, letter * MAX_CHARACTERS)

    (only,) = hub.comments
    assert len(only["body"]) == MAX_CHARACTERS
    assert only["body"].startswith(marker_of("demo") + "b")
