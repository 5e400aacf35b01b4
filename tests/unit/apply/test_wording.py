"""The wording of outcomes, and of the errors that the journal and the report raise."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import action, desired, live, plan_of, stock
from fakes import FakeClock, FakeStore
from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from reconciler.apply.attempts import as_sentence
from reconciler.apply.executor import Earlier, execute
from reconciler.apply.journal import open_journal
from reconciler.apply.report_file import load_report
from reconciler.errors import (
    NotAuthorized,
    NotFound,
    ReconcilerError,
    StoreError,
    Throttled,
    TransportError,
)
from reconciler.model import MAX_QUANTITY, Action, Report, Stock

LOST = TransportError("The shop's API closed the connection.")
PLAN = replace(plan_of(desired(), live({})), actions=(action(),))
COUNT = replace(action(), correction=2)


def _lose(*_: object) -> Stock:
    raise LOST


def _lose_and_sell(store: FakeStore, *_: object) -> Stock:
    store.stocks["id-A"] = stock(4)
    raise LOST


def _refuse(error: StoreError) -> Callable[..., Stock]:
    def fault(*_: object) -> Stock:
        raise error

    return fault


def _run(
    now: Any,
    *faults: Any,
    planned: Action | None = None,
    earlier: Earlier | None = None,
    ends_after: int = 99,
) -> Report:
    """Apply one action to a shop that has *now*. The run must end after so many reads."""
    store = FakeStore({"id-A": stock(now)}, faults)
    return execute(
        replace(PLAN, actions=(planned or action(),)),
        store,
        parallelism=1,
        earlier=earlier or Earlier(),
        sleep=FakeClock().sleep,
        must_end=lambda: "interrupted" if len(store.reads) >= ends_after else None,
    )


def _runs() -> Iterator[tuple[str, Report]]:
    begun = Earlier(in_flight={"A": action()})
    yield "as planned", _run(3)
    yield "already right", _run(5)
    yield "sold since the plan", _run(2)
    yield "correction after a sale", _run(1, planned=COUNT)
    yield "correction that is there already", _run(5, planned=COUNT)
    yield "correction of an infinite SKU", _run("infinite", planned=COUNT)
    yield "correction beyond the largest number", _run(MAX_QUANTITY - 1, planned=COUNT)
    yield "answer with another number", _run(3, lambda *_: stock(4))
    yield "lost answer, then sold", _run(3, _lose_and_sell)
    yield "lost answer, second write applied", _run(3, _lose)
    yield "lost answers of all writes", _run(3, *[_lose] * 3)
    yield "lost answer, then refused", _run(3, _lose, _refuse(NotFound("Not found (404).", 404)))
    yield "lost answer, interrupted while waiting", _run(3, _lose, ends_after=2)
    yield "lost answer, interrupted at the last read", _run(3, _lose, ends_after=3)
    yield "crashed run, then sold", _run(4, earlier=begun)
    yield "crashed run, interrupted at once", _run(3, earlier=begun, ends_after=0)
    yield "interrupted before the start", _run(3, ends_after=0)
    yield "interrupted before the write", _run(3, ends_after=1)
    yield "no permission", _run(3, _refuse(NotAuthorized("No permission (403).", 403)))
    yield "too many requests", _run(3, *[_refuse(Throttled("Too many requests (429).", 1.0))] * 40)


def test_outcome_wording(wording: SnapshotAssertion) -> None:
    """Each result says what happened, why, and what to do."""
    text = ""
    for name, report in _runs():
        (outcome,) = report.outcomes
        text += f"{name}\n    {outcome.result}: {outcome.message}\n"
        text += f"    stopped: {report.stopped}\n" if report.stopped else ""

    assert text == wording


def test_error_wording(
    wording: SnapshotAssertion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each error of the journal and of the report names its cure."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("notes").write_text("mine\n")

    def open_twice() -> None:
        open_journal(Path("journal"), PLAN, "sha256:1")[0].close()
        open_journal(Path("journal"), PLAN, "sha256:2")

    def open_both() -> None:
        with open_journal(Path("running"), PLAN, "sha256:1")[0]:
            open_journal(Path("running"), PLAN, "sha256:1")

    calls: dict[str, Callable[[], object]] = {
        "a folder": lambda: open_journal(Path("folder"), PLAN, "sha256:1"),
        "a full disk": lambda: open_journal(Path("/dev/full"), PLAN, "sha256:1"),
        "another file": lambda: open_journal(Path("notes"), PLAN, "sha256:1"),
        "another plan": open_twice,
        "another process": open_both,
        "no report": lambda: load_report("report.json", {"outcomes": [{"sku": 5}]}),
    }
    text = ""
    for name, call in calls.items():
        with pytest.raises(ReconcilerError) as caught:
            call()
        error = caught.value
        text += f"{name} [{error.code} {error.exit_code:d}]\n    {error}\n"

    assert text == wording


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("interrupted", "Interrupted."),
        ("Not found (404).", "Not found (404)."),
        ("example.test: no address", "example.test: no address."),
        ("", ""),
    ],
)
def test_as_sentence_adds_capital_and_full_stop(text: str, sentence: str) -> None:
    """A name at the beginning keeps its spelling."""
    assert as_sentence(text) == sentence
