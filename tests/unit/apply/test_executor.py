"""The write protocol: read, compare, write, and resolve lost answers."""

from collections.abc import Callable
from typing import Any

import pytest
from factories import action, declared, desired, live, plan_of, stock
from fakes import FakeClock, FakeStore
from msgspec.structs import replace

from reconciler.app.apply_run import outcome_code
from reconciler.apply.executor import Earlier, execute
from reconciler.apply.observers import NullObserver
from reconciler.errors import (
    ConnectionRefused,
    EcommerceOff,
    JournalError,
    NotAuthorized,
    NotFound,
    OutageError,
    ServerFault,
    StoppedError,
    Throttled,
    TransportError,
)
from reconciler.exit_codes import ExitCode
from reconciler.model import Plan, Report, Result, Stock, Target, finite

Fault = Callable[[FakeStore, Target, Stock], Stock]
EMPTY = plan_of(desired(declared("A", 5)), live({"A": 5}))


def _plan(*actions: Any) -> Plan:
    return replace(EMPTY, actions=actions or (action("A", 3, 5),))


def _run(
    store: FakeStore, plan: Plan | None = None, must_end: Callable[[], str | None] = lambda: None
) -> Report:
    sleep = FakeClock().sleep
    return execute(plan or _plan(), store, parallelism=1, sleep=sleep, must_end=must_end)


def _results(report: Report) -> list[Result]:
    return [outcome.result for outcome in report.outcomes]


def _lost(
    *, lands: bool, then: int | None = None, error: type[Exception] = TransportError
) -> Fault:
    """Lose an answer, whether the write took effect or not, and let a sale leave *then*."""

    def fault(store: FakeStore, target: Target, value: Stock) -> Stock:
        if lands:
            store.stocks[target.sku_id] = value
        if then is not None:
            store.stocks[target.sku_id] = finite(then)
        if error is ServerFault:
            raise ServerFault("The shop failed", 502)
        raise error("the answer broke off")

    return fault


def test_execute_with_planned_stock_writes_once() -> None:
    """The SKU is read, equals the planned stock before, and is written once."""
    store = FakeStore({"id-A": finite(3)})

    assert _results(_run(store)) == [Result.APPLIED]
    assert (store.reads, store.writes) == (["id-A"], [("id-A", finite(5))])


def test_execute_with_target_stock_writes_nothing() -> None:
    """The SKU already has the stock after."""
    store = FakeStore({"id-A": finite(5)})

    assert (_results(_run(store)), store.writes) == ([Result.ALREADY], [])


def test_execute_with_moved_stock_writes_nothing() -> None:
    """A sale since the plan is never overwritten. Planned and found stock are reported."""
    store = FakeStore({"id-A": finite(2)})
    outcome = _run(store).outcomes[0]

    assert (outcome.result, outcome.before, outcome.after, outcome.found) == (
        Result.MOVED,
        finite(3),
        finite(5),
        finite(2),
    )
    assert store.writes == []


@pytest.mark.parametrize("error", [TransportError, ServerFault])
def test_execute_lost_answer_with_effect_is_applied(error: type[Exception]) -> None:
    """The next read shows the stock after, so there is no second write."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=True, error=error)])

    assert (_results(_run(store)), len(store.writes)) == ([Result.APPLIED], 1)


def test_execute_lost_write_is_repeated_last_after_30_seconds() -> None:
    """The SKU is put aside. The second write comes last, at least 30 s later, and is reported."""
    store = FakeStore({"id-A": finite(3), "id-B": finite(1)}, [_lost(lands=False)])
    clock = FakeClock()
    plan = _plan(action("A", 3, 5), action("B", 1, 5))
    report = execute(plan, store, parallelism=1, sleep=clock.sleep)

    assert _results(report) == [Result.APPLIED, Result.APPLIED]
    assert [sku for sku, _ in store.writes] == ["id-A", "id-B", "id-A"]
    assert store.reads == ["id-A", "id-A", "id-B", "id-A"]
    assert clock.slept == [30.0]
    assert [outcome.message != "" for outcome in report.outcomes] == [True, False]


@pytest.mark.parametrize("seconds", [8.0, 29.0])
def test_execute_write_shown_late_is_not_repeated(seconds: float) -> None:
    """W7: a 504, shown only seconds later, with two sales in between. It is unknown."""
    clock = FakeClock()
    late = FakeStore({"id-A": finite(4)}, [_lost(lands=False, error=ServerFault)])

    def show(wait: float) -> None:
        clock.sleep(wait)
        if wait >= seconds:
            late.stocks["id-A"] = finite(3)

    report = execute(_plan(action("A", 4, 5)), late, parallelism=1, sleep=show)
    assert (_results(report), len(late.writes)) == ([Result.UNKNOWN], 1)


def test_execute_sale_after_lost_answer_is_unknown() -> None:
    """The stock is neither before nor after, so it is not written again."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=True, then=4)])
    outcome = _run(store).outcomes[0]

    assert (outcome.result, outcome.found, len(store.writes)) == (Result.UNKNOWN, finite(4), 1)


