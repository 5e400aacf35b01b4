"""The wording of errors, of `base` commands, and of what recording an apply reports."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import SITE, Workspace, live, plan_of
from snapshots import without_git
from syrupy.assertion import SnapshotAssertion
from unit.app.collecting import CollectingReporter
from unit.app.recorded import CONTEXT, NOW, REF, FakeClient, begin, known, record, report, start

from reconciler import __version__
from reconciler.app import recording
from reconciler.app.apply_run import _record
from reconciler.app.base import KnownBase, declared_at, load_base
from reconciler.app.connect import rate_window
from reconciler.app.context import MemoryRequest, resolve_stores
from reconciler.app.doubts import settle_record, unlock_record
from reconciler.app.interrupts import StopSignal
from reconciler.app.lock import wait_for_lock
from reconciler.app.memory import open_memory, refresh_record
from reconciler.app.record_editing import SetRequest, set_record, show_record
from reconciler.app.recording import LASTING, Recording
from reconciler.app.scope import PlanRequest, load_scope, make_offline_plan
from reconciler.app.stores import load_store, stores_for_path
from reconciler.errors import ReconcilerError
from reconciler.git.repository import open_repository
from reconciler.model import Report, Result

LOCAL = MemoryRequest(local=True)
STORE = "inventory/demo/store.yaml"


@pytest.fixture(autouse=True)
def _actor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ada")


def _scrub(text: str, workspace: Workspace) -> str:
    """Return *text* without what differs from run to run."""
    text = text.replace(str(workspace.folder), "FOLDER").replace(SITE, "SITE")
    text = re.sub(r"\b[0-9a-f]{40}\b|\b[0-9a-f]{16}\b|\b(?=[a-f]*[0-9])[0-9a-f]{7}\b", "ID", text)
    text = without_git(text).replace(__version__, "VERSION")
    text = re.sub(r"sha256:[0-9a-f]+", "FINGERPRINT", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?", "TIME", text)
    return re.sub(r"\d{4}-\d\d-\d\d", "DAY", text)


def _error(call: Callable[[], object]) -> str:
    with pytest.raises(ReconcilerError) as caught:
        call()
    error = caught.value
    notes = "".join(f"\n    {note}" for note in getattr(error, "__notes__", ()))
    return f"[{error.code} {error.exit_code:d}]\n    {error}{notes}\n"


def _table(calls: Mapping[str, Callable[[], object]], workspace: Workspace) -> str:
    """Return a block for each situation: the code and exit code of its error, and the text."""
    return "".join(_scrub(f"{name} {_error(call)}", workspace) for name, call in calls.items())


def _open(**asked: Any) -> object:
    repository = open_repository(CONTEXT.inventory)
    return open_memory(repository, CONTEXT, load_store(CONTEXT), MemoryRequest(**asked))


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Return a repository that declared A and B as 5, and then A as 7 and B as 8."""
    workspace.write(STORE, f"site_id: {SITE}\nrule: on_change\n")
    workspace.declare({"A": 5, "B": 5})
    workspace.commit("first")
    workspace.git("tag", "first")
    workspace.declare({"A": 7, "B": 8})
    workspace.commit("second")
    return workspace


def _memory_errors(shop: Workspace) -> Iterator[str]:
    def show(name: str, **asked: Any) -> str:
        return _table({name: lambda: _open(**asked)}, shop)

    yield show("--no-record with the rule on_change", none=True)
    shop.write("inventory/demo/stock.yaml", "skus: {A: 1}\n")
    yield show("files that are not committed")
    shop.git("checkout", "--quiet", ".")
    yield show("unknown remote", remote="orign")
    shop.git("remote", "add", "one", "./one.git")
    shop.git("remote", "add", "two", "./two.git")
    yield show("no default remote")
    yield show("unreachable remote", remote="one")
    shop.git("init", "--quiet", "--bare", "one.git")
    yield show("commit that is not pushed", remote="one")
    shop.git("push", "--quiet", "one", f"HEAD:{REF}")
    yield show("--local despite a record of a remote", local=True)
    shop.git("remote", "remove", "one")
    shop.git("remote", "remove", "two")
    shop.write(STORE, f"site_id: {SITE}\n")
    shop.git("update-ref", REF, "HEAD")
    yield show("--no-record with a record", none=True)
    shop.write("inventory/demo/events/a.yaml", "at: 2026-01-02T00:00:00Z\nskus: {A: +1}\n")
    yield show("--no-record with events", none=True)


