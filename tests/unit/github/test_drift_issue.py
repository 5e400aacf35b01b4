"""Each site has at most one open drift issue."""

import pytest
from hub import BOT, Hub, Odd
from unit.github.served import github_of

from reconciler.github.api import MAX_CHARACTERS
from reconciler.github.drift_issue import issue_marker, put_issue


def _put(hub: Hub, text: str, *, is_needed: bool = True, store: str = "demo") -> str:
    with github_of(hub) as github:
        return put_issue(github, store, store, text, is_needed=is_needed)


def _shown(hub: Hub) -> list[tuple[str, str]]:
    """Return the state and the text below the marker of each issue."""
    return [(one["state"], one["body"].partition("-->\n")[2]) for one in hub.issues]


def test_put_issue_opens_updates_and_closes_one() -> None:
    """The issue is open while there is drift, and is closed as completed."""
    hub = Hub()
    _put(hub, "first")
    _put(hub, "second")
    assert _shown(hub) == [("open", "second")]
    address = _put(hub, "none", is_needed=False)

    assert _shown(hub) == [("closed", "none")]
    assert hub.issues[0]["state_reason"] == "completed"
    assert address == hub.issues[0]["html_url"]


def test_put_issue_after_closed_one_opens_another() -> None:
    """The old discussion stays closed."""
    hub = Hub()
    _put(hub, "first")
    _put(hub, "none", is_needed=False)
    _put(hub, "again")

    assert _shown(hub) == [("closed", "none"), ("open", "again")]


def test_put_issue_without_drift_or_issue_writes_nothing() -> None:
    """Without drift, nobody gets mail."""
    hub = Hub()

    assert _put(hub, "none", is_needed=False) == ""
    assert [asked for asked in hub.asked if not asked.startswith("GET")] == []


@pytest.mark.parametrize("is_needed", [True, False])
def test_put_issue_leaves_issues_of_others(is_needed: bool) -> None:
    """An issue of another author is neither edited nor closed, whatever its text is."""
    hub = Hub()
    hub.file("mallory", issue_marker("demo") + "forged")
    hub.file(BOT, issue_marker("other") + "of another store")
    _put(hub, "drift", is_needed=is_needed)

    assert _shown(hub)[:2] == [("open", "forged"), ("open", "of another store")]
    assert len(hub.issues) == 2 + is_needed


def test_put_issue_with_lost_answer_opens_nothing_twice() -> None:
    """GitHub may have opened the issue although it answered 502."""
    hub = Hub(odd=[("POST", Odd(502, applied=True))])
    _put(hub, "drift")

    assert _shown(hub) == [("open", "drift")]


def test_put_issue_names_store_and_cuts_long_text() -> None:
    """The title names the store, and the text fits GitHub's limit."""
    hub = Hub()
    _put(hub, "x" * MAX_CHARACTERS)

    assert "demo" in hub.issues[0]["title"]
    assert len(hub.issues[0]["body"]) == MAX_CHARACTERS