def test_execute_write_without_effect_fails_after_three() -> None:
    """At most three writes are sent."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False)] * 5)

    assert (_results(_run(store)), len(store.writes)) == ([Result.FAILED], 3)


def test_execute_answer_with_another_quantity_fails() -> None:
    """A 200 with another number is not a success."""
    store = FakeStore({"id-A": finite(3)}, [lambda *_: finite(4)])
    outcome = _run(store).outcomes[0]

    assert (outcome.result, outcome.found) == (Result.FAILED, finite(4))


def _refuse(error: Exception) -> Fault:
    def fault(*_: object) -> Stock:
        raise error

    return fault


def test_execute_not_found_fails_only_that_sku() -> None:
    """A deleted SKU fails, and the others are written."""
    store = FakeStore({"id-A": finite(3), "id-B": finite(3)}, [_refuse(NotFound("gone", 404))])

    assert _results(_run(store, _plan(action("A", 3, 5), action("B", 3, 5)))) == [
        Result.FAILED,
        Result.APPLIED,
    ]


@pytest.mark.parametrize("error", [NotAuthorized("no", 401), EcommerceOff("off", 409)])
def test_execute_error_for_all_skus_stops_the_run(error: Exception) -> None:
    """After 401, 403, and 409, the rest is not tried."""
    store = FakeStore({"id-A": finite(3), "id-B": finite(3)}, [_refuse(error)])
    report = _run(store, _plan(action("A", 3, 5), action("B", 3, 5)))

    assert (_results(report), report.stopped) == ([Result.NOT_TRIED, Result.NOT_TRIED], str(error))
    assert len(store.writes) == 1


@pytest.mark.parametrize("error", [TransportError("broken off"), ServerFault("failed", 500)])
def test_execute_ten_failures_in_a_row_stop_the_run(error: Exception) -> None:
    """An outage ends the run early, with its own reason."""
    actions = [action(f"S{n:02}", 3, 5) for n in range(15)]
    store = FakeStore({f"id-S{n:02}": finite(3) for n in range(15)}, [_refuse(error)] * 45)
    report = _run(store, _plan(*actions))

    assert (report.count(Result.FAILED), report.count(Result.NOT_TRIED)) == (10, 5)
    assert report.stopped is not None and str(error) in report.stopped


def test_execute_deleted_skus_do_not_stop_the_run() -> None:
    """A dozen deleted SKUs fail, and the rest is written."""
    actions = [action(f"S{n:02}", 3, 5) for n in range(15)]
    gone = [_refuse(NotFound("gone", 404))] * 12
    report = _run(FakeStore({f"id-S{n:02}": finite(3) for n in range(15)}, gone), _plan(*actions))

    assert (report.count(Result.FAILED), report.count(Result.APPLIED)) == (12, 3)


@pytest.mark.parametrize("error", [NotAuthorized("no", 401), NotFound("gone", 404)])
def test_execute_rejected_second_write_is_unknown(error: Exception) -> None:
    """The effect of the first write stays unknown."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False), _refuse(error)])
    report = _run(store)

    assert _results(report) == [Result.UNKNOWN]
    assert (report.stopped is not None) == isinstance(error, NotAuthorized)