def test_memory_error_wording(wording: SnapshotAssertion, shop: Workspace) -> None:
    """Each error of choosing a place for the record names its cure."""
    assert "".join(_memory_errors(shop)) == wording


def test_error_without_git_wording(wording: SnapshotAssertion, workspace: Workspace) -> None:
    """Outside of git, or before the first commit, errors say what is missing."""
    workspace.write(STORE, f"site_id: {SITE}\nrule: on_change\n")
    workspace.declare({"A": 5})
    settings = load_store(CONTEXT).settings
    nothing = KnownBase(None, CONTEXT.folder, "demo", SITE, None, None, None)
    calls: dict[str, Callable[[], object]] = {
        "apply": _open,
        "apply --record": lambda: _open(is_named=True),
        "plan --base": lambda: load_base(CONTEXT, settings, "HEAD", None),
        "plan --changed-since": lambda: declared_at(nothing, "main"),
        "plan --offline": _offline,
        "base set": lambda: _set("HEAD", CollectingReporter()),
    }
    text = _table(calls, workspace)
    workspace.git("init", "--quiet")

    assert text + _table({"apply before the first commit": _open}, workspace) == wording


def _offline() -> object:
    return make_offline_plan(load_scope(CONTEXT, PlanRequest(offline=True), CollectingReporter()))


def _set(ref: str, reporter: CollectingReporter, *globs: str) -> object:
    return set_record(CONTEXT, SetRequest(ref, globs), LOCAL, reporter)


def test_base_error_wording(wording: SnapshotAssertion, shop: Workspace) -> None:
    """Each error about a base or a store names its cure."""
    settings = load_store(CONTEXT).settings
    shop.declare({"A": -1, "B": -1})
    shop.commit("slip")
    shop.git("tag", "slip")
    shop.git("mv", "inventory/demo", "inventory/shop")
    shop.commit("move")
    shop.git("tag", "moved")
    shop.git("mv", "inventory/shop", "inventory/demo")
    Path("inventory/demo/link.yaml").symlink_to("stock.yaml")
    shop.commit("link")
    shop.git("tag", "link")
    Path("inventory/demo/link.yaml").unlink()
    shop.declare({"A": 7, "B": 8})
    shop.commit("again")

    def load(ref: str) -> Callable[[], object]:
        return lambda: load_base(CONTEXT, settings, ref, None)

    calls: dict[str, Callable[[], object]] = {
        "base that is no commit": load("nope"),
        "base with invalid YAML": load("slip"),
        "base with a link": load("link"),
        "base in another folder": load("moved"),
        "--changed-since of no commit": lambda: declared_at(known(), "nope"),
        "plan --offline without a record": _offline,
        "base set of no commit": lambda: _set("nope", CollectingReporter()),
        "base set of no SKU": lambda: _set("HEAD", CollectingReporter(), "NOPE"),
        "base settle without a record": lambda: _settle(CollectingReporter(), A=True),
        "unknown store": lambda: resolve_stores(Path("inventory"), ["dmo"]),
        "missing path": lambda: stores_for_path(Path("nope")),
        "path outside of stores": lambda: stores_for_path(Path(".git/config")),
    }

    text = _table(calls, shop)
    # What is wrong with YAML is worded elsewhere.
    assert re.sub(r"(stock\.yaml:2:6: error: ).*(?= 1 more)", r"\1PROBLEM.", text) == wording


