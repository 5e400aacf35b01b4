"""One SKU: read, compare, write, lost answers, early ends, and crashed runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from factories import action, stock
from fakes import FakeClock, FakeStore
from msgspec.structs import replace

from reconciler.apply.attempts import EARLIER, Attempt
from reconciler.apply.interfaces import Bounds
from reconciler.apply.observers import NO_OBSERVER, NullObserver, Observer
from reconciler.apply.sku_writer import (
    MAX_FAILURES_IN_A_ROW,
    MAX_TURNS,
    MAX_UNSENT,
    SkuWriter,
)
from reconciler.errors import (
    ConnectionRefused,
    JournalError,
    NotAuthorized,
    NotFound,
    StoppedError,
    Throttled,
    TransportError,
)
from reconciler.model import MAX_QUANTITY, Action, Cause, Outcome, Result, Stock, Target

APPLIED, ALREADY, MOVED, FAILED, UNKNOWN, NOT_TRIED = Result
LOST = TransportError("the answer broke off")


class Shop(FakeStore):
    """A fake store that can also fail reads, and knows whether a turn is held at each write."""

    def __init__(self, now: Any = 3, writes: Any = (), reads: Any = ()) -> None:
        super().__init__({"id-A": stock(now), "id-B": stock(now)}, writes)
        self.read_errors: list[Exception | None] = list(reads)
        self.is_held = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.is_held = True
        yield
        self.is_held = False

    def read_stock(self, target: Target) -> Stock:
        found = super().read_stock(target)
        if self.read_errors and (error := self.read_errors.pop(0)):
            raise error
        return found

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        assert self.is_held
        return super().write_stock(target, stock)


class Log(NullObserver):
    """An observer that keeps the steps, and can call a function at one of them."""

    def __init__(self, at: str = "", call: Callable[[], object] = lambda: None) -> None:
        self.steps: list[str] = []
        self._at, self._call = at, call

    def sending(self, action: Action) -> None:
        self._keep("sending")

    def finished(self, action: Action, outcome: Outcome) -> None:
        self._keep(str(outcome.result))

    def _keep(self, step: str) -> None:
        self.steps.append(step)
        if step == self._at:
            self._call()


def _writer(shop: Shop, observer: Observer = NO_OBSERVER, **options: Any) -> SkuWriter:
    must_end = options.pop("must_end", lambda: None)
    may_write = options.pop("may_write", lambda: True)
    return SkuWriter(shop, observer, Bounds(FakeClock().sleep, must_end, may_write), **options)


def _fail(error: Exception) -> Callable[..., Stock]:
    def fault(*_: object) -> Stock:
        raise error

    return fault


def _to_end(writer: SkuWriter) -> Outcome:
    """Attempt A again, after each wait, until there is an outcome."""
    result = writer.attempt(Attempt(action()))
    while isinstance(result, Attempt):
        writer.wait()
        result = writer.attempt(result)
    return result


@pytest.mark.parametrize(
    ("now", "result"),
    [(3, APPLIED), (5, ALREADY), *((now, MOVED) for now in (2, 4, 6, None, 3.5, "infinite"))],
)
def test_attempt_writes_only_the_planned_stock(now: Any, result: Result) -> None:
    """A SKU is written only if it has exactly the number in the plan."""
    shop, log = Shop(now), Log()
    outcome = _to_end(_writer(shop, log))
    is_written = result is APPLIED

    assert (outcome.result, outcome.found) == (result, stock(5 if is_written else now))
    assert (len(shop.reads), len(shop.writes)) == (1, int(is_written))
    assert log.steps == ["sending"] * is_written + [str(result)]


@pytest.mark.parametrize(
    ("step", "result", "writes"),
    [("sending", NOT_TRIED, 0), ("applied", APPLIED, 1)],
)
def test_attempt_with_full_journal_stops_the_run(step: str, result: Result, writes: int) -> None:
    """An unannounced write is not sent. One that took effect is still reported as applied."""
    shop = Shop()
    writer = _writer(shop, Log(step, _fail(JournalError("disk full"))))

    assert (_to_end(writer).result, writer.stopped) == (result, "disk full")
    assert len(shop.writes) == writes


def test_attempt_lost_and_unreadable_is_put_aside() -> None:
    """It is not written again at once, and counts one write."""
    shop = Shop(3, [_fail(LOST)], [None, LOST])

    attempt = _writer(shop).attempt(Attempt(action()))

    assert isinstance(attempt, Attempt)
    assert replace(attempt, read=("", "")) == Attempt(action(), LOST, writes=1, is_begun=True)
    assert len(shop.writes) == 1


def _correction(units: int, cause: Cause = Cause.ADJUSTED) -> Action:
    """Return an action that adds *units*, planned when the shop had 3."""
    planned = action("A", 3, max(0, 3 + units))
    return replace(planned, cause=cause, correction=units)


@pytest.mark.parametrize(
    ("correction", "now", "after"),
    [
        (_correction(2), 3, 5),
        # Two were sold, or four came in, since the plan: that is kept.
        (_correction(2), 1, 3),
        (_correction(2), 7, 9),
        (_correction(2), -1, 1),
        (_correction(-2), 2, 0),
        # What was counted can't be less than nothing.
        (_correction(-2, Cause.COUNTED), 0, 0),
    ],
)
def test_attempt_adds_correction_to_live_stock(correction: Action, now: int, after: int) -> None:
    """A sale since the plan is not a conflict. The outcome has the stock that was sent."""
    shop = Shop(now)
    outcome = _writer(shop).attempt(Attempt(correction))

    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.before, outcome.after) == (APPLIED, stock(now), stock(after))
    assert shop.writes == [("id-A", stock(after))]


@pytest.mark.parametrize(
    ("correction", "now"),
    [
        # Somebody may have put it in already.
        (_correction(2), 5),
        (_correction(2), "infinite"),
        (_correction(2), None),
        (_correction(2), 3.5),
        (_correction(2), MAX_QUANTITY - 1),
        (_correction(-2), 0),
    ],
)
def test_attempt_correction_that_does_not_fit_is_moved(correction: Action, now: Any) -> None:
    """Nothing is written."""
    shop = Shop(now)
    outcome = _writer(shop).attempt(Attempt(correction))

    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.found, shop.writes) == (MOVED, stock(now), [])


@pytest.mark.parametrize(
    ("then", "result"), [(4, APPLIED), (3, UNKNOWN), (1, UNKNOWN), (2, Attempt)]
)
def test_attempt_lost_correction_is_compared_as_sent(
    then: int, result: Result | type[Attempt]
) -> None:
    """It was sent from 2 to 4, so 3 is neither, although the plan saw 3."""

    def lose(store: FakeStore, target: Target, _: Stock) -> Stock:
        store.stocks[target.sku_id] = stock(then)
        raise LOST

    shop = Shop(2, [lose])
    ended = _writer(shop).attempt(Attempt(_correction(2)))

    assert (ended.result if isinstance(ended, Outcome) else Attempt) == result
    assert shop.writes == [("id-A", stock(4))]


@pytest.mark.parametrize(
    ("now", "result", "waits"),
    [(5, APPLIED, 0), (4, UNKNOWN, 0), (3, APPLIED, 1)],
)
def test_attempt_in_doubt_reads_before_it_writes(now: int, result: Result, waits: int) -> None:
    """A SKU of a crashed run is written only if it is as before after a wait."""
    shop = Shop(now)
    writer = _writer(shop, in_doubt={"A": Attempt(action(), EARLIER, 1)})
    first = writer.attempt(Attempt(action()))

    assert (shop.writes, isinstance(first, Attempt)) == ([], waits == 1)
    outcome = _to_end(writer)
    assert (outcome.result, len(shop.writes)) == (result, waits)
    assert ("30 s" in outcome.message) is bool(waits)


@pytest.mark.parametrize(
    ("error", "writes", "result"),
    [
        (NotFound("gone", 404), 1, FAILED),
        (ConnectionRefused("no host"), MAX_UNSENT, FAILED),
        (NotAuthorized("no", 401), 1, NOT_TRIED),
        (StoppedError("over"), 1, NOT_TRIED),
        (Throttled("too many", 1.0), MAX_TURNS, NOT_TRIED),
    ],
)
def test_attempt_without_effect_is_failed_or_not_tried(
    error: Exception, writes: int, result: Result
) -> None:
    """It is not tried if the run must stop. The base stays as it was."""
    shop = Shop(3, [_fail(error)] * MAX_TURNS)
    writer = _writer(shop)
    outcome = _to_end(writer)

    assert (outcome.result, outcome.found, len(shop.writes)) == (result, None, writes)
    assert (writer.stopped is None) is (result is FAILED)


def test_attempt_answered_with_another_number_is_failed() -> None:
    """The number in the answer is reported, and counts as written."""
    outcome = _to_end(_writer(Shop(3, [lambda *_: stock(4)])))

    assert (outcome.result, outcome.found) == (FAILED, stock(4))


def test_attempt_stopped_between_read_and_write_is_not_sent() -> None:
    """The stop reason is checked once more right before the write."""
    shop = Shop()
    outcome = _to_end(_writer(shop, must_end=lambda: "time is over" if shop.reads else None))

    assert (outcome.result, shop.writes) == (NOT_TRIED, [])


def test_attempt_with_answer_resets_the_failure_count() -> None:
    """Only failures in a row are an outage."""
    most: list[Exception | None] = [LOST] * (MAX_FAILURES_IN_A_ROW - 1)
    writer = _writer(Shop(2, reads=[*most, None, *most, LOST]))
    for _ in range(2 * MAX_FAILURES_IN_A_ROW - 1):
        writer.attempt(Attempt(action()))

    assert writer.stopped is None
    writer.attempt(Attempt(action()))
    assert writer.stopped is not None


def test_end_without_any_answer_returns_the_error() -> None:
    """A shop that never answered is an outage, even for one SKU."""
    writer = _writer(Shop(reads=[LOST]))
    writer.attempt(Attempt(action()))

    assert (writer.stopped, writer.end()) == (None, str(LOST))


def test_abandon_prevents_further_writes() -> None:
    """A later attempt sends nothing. A SKU of a crashed run is unknown."""
    shop = Shop()
    writer = _writer(shop, in_doubt={"B": action("B")})
    left = writer.abandon([action("A"), action("B")])

    assert [left["A"].result, left["B"].result] == [NOT_TRIED, UNKNOWN]
    assert (_to_end(writer).result, shop.writes) == (NOT_TRIED, [])


def test_abandon_during_announcement_is_unknown_and_not_sent() -> None:
    """The write is reported as unknown, so it must not be sent."""
    shop, left = Shop(), dict[str, Outcome]()
    writer = _writer(shop, Log("sending", lambda: left.update(writer.abandon([action()]))))
    writer.attempt(Attempt(action()))

    assert (left["A"].result, shop.writes) == (UNKNOWN, [])