def test_execute_after_interrupt_starts_nothing() -> None:
    """No further SKU is read or written."""
    store = FakeStore({"id-A": finite(3), "id-B": finite(3)})
    plan = _plan(action("A", 3, 5), action("B", 3, 5))
    report = _run(store, plan, lambda: "interrupted" if len(store.writes) == 1 else None)

    assert _results(report) == [Result.APPLIED, Result.NOT_TRIED]
    assert (store.reads, report.stopped) == (["id-A"], "interrupted")


def test_execute_error_finding_is_not_tried() -> None:
    """Errors of the plan are part of the report."""
    plan = plan_of(desired(declared("A", 5), declared("X", 1)), live({"A": 3}))
    report = _run(FakeStore({"id-A": finite(3)}), plan)

    assert [(o.sku, o.result) for o in report.outcomes] == [
        ("A", Result.APPLIED),
        ("X", Result.NOT_TRIED),
    ]


def test_execute_compares_unreadable_stock_as_received() -> None:
    """A fraction that became another one has moved."""
    store = FakeStore({"id-A": stock(3.5)})

    assert _results(_run(store, _plan(action("A", 2.5, 5)))) == [Result.MOVED]


def test_execute_lowers_before_it_raises() -> None:
    """Even in parallel, all lowering writes come first."""
    lower = [action(f"L{n}", 9, 1) for n in range(6)]
    raises = [action(f"R{n}", 1, 9) for n in range(6)]
    stocks = {f"id-L{n}": finite(9) for n in range(6)} | {f"id-R{n}": finite(1) for n in range(6)}
    store = FakeStore(stocks)
    report = execute(_plan(*lower, *raises), store, parallelism=8, sleep=FakeClock().sleep)

    assert report.count(Result.APPLIED) == 12
    assert [sku[3] for sku, _ in store.writes] == ["L"] * 6 + ["R"] * 6


def test_execute_lost_write_after_interrupt_is_unknown() -> None:
    """No new write is sent, and the effect of the first one stays unknown."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False)])
    clock = FakeClock()
    report = execute(
        _plan(),
        store,
        parallelism=1,
        sleep=clock.sleep,
        must_end=lambda: "interrupted" if len(store.writes) == 1 else None,
    )

    assert (_results(report), len(store.writes), clock.now) == ([Result.UNKNOWN], 1, 30.0)
    assert "interrupted" in report.outcomes[0].message


def test_execute_interrupt_after_late_read_fails() -> None:
    """The write had no effect after a long wait, and is not sent again."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False)])
    report = _run(store, must_end=lambda: "interrupted" if len(store.reads) == 3 else None)

    assert (_results(report), len(store.writes)) == ([Result.FAILED], 1)
    assert "interrupted" in report.outcomes[0].message


def test_execute_third_write_with_effect_is_no_outage() -> None:
    """Nine SKUs whose third write took effect do not stop the run."""
    actions = [action(f"S{n:02}", 3, 5) for n in range(9)]
    faults = [_lost(lands=False)] * 18 + [_lost(lands=True)] * 9
    report = _run(FakeStore({f"id-S{n:02}": finite(3) for n in range(9)}, faults), _plan(*actions))

    assert (report.count(Result.APPLIED), report.stopped) == (9, None)


def test_execute_throttled_write_is_read_again_first() -> None:
    """A 429 had no effect. A sale during the wait is seen, and not overwritten."""

    def refuse(store: FakeStore, target: Target, _: Stock) -> Stock:
        store.stocks[target.sku_id] = finite(2)
        raise Throttled("Too many", 5.0)

    store = FakeStore({"id-A": finite(3)}, [refuse])
    report = _run(store, _plan())

    assert (_results(report), len(store.writes)) == ([Result.MOVED], 1)