def test_window_error_wording(wording: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed variable is named."""
    monkeypatch.setenv("WEBFLOW_RATE_WINDOW", "soon")

    assert _error(rate_window) == wording


def _settle(reporter: CollectingReporter, **answers: bool) -> object:
    return settle_record(CONTEXT, answers, LOCAL, reporter)


def _begin(at: datetime) -> Recording:
    """Start an apply that raises A from 3 to 7, and that never ends."""
    desired = load_store(CONTEXT)
    running = record(desired, plan_of(desired, live({"A": 3, "B": 8}), known().base))
    client: Any = FakeClient(at)
    running.client = client
    begin(running)
    return running


def _base_steps(
    shop: Workspace,
) -> Iterator[tuple[str, Callable[[CollectingReporter], object]]]:
    """Yield base commands, one after the other. Between them the record changes."""
    yield "base show, no record", lambda to: show_record(CONTEXT, to)
    yield "base set first", lambda to: _set("first", to)
    yield "base set HEAD, not confirmed", lambda to: _set("HEAD", to, "A")
    yield "base set HEAD --sku B", lambda to: _set("HEAD", to, "B")
    yield "base show", lambda to: show_record(CONTEXT, to)
    yield "base unlock, no lock", lambda to: unlock_record(CONTEXT, "0123", LOCAL, to)
    running = _begin(datetime.now(UTC))
    yield "base show, apply in progress", lambda to: show_record(CONTEXT, to)
    yield "base unlock", lambda to: unlock_record(CONTEXT, running.run, LOCAL, to)
    yield "base show, unlocked", lambda to: show_record(CONTEXT, to)
    shop.git("update-ref", REF, f"{REF}~2")
    _begin(datetime(2026, 1, 1, tzinfo=UTC))
    yield "base show, in doubt", lambda to: show_record(CONTEXT, to)
    yield "base settle A=applied", lambda to: _settle(to, A=True)
    shop.git("update-ref", REF, f"{REF}~2")
    _begin(datetime(2026, 1, 1, tzinfo=UTC))
    yield "base settle A=skipped", lambda to: _settle(to, A=False)


def test_base_command_wording(wording: SnapshotAssertion, shop: Workspace) -> None:
    """The output, questions, and messages of `base` commands, and the log of the record."""
    text = ""
    for name, run in _base_steps(shop):
        reporter = CollectingReporter(answer="not confirmed" not in name)
        run(reporter)
        lines = [*reporter.results, *(f"? {one}" for one in reporter.asked), *reporter.said]
        text += "\n    ".join([name, *lines]) + "\n"
    text += f"log\n{shop.git('log', '--first-parent', '--format=    %s', REF)}\n"

    assert _scrub(text, shop) == wording


def test_base_command_error_wording(wording: SnapshotAssertion, shop: Workspace) -> None:
    """While an apply holds the lock, and for a SKU that is not in doubt."""
    _set("first", CollectingReporter())
    text = _table({"not in doubt": lambda: _settle(CollectingReporter(), A=True)}, shop)
    running = _begin(datetime.now(UTC))
    calls: dict[str, Callable[[], object]] = {
        "base set, apply in progress": lambda: _set("HEAD", CollectingReporter()),
        "base unlock of another run": lambda: unlock_record(
            CONTEXT, "0123", LOCAL, CollectingReporter()
        ),
    }
    text += _table(calls, shop)
    unlock_record(CONTEXT, running.run, LOCAL, CollectingReporter())
    text += _table({"base set, unlocked": lambda: _set("HEAD", CollectingReporter())}, shop)

    assert text == wording


class _Stop(StopSignal):
    """Sleeps for no time, by which the shop's clock goes on."""

    def __init__(self, client: FakeClient) -> None:
        super().__init__(lambda _: None)
        self._client = client

    def sleep(self, seconds: float) -> None:
        self._client.at += timedelta(seconds=seconds)


def _wait(reporter: CollectingReporter, *, may_take_over: bool = False) -> None:
    fake = FakeClient(NOW)
    client: Any = fake
    wait_for_lock(known(), client, _Stop(fake), reporter, may_take_over=may_take_over)


def _move(pair: Workspace) -> None:
    """Add another record to the chain."""
    other = pair.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", "other")
    pair.git("update-ref", REF, other)


@pytest.fixture
def _real_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LASTING", LASTING)


@pytest.mark.usefixtures("_real_locks")
def test_announce_wording(wording: SnapshotAssertion, pair: Workspace) -> None:
    """An apply that can't announce its writes says why, and what to do."""
    second, running = start(), start()
    begin(running)
    reporter = CollectingReporter()
    text = _table(
        {
            "locked": lambda: _wait(CollectingReporter()),
            "started at the same time": lambda: begin(second),
        },
        pair,
    )
    _wait(reporter, may_take_over=True)
    text += _scrub(f"--take-over\n    {reporter.said[0]}\n", pair)
    _move(pair)
    text += _table({"taken over": lambda: begin(running)}, pair)
    pair.git("update-ref", REF, f"{REF}~1")
    unlock_record(CONTEXT, running.run, LOCAL, CollectingReporter())
    text += _table({"unlocked": lambda: begin(running)}, pair)
    pair.git("update-ref", "-d", REF)
    text += _table({"unreachable remote": lambda: begin(start("./nowhere.git"))}, pair)

    assert text == wording


def _finish(pair: Workspace, running: Recording, told: Report) -> str:
    reporter = CollectingReporter()
    code = _record(running, told, reporter)
    lines = [f"exit {code or 0:d}", *reporter.said]
    return _scrub("\n    ".join(lines) + "\n", pair)


@pytest.mark.usefixtures("_real_locks")
def test_finish_wording(wording: SnapshotAssertion, pair: Workspace) -> None:
    """The end of an apply says where it is recorded, or why not and what to do."""
    told = report(A=Result.APPLIED, B=Result.MOVED)
    desired = load_store(CONTEXT)
    remote = pair.folder / ".git/other"
    running = start()
    begin(running)
    text = "recorded " + _finish(pair, running, told)
    text += f"log\n{_scrub(pair.git('log', '-2', '--first-parent', '--format=%B', REF), pair)}\n"
    running = start(".git/other")
    begin(running)
    text += "recorded and pushed " + _finish(pair, running, told)
    running = start()
    begin(running)
    _move(pair)
    text += "taken over " + _finish(pair, running, told)
    pair.git("update-ref", REF, f"{REF}~2")
    running = start(".git/other")
    begin(running)
    remote.rename(remote.with_name("gone"))
    text += "not pushed " + _finish(pair, running, told)
    remote.with_name("gone").rename(remote)
    late = record(desired, plan_of(desired, live({"A": 5, "B": 5})), ".git/other")
    _move(pair)
    pair.git("push", "--quiet", "--force", ".git/other", f"{REF}:{REF}")
    text += "nothing written, another apply recorded " + _finish(pair, late, Report("demo", ()))

    assert text == wording


def test_notice_wording(wording: SnapshotAssertion, shop: Workspace) -> None:
    """A plan says what it can't know, and that apply would refuse it."""
    reporter = CollectingReporter()
    load_scope(CONTEXT, PlanRequest(), reporter)
    _set("HEAD", CollectingReporter())
    shop.git("checkout", "--quiet", "first")
    load_scope(CONTEXT, PlanRequest(), reporter)
    shop.git("remote", "add", "origin", "./nowhere.git")
    refresh_record(open_repository(CONTEXT.inventory), load_store(CONTEXT).settings, reporter)

    assert _scrub("\n".join(reporter.noticed) + "\n", shop) == wording
