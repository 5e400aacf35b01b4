"""An apply records its intent before the first write, which locks the store."""

from dataclasses import replace
from datetime import timedelta

import pytest
from factories import Workspace, live, plan_of, stock
from unit.app.recorded import CONTEXT, LASTING, NOW, REF, kind, known, start

from reconciler.app.memory import Memory
from reconciler.app.recording import (
    GRACE,
    describe_lock,
    ensure_unlocked,
    find_actor,
    start_recording,
)
from reconciler.app.stores import load_store
from reconciler.errors import HeldError


def test_begin_puts_intent_into_git_that_locks_the_store(pair: Workspace) -> None:
    """Until it expires no other apply begins, unless the user says that it is dead."""
    intent = start().begin(LASTING, NOW)
    last = known()

    assert (pair.git("rev-parse", REF), kind()) == (intent, "intent")
    expires = NOW + LASTING + GRACE
    with pytest.raises(HeldError):
        ensure_unlocked(last, take_over=False, has_journal=True, now=NOW)
    with pytest.raises(HeldError):
        just_before = expires - timedelta(seconds=1)
        ensure_unlocked(last, take_over=False, has_journal=False, now=just_before)
    ensure_unlocked(last, take_over=False, has_journal=False, now=expires)
    ensure_unlocked(last, take_over=True, has_journal=False, now=NOW)


@pytest.mark.parametrize(
    ("resumes", "has_journal", "is_held"),
    [(True, True, False), (True, False, True), (False, True, True)],
)
def test_same_plan_goes_on_only_with_its_journal(
    pair: Workspace, resumes: bool, has_journal: bool, is_held: bool
) -> None:
    """On another machine nothing tells which writes were sent."""
    start().begin(LASTING, NOW)
    last = replace(known(), resumes=resumes)
    if is_held:
        with pytest.raises(HeldError):
            ensure_unlocked(last, take_over=False, has_journal=has_journal, now=NOW)
    else:
        ensure_unlocked(last, take_over=False, has_journal=has_journal, now=NOW)


def test_intent_names_pending_writes(pair: Workspace) -> None:
    """What a crashed apply may have written is known: before, after, and by which id."""
    start().begin(LASTING, NOW)
    base = known().base

    assert base is not None
    assert base.declared == {}
    assert [(one.sku_id, one.before, one.after) for one in base.pending] == [
        ("id-A", stock(3), stock(5)),
        ("id-B", stock(4), stock(5)),
    ]


def test_second_apply_that_begins_is_refused(pair: Workspace) -> None:
    """Of two that planned at the same time one begins, and the other one has written nothing."""
    first, second = start(), start()
    intent = first.begin(LASTING, NOW)
    with pytest.raises(HeldError):
        second.begin(LASTING, NOW)

    assert pair.git("rev-parse", REF) == intent


def test_begin_on_remote_that_is_ahead_is_taken_back(pair: Workspace) -> None:
    """An apply elsewhere holds the store, so that this clone must not look as if it did."""
    remote = str(pair.folder / ".git/other")
    start(remote).begin(LASTING, NOW)
    pair.git("update-ref", "-d", REF)
    with pytest.raises(HeldError):
        start(remote).begin(LASTING, NOW)

    assert kind() is None


def test_start_recording_without_a_place_records_nothing(pair: Workspace) -> None:
    """A store without on_change outside of git is applied all the same."""
    desired = load_store(CONTEXT)
    plan = plan_of(desired, live({"A": 3, "B": 4}))

    assert start_recording(Memory(None), known(), desired, plan) is None


def test_describe_lock_names_commit_person_and_run(pair: Workspace) -> None:
    """Whoever waits knows for whom, until when, and how to end it."""
    recording = start()
    recording.begin(LASTING, NOW)
    last = known().last
    assert last is not None and last.record is not None
    held_by = replace(last.record, by="ada")
    held, over = (describe_lock(held_by, when) for when in (NOW, NOW + LASTING + GRACE))

    for text in (held, over):
        assert all(word in text for word in (pair.git("rev-parse", "HEAD")[:7], "ada"))
        assert recording.run in text
    assert f"base unlock {recording.run}" in held
    assert "10:45" in held and "10:45" not in over


@pytest.mark.parametrize(
    ("actor", "name", "found"),
    [("octocat", "Ada", "octocat"), ("", "Ada", "Ada"), (None, "Ada", "Ada")],
)
def test_find_actor_is_of_the_workflow_or_of_git(
    pair: Workspace, actor: str | None, name: str, found: str
) -> None:
    """In a pipeline git's user says nothing."""
    pair.git("config", "user.name", name)
    repository = known().repository
    assert repository is not None

    assert find_actor(repository, {} if actor is None else {"GITHUB_ACTOR": actor}) == found


def test_find_actor_is_short_and_shows_what_it_holds(pair: Workspace) -> None:
    """A name can neither fill the log nor hide in it."""
    repository = known().repository
    assert repository is not None
    found = find_actor(repository, {"GITHUB_ACTOR": "a\x1b[2J" + "x" * 999})

    assert ("\x1b" in found, len(found)) == (False, 100)
