"""An apply records its intent before the first write, and each batch before its writes."""

from datetime import timedelta
from typing import Any

import pytest
from factories import Workspace, live, plan_of, stock
from unit.app.collecting import CollectingReporter
from unit.app.recorded import CONTEXT, NOW, REF, FakeClient, begin, kind, known, start

from reconciler.app import recording
from reconciler.app.interrupts import StopSignal
from reconciler.app.lock import describe_lock, wait_for_lock
from reconciler.app.memory import Memory
from reconciler.app.recording import LASTING, MARGIN, find_actor, start_recording
from reconciler.app.stores import load_store
from reconciler.errors import LockedError
from reconciler.model import Outcome, Result

LONG = timedelta(seconds=LASTING)


@pytest.fixture(autouse=True)
def _real_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the real durations of locks. The shop's clock is fake."""
    for name, seconds in {"LASTING": LASTING, "MARGIN": MARGIN}.items():
        monkeypatch.setattr(recording, name, seconds)


class _Stop(StopSignal):
    """Sleeps without waiting, and moves the shop's clock."""

    def __init__(self, client: FakeClient) -> None:
        super().__init__(lambda _: None)
        self._client = client

    def sleep(self, seconds: float) -> None:
        self._client.at += timedelta(seconds=seconds)


def _wait(at: timedelta, *, may_take_over: bool = False) -> FakeClient:
    fake = FakeClient(NOW + at)
    client: Any = fake
    wait_for_lock(known(), client, _Stop(fake), CollectingReporter(), may_take_over=may_take_over)
    return fake


def test_intent_locks_until_its_deadline_by_the_shops_clock(pair: Workspace) -> None:
    """No other apply starts before. With --take-over, it waits for the deadline."""
    intent = begin(start())

    assert (pair.git("rev-parse", REF), kind()) == (intent, "intent")
    for early in (timedelta(), LONG - timedelta(seconds=1)):
        with pytest.raises(LockedError):
            _wait(early)
        assert _wait(early, may_take_over=True).at >= NOW + LONG
    assert _wait(LONG).at == NOW + LONG


def test_wait_for_lock_without_lock_sends_no_request(pair: Workspace) -> None:
    """The shop's time is not needed."""
    assert _wait(timedelta()).asked == []


def test_may_write_near_the_deadline_is_false(pair: Workspace) -> None:
    """Also for a run that was paused. The next batch has a new deadline."""
    running = start()
    fake: Any = running.client
    assert not running.may_write()
    begin(running)
    assert running.may_write()
    fake.at = NOW + LONG - timedelta(seconds=MARGIN)
    assert not running.may_write()
    begin(running)
    assert running.may_write()


def test_announce_records_results_of_earlier_batches(pair: Workspace) -> None:
    """After a crash, only the last batch is in doubt."""
    running = start()
    first, second = running.plan.actions
    running.announce([first], {})
    base = known().base
    assert base is not None
    assert ([one.sku for one in base.pending], base.declared) == (["A"], {})
    done = Outcome(
        "A", Result.APPLIED, stock(3), stock(5), stock(5), "", "2026-11-26T10:00:01.000Z"
    )
    running.announce([second], {"A": done})
    base = known().base

    assert base is not None
    assert [one.sku for one in base.pending] == ["B"]
    assert {sku: one.stock for sku, one in base.declared.items()} == {"A": stock(5)}
    assert base.shop["A"].at == done.at


def test_announce_after_take_over_raises(pair: Workspace) -> None:
    """The record of the other apply stays."""
    running = start()
    tip = begin(running)
    other = pair.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "other")
    pair.git("update-ref", REF, other)
    with pytest.raises(LockedError):
        begin(running)

    assert (pair.git("rev-parse", REF), running.tip) == (other, tip)


def test_intent_names_pending_writes(pair: Workspace) -> None:
    """It has the stocks before and after, and the SKU ids."""
    begin(start())
    base = known().base

    assert base is not None
    assert base.declared == {}
    assert [(one.sku_id, one.before, one.after) for one in base.pending] == [
        ("id-A", stock(3), stock(5)),
        ("id-B", stock(4), stock(5)),
    ]


def test_announce_of_two_applies_locks_out_the_second(pair: Workspace) -> None:
    """Both planned at the same time. The second has written nothing."""
    first, second = start(), start()
    intent = begin(first)
    with pytest.raises(LockedError):
        begin(second)

    assert pair.git("rev-parse", REF) == intent


def test_announce_with_newer_remote_record_leaves_nothing(pair: Workspace) -> None:
    """Another apply holds the lock, so this clone must not keep its intent."""
    remote = str(pair.folder / ".git/other")
    begin(start(remote))
    pair.git("update-ref", "-d", REF)
    with pytest.raises(LockedError):
        begin(start(remote))

    assert kind() is None


def test_start_recording_without_repository_is_none(pair: Workspace) -> None:
    """A store without on_change can be applied outside of git."""
    desired = load_store(CONTEXT)
    plan = plan_of(desired, live({"A": 3, "B": 4}))
    client: Any = FakeClient()

    assert start_recording(Memory(None), known(), desired, plan, client, lambda _: None) is None


def test_describe_lock_names_commit_and_run(pair: Workspace) -> None:
    """It says for whom to wait, until when, and how to end it."""
    running = start()
    begin(running)
    last = known().last
    assert last is not None
    text = describe_lock(last)

    assert all(word in text for word in (pair.git("rev-parse", "HEAD")[:7], "10:05:00"))
    assert f"base unlock {running.run}" in text


@pytest.mark.parametrize(
    ("actor", "name", "found"),
    [("octocat", "Ada", "octocat"), ("", "Ada", "Ada"), (None, "Ada", "Ada")],
)
def test_find_actor_is_of_the_workflow_or_of_git(
    pair: Workspace, actor: str | None, name: str, found: str
) -> None:
    """In a pipeline, git's user says nothing."""
    pair.git("config", "user.name", name)
    repository = known().repository
    assert repository is not None

    assert find_actor(repository, {} if actor is None else {"GITHUB_ACTOR": actor}) == found


def test_find_actor_is_short_and_escaped(pair: Workspace) -> None:
    """A name can't fill the log or hide in it."""
    repository = known().repository
    assert repository is not None
    found = find_actor(repository, {"GITHUB_ACTOR": "a\x1b[2J" + "x" * 999})

    assert ("\x1b" in found, len(found)) == (False, 100)
