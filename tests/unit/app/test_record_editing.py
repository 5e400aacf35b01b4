"""`base show`, `set`, `settle`, and `unlock` change the record, and lose nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import SITE, Workspace, live, plan_of, stock
from unit.app.collecting import CollectingReporter
from unit.app.recorded import CONTEXT, REF, FakeClient, begin, known, record, report

from reconciler.app.context import MemoryRequest
from reconciler.app.doubts import settle_record, unlock_record
from reconciler.app.record_editing import SetRequest, set_record, show_record
from reconciler.app.stores import load_store
from reconciler.desired.observations import write_observation
from reconciler.errors import InputError, LockedError, NoBaseError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.model import Base, Declared, Result, Seen

LOCAL = MemoryRequest(local=True)


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Return a repository that declared A and B as 5, and then A as 7 and B as 8."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nrule: on_change\n")
    workspace.declare({"A": 5, "B": 5})
    workspace.commit("first")
    workspace.git("tag", "first")
    workspace.declare({"A": 7, "B": 8})
    workspace.commit("second")
    return workspace


def _set(ref: str = "HEAD", *globs: str, yes: bool = True, answer: bool = True) -> ExitCode:
    request = SetRequest(ref, globs, yes=yes)
    return set_record(CONTEXT, request, LOCAL, CollectingReporter(answer))


def _base() -> Base:
    base = known().base
    assert base is not None
    return base


def _levels(declared: dict[str, Declared] | None = None) -> dict[str, object]:
    levels = _base().declared if declared is None else declared
    return {sku: entry.stock.quantity for sku, entry in levels.items()}


def _begin(at: datetime | None = None) -> str:
    """Start an apply that raises A from 3 to 7 and never ends, and return its run."""
    desired = load_store(CONTEXT)
    recording = record(desired, plan_of(desired, live({"A": 3, "B": 8}), _base()))
    client: Any = FakeClient(at or datetime.now(UTC))
    recording.client = client
    begin(recording)
    return recording.run


def _show() -> str:
    reporter = CollectingReporter()
    assert show_record(CONTEXT, reporter) is ExitCode.DONE
    return "\n".join(reporter.results)


def test_set_record_settles_all_levels_of_the_commit(shop: Workspace) -> None:
    """The record is a receipt of that commit."""
    assert _set("first") is ExitCode.DONE
    base = _base()

    assert (_levels(), base.source) == ({"A": 5, "B": 5}, shop.git("rev-parse", "first"))
    assert [(one.had, one.at[:2]) for one in base.shop.values()] == [(None, "20")] * 2
    assert (base.pending, base.released) == ((), {})


def test_set_record_with_globs_keeps_other_skus_and_source(shop: Workspace) -> None:
    """Other SKUs and the applied commit stay the same."""
    _set("first")
    before = _base()
    _set("HEAD", "A*")
    base = _base()

    assert (_levels(), base.source) == ({"A": 7, "B": 5}, before.source)
    assert base.shop["B"] == before.shop["B"]


def test_set_record_releases_undeclared_skus(shop: Workspace) -> None:
    """A level is kept in case its file comes back."""
    _set()
    shop.declare({"B": 8})
    shop.commit("A is gone")
    _set()
    base = _base()
    assert (_levels(), _levels(dict(base.released))) == ({"B": 8}, {"A": 7})
    _set("first")

    assert (_levels(), _base().released) == ({"A": 5, "B": 5}, {})


def test_set_record_resets_the_ids_of_its_skus(shop: Workspace) -> None:
    """A code may now belong to another SKU, which is a reason to set the base."""
    _set()
    desired = load_store(CONTEXT)
    applied = record(desired, plan_of(desired, live({"A": 6, "B": 8}), _base()))
    applied.finish(report())
    assert {one.sku_id for one in _base().shop.values()} == {"id-A", "id-B"}
    _set("first", "A")

    assert {sku: one.sku_id for sku, one in _base().shop.items()} == {"A": "", "B": "id-B"}


@pytest.mark.parametrize("globs", [(), ("A",)])
def test_set_record_consumes_observations_of_the_commit(
    shop: Workspace, globs: tuple[str, ...]
) -> None:
    """Later observations remain references."""
    seen = {"A": Seen(stock(6), f"{1:024x}")}
    names = []
    for message in ("early", "late"):
        name, text = write_observation(seen, datetime(2026, 1, 2, tzinfo=UTC))
        shop.write(f"inventory/demo/{name}", text)
        names.append(name)
        shop.commit(message)
    _set("HEAD~1", *globs)
    early = shop.git("rev-parse", f"HEAD:inventory/demo/{names[0]}")

    assert _base().consumed == (set() if globs else {early})


@pytest.mark.parametrize(("yes", "answer", "code"), [(False, True, 0), (False, False, 1)])
def test_set_record_without_confirmation_records_nothing(
    shop: Workspace, yes: bool, answer: bool, code: int
) -> None:
    """With --yes, or after a yes, it records."""
    assert _set("first", yes=yes, answer=answer) == code
    assert (known().base is None) is bool(code)


def test_set_record_shows_commit_and_skus_before_it_asks(shop: Workspace) -> None:
    """The question follows after that."""
    reporter = CollectingReporter(answer=False)
    set_record(CONTEXT, SetRequest("first", ("B",)), LOCAL, reporter)
    (text,) = reporter.results

    assert all(word in text for word in ("1 level", shop.git("rev-parse", "first")[:7], "B"))
    assert len(reporter.asked) == 1


@pytest.mark.parametrize("ref", ["nope", "first..HEAD"])
def test_set_record_of_unknown_ref_raises(shop: Workspace, ref: str) -> None:
    """A typo records nothing."""
    with pytest.raises(NoBaseError):
        _set(ref)

    assert known().base is None


@pytest.mark.parametrize("glob", ["NOPE", "a", ""])
def test_set_record_without_match_raises(shop: Workspace, glob: str) -> None:
    """A pattern without a match is a typo."""
    with pytest.raises(UsageError):
        _set("HEAD", glob)


def test_set_record_while_locked_raises(shop: Workspace) -> None:
    """This clock may be wrong by hours. After an unlock, the deadline still counts."""
    _set("first")
    run = _begin(datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(LockedError):
        _set()
    unlock_record(CONTEXT, run, LOCAL, CollectingReporter())
    with pytest.raises(LockedError):
        _set()


def test_set_record_keeps_deadline_of_unlocked_run(shop: Workspace) -> None:
    """By the shop's clock it may still write, so the next apply waits for it."""
    _set("first")
    run = _begin(datetime.now(UTC) - timedelta(seconds=5))
    with pytest.raises(LockedError):
        _set()
    unlock_record(CONTEXT, run, LOCAL, CollectingReporter())
    before = known().last
    assert _set() is ExitCode.DONE
    after = known().last

    assert before is not None and before.told is not None
    assert after is not None and after.told is not None
    assert (after.told.deadline, after.told.is_unlocked) == (before.told.deadline, True)


