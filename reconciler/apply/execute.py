"""Plan → report: each action read, compared, written, and settled where its answer was lost.

The API has no conditional write, so a sale between a SKU's read and its write can still be
overwritten: the gap of one round trip. What can be read is never overwritten.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final, Protocol

from reconciler.errors import (
    AnswerError,
    EcommerceOff,
    NotAuthorized,
    OutageError,
    ServerFault,
    StoppedError,
    StoreError,
    Throttled,
    TransportError,
)
from reconciler.model import Action, Outcome, Plan, Report, Result, Stock, Target

MAX_WRITES: Final = 3
# How long after a lost answer to look: the store may show a write only after a while.
LOOK_AFTER: Final = (0.0, 2.0, 3.0)
MAX_FAILURES_IN_A_ROW: Final = 10
# How often an action may read and write: a 429 is no attempt, but has an end.
MAX_TURNS: Final = 20


# After these nobody knows whether a write took effect.
_OUTAGES: Final = (TransportError, AnswerError, ServerFault)
# These concern every SKU.
_STOPPING: Final = (NotAuthorized, EcommerceOff, OutageError)


class Store(Protocol):
    """What applying needs of a store."""

    def turn(self) -> AbstractContextManager[None]:
        """Hold a read and a write of the allowance, so that nothing has to wait in between."""

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU; raise StoreError."""

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        """Set a SKU's stock absolutely, once, and return what the store answers."""


