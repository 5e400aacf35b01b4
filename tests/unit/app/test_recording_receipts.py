"""An apply records its receipt after the last write."""

import pytest
from factories import Workspace, live, plan_of, stock
from unit.app.recorded import CONTEXT, NOW, REF, begin, kind, known, record, report, start

from reconciler.app.lock import ensure_unlocked
from reconciler.app.stores import load_store
from reconciler.errors import LockedError, PushError
from reconciler.model import Report, Result, SettledSku, format_time


def test_finish_records_only_applied_skus(pair: Workspace) -> None:
    """A SKU that was not written is still new, and the lock is free."""
    recording = start()
    begin(recording)
    said = recording.finish(report(A=Result.APPLIED, B=Result.NOT_TRIED))
    last = known()
    ensure_unlocked(last)

    assert last.base is not None
    assert {sku: e.stock for sku, e in last.base.declared.items()} == {"A": stock(5)}
    assert (last.base.source, last.base.pending) == (pair.git("rev-parse", "HEAD"), ())
    assert last.base.commit[:7] in said


def test_finish_without_any_write_frees_the_lock(pair: Workspace) -> None:
    """Nothing counts as applied."""
    recording = start()
    begin(recording)
    recording.finish(report(A=Result.NOT_TRIED, B=Result.NOT_TRIED))
    base = known().base

    assert kind() == "receipt"
    assert base is not None
    assert (base.declared, base.pending) == ({}, ())


def test_finish_that_cannot_be_pushed_names_commit_and_ref(pair: Workspace) -> None:
    """The writes are done, and the user learns how to push their record."""
    remote = pair.folder / ".git/other"
    recording = start(str(remote))
    begin(recording)
    remote.rename(remote.with_name("gone"))
    with pytest.raises(PushError) as caught:
        recording.finish(report(A=Result.APPLIED, B=Result.APPLIED))

    assert f"{pair.git('rev-parse', REF)}:{REF}" in str(caught.value)
    assert kind() == "receipt"


def test_finish_without_writes_is_recorded_once(pair: Workspace) -> None:
    """A nightly apply without changes adds no commits."""
    desired = load_store(CONTEXT)
    plan = plan_of(desired, live({"A": 5, "B": 5}))
    said = [record(desired, plan).finish(Report("demo", ())) for _ in range(2)]

    assert (bool(said[0]), said[1]) == (True, "")
    assert kind() == "receipt"


def test_finish_after_intent_always_adds_a_receipt(pair: Workspace) -> None:
    """An intent without a receipt would keep the lock."""
    for _ in range(2):
        recording = start()
        begin(recording)
        assert recording.finish(report(A=Result.APPLIED, B=Result.APPLIED))

    assert kind() == "receipt"


def test_record_message_lists_results_in_one_line_each(pair: Workspace) -> None:
    """`git log` of the records is the audit log."""
    recording = start()
    told = report(A=Result.APPLIED, B=Result.MOVED)
    begin(recording)
    recording.finish(told)
    message = pair.git("log", "-1", "--format=%B", REF).splitlines()

    assert [line for line in message if line.startswith(("A", "B"))][:2] == [
        "A: 3 -> 5, applied",
        "B: 4 -> 5, moved",
    ]
    assert any(pair.git("rev-parse", "HEAD") in line for line in message)


def test_finish_records_stock_and_time(pair: Workspace) -> None:
    """The next plan knows since when units are missing."""
    recording = start()
    told = report(A=Result.APPLIED, B=Result.NOT_TRIED)
    begin(recording)
    recording.finish(told)
    base = known().base

    assert base is not None
    assert base.shop == {
        "A": SettledSku("A", "id-A", None, format_time(NOW), level_at=format_time(NOW))
    }


def test_finish_without_writes_after_another_apply_raises(pair: Workspace) -> None:
    """Its plan was outdated, so it must not end as up to date."""
    remote = str(pair.folder / ".git/other")
    desired = load_store(CONTEXT)
    plan = plan_of(desired, live({"A": 5, "B": 5}))
    record(desired, plan, remote).finish(Report("demo", ()))
    late = record(desired, plan, remote)
    other = pair.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "other")
    pair.git("push", "--quiet", remote, f"{other}:{REF}")
    with pytest.raises(LockedError):
        late.finish(Report("demo", ()))


def test_finish_of_first_receipt_that_lost_a_race_leaves_nothing(pair: Workspace) -> None:
    """Nothing was written, so this clone must not keep a record that nobody else has."""
    remote = str(pair.folder / ".git/other")
    desired = load_store(CONTEXT)
    recording = record(desired, plan_of(desired, live({"A": 5, "B": 5})), remote)
    other = pair.git("commit-tree", "HEAD^{tree}", "-m", "other")
    pair.git("push", "--quiet", remote, f"{other}:{REF}")
    with pytest.raises(LockedError):
        recording.finish(Report("demo", ()))

    assert kind() is None