def test_unlock_record_keeps_pending_writes_and_levels(shop: Workspace) -> None:
    """The next apply reads what the crashed one wrote."""
    _set("first")
    shop.declare({"A": 7, "B": 8})
    run = _begin()
    before = _base()
    with pytest.raises(UsageError):
        unlock_record(CONTEXT, "0123", LOCAL, CollectingReporter())
    assert unlock_record(CONTEXT, run, LOCAL, CollectingReporter()) is ExitCode.DONE
    base, last = _base(), known().last

    assert (base.pending, base.declared, base.shop) == (
        before.pending,
        before.declared,
        before.shop,
    )
    assert [one.sku_id for one in base.pending] == ["id-A"]
    assert last is not None and last.told is not None
    assert last.told.is_unlocked and last.told.deadline is not None
    assert last.told.deadline > datetime.now(UTC)
    assert shop.git("rev-parse", f"{REF}~1") == before.commit


@pytest.mark.parametrize("is_recorded", [True, False])
def test_unlock_record_without_lock_does_nothing(shop: Workspace, is_recorded: bool) -> None:
    """A second unlock is not an error, and adds no record."""
    if is_recorded:
        _set()
    before = known().last

    assert unlock_record(CONTEXT, "0123", LOCAL, CollectingReporter()) is ExitCode.DONE
    assert known().last == before


def test_show_record_prints_each_state(shop: Workspace) -> None:
    """No record, levels and commit, then the lock and its pending writes."""
    assert REF in _show()
    _set("first")
    first = shop.git("rev-parse", "first")[:7]
    assert all(word in _show() for word in (first, "2 levels", shop.git("rev-parse", REF)[:7]))
    desired = load_store(CONTEXT)
    applied = record(desired, plan_of(desired, live({"A": 3, "B": 8}), _base()))
    begin(applied)
    assert applied.run in _show()
    assert "A: 3 -> 7" in _show()
    applied.finish(report(A=Result.NOT_TRIED))

    assert applied.run not in _show()
    assert "A: 3 -> 7" not in _show()


def test_base_commands_outside_of_git_raise(workspace: Workspace) -> None:
    """There is no place for a record."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.declare({"A": 5})

    for edit in (_show, _set, lambda: unlock_record(CONTEXT, "0", LOCAL, CollectingReporter())):
        with pytest.raises(UsageError):
            edit()


def test_set_record_with_invalid_yaml_raises(shop: Workspace) -> None:
    """Both the commit and the current store must be valid."""
    shop.declare({"A": -1})
    shop.commit("slip")
    with pytest.raises(InputError):
        _set("first")
    shop.declare({"A": 5})
    with pytest.raises(NoBaseError):
        _set("HEAD")

    assert not (Path(".git") / REF).exists()


def test_settle_record_as_applied_settles_the_level(shop: Workspace) -> None:
    """Nothing is in doubt or locked any more."""
    _set("first")
    _begin(datetime(2026, 1, 1, tzinfo=UTC))
    assert [one.sku for one in _base().pending] == ["A"]
    assert _settle(A=True) is ExitCode.DONE

    assert (_levels(), _base().pending) == ({"A": 7, "B": 8}, ())


def test_settle_record_as_skipped_keeps_the_old_level(shop: Workspace) -> None:
    """So the next plan includes it."""
    _set("first")
    _begin(datetime(2026, 1, 1, tzinfo=UTC))
    _settle(A=False)

    assert (_levels(), _base().pending) == ({"A": 5, "B": 8}, ())


def test_settle_record_of_sku_not_in_doubt_raises(shop: Workspace) -> None:
    """Nothing is recorded. While an apply holds the lock, it raises, too."""
    with pytest.raises(UsageError):
        _settle(A=True)
    _set("first")
    before = _base().commit
    with pytest.raises(UsageError):
        _settle(A=True)
    assert _base().commit == before
    _begin()
    with pytest.raises(LockedError):
        _settle(A=True)


def _settle(**answers: bool) -> ExitCode:
    return settle_record(CONTEXT, answers, LOCAL, CollectingReporter())