def execute(
    plan: Plan,
    store: Store,
    *,
    parallelism: int,
    sleep: Callable[[float], None] = time.sleep,
    must_end: Callable[[], str | None] = lambda: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Carry out the actions of *plan* in their order, *parallelism* at a time.

    Never raises for what the store does: that stands in the report. Once *must_end* gives a
    reason, no further action is begun. *progress* is called with how many actions are settled.
    """
    run = _Run(store, sleep, must_end)
    outcomes: list[Outcome] = []
    lowering = [action for action in plan.actions if action.lowers]
    raising = [action for action in plan.actions if not action.lowers]
    with ThreadPoolExecutor(parallelism) as pool:
        for actions in (lowering, raising):  # the second begins when the first has ended
            for outcome in pool.map(run.settle, actions):
                outcomes.append(outcome)
                progress(len(outcomes))
    run.end()
    not_tried = (
        Outcome(
            finding.sku, Result.NOT_TRIED, None, None, message=f"{finding.kind}: {finding.message}"
        )
        for finding in plan.errors
    )
    return Report(plan.store, (*outcomes, *not_tried), run.stopped)


class _Run:
    """What the actions of one run share: whether it has been stopped, and why."""

    def __init__(
        self, store: Store, sleep: Callable[[float], None], must_end: Callable[[], str | None]
    ) -> None:
        self.store = store
        self.must_end = must_end
        self.sleep = sleep
        self.stopped: str | None = None
        self._outages = 0
        self._last_outage: str | None = None
        self._has_answered = False
        self._lock = threading.Lock()

    def settle(self, action: Action) -> Outcome:
        """Return what became of *action*."""
        if self._must_stop():
            return _outcome(action, Result.NOT_TRIED, None, self.stopped or "")
        try:
            outcome, is_outage = self._read_and_write(action)
        except StoppedError as error:
            self._must_stop()
            return _outcome(action, Result.NOT_TRIED, None, self.stopped or str(error))
        except _STOPPING as error:
            self.stopped = str(error)
            return _outcome(action, Result.NOT_TRIED, None, str(error))
        except StoreError as error:
            outcome = _outcome(action, Result.FAILED, None, str(error))
            is_outage = isinstance(error, _OUTAGES)
        self._count(outcome, is_outage=is_outage)
        return outcome

    def _must_stop(self) -> bool:
        if self.stopped is None:
            self.stopped = self.must_end()
        return self.stopped is not None

    def _count(self, outcome: Outcome, *, is_outage: bool) -> None:
        """Stop the run after too many SKUs in a row for which the store gave no answer."""
        with self._lock:
            self._outages = self._outages + 1 if is_outage else 0
            self._has_answered |= not is_outage
            self._last_outage = outcome.message
            if self._outages >= MAX_FAILURES_IN_A_ROW and self.stopped is None:
                many = f"{MAX_FAILURES_IN_A_ROW} failures in a row"
                self.stopped = f"{many}, the last: {outcome.message}"

    def end(self) -> None:
        """Say that the run could not go on, where the store gave no answer at all."""
        if self._last_outage and not self._has_answered and self.stopped is None:
            self.stopped = self._last_outage

    def _read_and_write(self, action: Action) -> tuple[Outcome, bool]:
        """Read, compare, write; return what came of it, and whether the store was not there.

        A write that was refused as too many is sent again after another read, and so is one whose
        answer was lost, once looking shows that it did not land. Raises StoreError only while
        nothing was sent that could have been written.
        """
        lost: StoreError | None = None
        writes = 0
        for _ in range(MAX_TURNS):
            try:
                ended = self._take_turn(action, lost, writes)
            except Throttled:
                continue
            except StoreError as error:
                if lost is None:
                    raise
                return self._unknown(action, lost, error), isinstance(error, _OUTAGES)
            if isinstance(ended, Outcome):
                return ended, lost is not None and ended.result is not Result.APPLIED
            lost, writes = ended, writes + 1
            looked = self._look(action, lost)
            if looked is not None:
                return looked, looked.result is not Result.APPLIED
        raise OutageError(
            f"the store refused one write {MAX_TURNS} times as too many; find what else uses this"
            " token, and run again"
        )

    def _take_turn(
        self, action: Action, lost: StoreError | None, writes: int
    ) -> Outcome | StoreError:
        """Read and write at once; return what came of it, or the error that *lost* the answer."""
        with self.store.turn():
            found = self.store.read_stock(action.target)
            settled = self._compare(action, found, lost)
            if settled is not None:
                return settled
            if lost is not None and writes == MAX_WRITES:
                message = f"none of {MAX_WRITES} writes took effect: {lost}"
                return _outcome(action, Result.FAILED, found, message)
            try:
                return _answered(action, self.store.write_stock(action.target, action.after))
            except _OUTAGES as error:
                return error

    def _compare(self, action: Action, found: Stock, lost: StoreError | None) -> Outcome | None:
        """Return what *found*, right before a write, settles; None lets the write be sent."""
        if found == action.after:
            return _outcome(action, Result.APPLIED if lost else Result.ALREADY, found)
        if found != action.before:
            if lost is None:
                return _outcome(action, Result.MOVED, found, "left alone")
            return _outcome(action, Result.UNKNOWN, found, f"{lost}; left alone")
        if not self._must_stop():
            return None
        if lost is None:
            return _outcome(action, Result.NOT_TRIED, found, self.stopped or "")
        return _outcome(action, Result.FAILED, found, f"{lost}; not sent again: {self.stopped}")

    def _look(self, action: Action, lost: StoreError) -> Outcome | None:
        """Settle a write whose answer was *lost* by reading; None says that it did not land.

        The store may show a write only after a while, so that takes three reads over five
        seconds; where they are cut short, nobody knows.
        """
        try:
            for seconds in LOOK_AFTER:
                self.sleep(seconds)
                is_cut = seconds > 0 and self._must_stop()
                found = self.store.read_stock(action.target)
                if found == action.after:
                    return _outcome(action, Result.APPLIED, found)
                if found != action.before:
                    return _outcome(action, Result.UNKNOWN, found, f"{lost}; left alone")
                if is_cut:
                    raise StoppedError(f"not looked at for long enough: {self.stopped}")
        except StoreError as error:
            return self._unknown(action, lost, error)
        return None

    def _unknown(self, action: Action, lost: StoreError, error: StoreError) -> Outcome:
        """Return that nobody knows: after the *lost* answer there was *error*."""
        if isinstance(error, _STOPPING):
            self.stopped = str(error)
        return _outcome(action, Result.UNKNOWN, None, f"{lost}; then: {error}")


def _answered(action: Action, answer: Stock) -> Outcome:
    """Return what the store's answer to a write says."""
    if answer == action.after:
        return _outcome(action, Result.APPLIED, answer)
    return _outcome(action, Result.FAILED, answer, "the store answered another quantity")


def _outcome(action: Action, result: Result, found: Stock | None, message: str = "") -> Outcome:
    return Outcome(action.sku, result, action.before, action.after, found, message)