def test_execute_interrupted_wait_is_unknown() -> None:
    """The shop may lag, so the second read counts only after 30 s."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False)])
    report = _run(store, must_end=lambda: "interrupted" if len(store.reads) >= 2 else None)

    assert (_results(report), len(store.writes)) == ([Result.UNKNOWN], 1)


def test_execute_interrupted_rerun_keeps_doubt() -> None:
    """A rerun that stops at once reports unknown, so that nothing is repeated."""
    store = FakeStore({"id-A": finite(4)})
    report = execute(
        _plan(),
        store,
        parallelism=1,
        earlier=Earlier(in_flight={"A": action()}),
        sleep=FakeClock().sleep,
        must_end=lambda: "interrupted",
    )

    assert (_results(report), store.writes) == ([Result.UNKNOWN], [])


def test_execute_unknown_skus_of_a_crash_are_no_outage() -> None:
    """A rerun that finds a dozen SKUs sold goes on, since the shop answers."""
    actions = [action(f"S{n:02}", 3, 5) for n in range(14)]
    store = FakeStore({f"id-S{n:02}": finite(4) for n in range(14)})
    doubt = Earlier(in_flight={each.sku: each for each in actions})
    report = execute(_plan(*actions), store, parallelism=1, earlier=doubt, sleep=FakeClock().sleep)

    assert (report.count(Result.UNKNOWN), report.stopped) == (14, None)


def _then(*faults: Fault) -> list[Fault]:
    return [_lost(lands=False), *faults]


def _answered_otherwise(*_: object) -> Stock:
    return finite(9)


@pytest.mark.parametrize(
    ("faults", "result"),
    [
        (_then(), Result.APPLIED),
        (_then(_lost(lands=True)), Result.APPLIED),
        (_then(_lost(lands=True, then=4)), Result.UNKNOWN),
        (_then(_answered_otherwise), Result.FAILED),
        (_then(_lost(lands=False), _lost(lands=False)), Result.FAILED),
    ],
)
def test_execute_reports_second_write_with_any_result(faults: list[Fault], result: Result) -> None:
    """If the first write showed up late, the second one may have undone sales."""
    report = _run(FakeStore({"id-A": finite(3)}, faults))

    assert _results(report) == [result]
    assert report.outcomes[0].message


@pytest.mark.parametrize(
    "error",
    [Throttled("Too many", None), OutageError("down"), StoppedError("its time is over")],
)
def test_execute_lost_write_is_unknown_if_the_run_stops(error: Exception) -> None:
    """The second turn never comes. The exit code is 5."""
    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False), *[_refuse(error)] * 60])
    report = _run(store)

    assert _results(report) == [Result.UNKNOWN]
    assert outcome_code(report) is ExitCode.INCOMPLETE


def test_execute_full_journal_at_second_write_is_unknown() -> None:
    """The second write is not sent, since the journal can't be written."""

    class Full(NullObserver):
        sent = 0

        def sending(self, action: Any) -> None:
            self.sent += 1
            if self.sent > 1:
                raise JournalError("no space left")

    store = FakeStore({"id-A": finite(3)}, [_lost(lands=False)])
    report = execute(_plan(), store, observer=Full(), parallelism=1, sleep=FakeClock().sleep)

    assert (_results(report), len(store.writes)) == ([Result.UNKNOWN], 1)


def test_execute_refused_connection_is_not_a_write() -> None:
    """It is tried again after another read, without a note about a second write."""
    refused = _refuse(ConnectionRefused("cannot reach host"))
    store = FakeStore({"id-A": finite(3)}, [refused, refused])
    outcome = _run(store).outcomes[0]
    assert (outcome.result, outcome.message) == (Result.APPLIED, "")

    down = FakeStore({"id-A": finite(3)}, [refused] * 9)
    report = _run(down)
    assert (_results(report), len(down.writes)) == ([Result.FAILED], 3)
    assert report.outcomes[0].found is None  # so the base keeps what was applied before


def test_execute_503_with_retry_after_is_no_outage() -> None:
    """Thirty writes that the shop postpones are all written later."""
    actions = [action(f"S{n:02}", 3, 5) for n in range(30)]

    def later(*_: object) -> Stock:
        raise ServerFault("maintenance", 503, 2.0)

    store = FakeStore({f"id-S{n:02}": finite(3) for n in range(30)}, [later] * 30)
    report = _run(store, _plan(*actions))

    assert (report.count(Result.APPLIED), report.stopped) == (30, None)
