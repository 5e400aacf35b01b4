"""One action → its outcome: read, compared, written, and settled where an answer was lost.

The API has no conditional write, so a sale between a SKU's read and its write can still be
overwritten: the gap of one round trip. What can be read is never overwritten.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from reconciler.apply.watch import Watcher
from reconciler.errors import (
    AnswerError,
    EcommerceOff,
    JournalError,
    NotAuthorized,
    OutageError,
    ServerFault,
    StoppedError,
    StoreError,
    Throttled,
    TransportError,
)
from reconciler.model import Action, Outcome, Result, Stock, Target

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


class Settling:
    """Settles the actions of one run, and keeps what they share: whether it ends, and why."""

    def __init__(
        self,
        store: Store,
        watcher: Watcher,
        sleep: Callable[[float], None],
        must_end: Callable[[], str | None],
        in_flight: frozenset[str] = frozenset(),
        in_doubt: frozenset[str] = frozenset(),
    ) -> None:
        self.store = store
        self.watcher = watcher
        self.must_end = must_end
        self.sleep = sleep
        self.stopped: str | None = None
        self._in_flight = in_flight
        self._in_doubt = in_doubt
        self._sending: set[str] = set()
        self._is_abandoned = False
        self._outages = 0
        self._last_outage: str | None = None
        self._has_answered = False
        self._lock = threading.Lock()

    def settle(self, action: Action) -> Outcome:
        """Return what became of *action*."""
        if self._must_stop():
            return self._left_off(action, self.stopped or "")
        self.watcher.begun(action)
        outcome = self._settle(action)
        try:
            self.watcher.settled(action, outcome)
        except JournalError as error:
            self.stopped = self.stopped or str(error)
        return outcome

    def _settle(self, action: Action) -> Outcome:
        try:
            outcome, is_outage = self._read_and_write(action)
        except (StoppedError, JournalError) as error:
            if not self._must_stop():
                self.stopped = str(error)
            return self._left_off(action, self.stopped or str(error))
        except _STOPPING as error:
            self.stopped = str(error)
            return self._left_off(action, str(error))
        except StoreError as error:
            outcome = _outcome(action, Result.FAILED, None, str(error))
            is_outage = isinstance(error, _OUTAGES)
        self._count(outcome, is_outage=is_outage)
        return outcome

    def _left_off(self, action: Action, why: str) -> Outcome:
        """Return that *action* was not tried; but unknown where an earlier run may have been."""
        doubtful = action.sku in self._in_flight | self._in_doubt
        return _outcome(action, Result.UNKNOWN if doubtful else Result.NOT_TRIED, None, why)

    def abandon(self, actions: Sequence[Action]) -> dict[str, Outcome]:
        """Let nothing more be sent, and return outcomes for *actions*, for which nobody waits.

        One that may have been sent is unknown, also if it was about to be.
        """
        with self._lock:
            self._is_abandoned = True
            sending = frozenset(self._sending)
        why = "the run was ended at once"
        return {
            action.sku: _outcome(action, Result.UNKNOWN, None, why)
            if action.sku in sending
            else self._left_off(action, why)
            for action in actions
        }

    def _announce(self, action: Action) -> None:
        """Let it be known that a write is about to be sent; raise StoppedError if it must not."""
        with self._lock:
            if self._is_abandoned:
                raise StoppedError("the run was ended at once")
            self._sending.add(action.sku)
        self.watcher.sending(action)
        with self._lock:
            if self._is_abandoned:
                raise StoppedError("the run was ended at once")

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

    def end(self) -> str | None:
        """Return why the run ended early, also where the store gave no answer at all."""
        if self._last_outage and not self._has_answered and self.stopped is None:
            self.stopped = self._last_outage
        return self.stopped

    def _read_and_write(self, action: Action) -> tuple[Outcome, bool]:
        """Read, compare, write; return what came of it, and whether the store was not there.

        A write that was refused as too many is sent again after another read, and so is one whose
        answer was lost, once looking shows that it did not land. Raises StoreError only while
        nothing was sent that could have been written.
        """
        lost, looked = self._begin(action)
        writes = 0
        for _ in range(MAX_TURNS):
            if looked is not None:
                return looked, _is_outage(looked)
            try:
                ended = self._take_turn(action, lost, writes)
            except Throttled:
                continue
            except StoreError as error:
                if lost is None:
                    raise
                return self._unknown(action, lost, error), isinstance(error, _OUTAGES)
            if isinstance(ended, Outcome):
                return ended, writes > 0 and _is_outage(ended)
            lost, writes = ended, writes + 1
            looked = self._look(action, lost)
        if looked is not None:
            return looked, _is_outage(looked)
        raise OutageError(
            f"the store refused one write {MAX_TURNS} times as too many; find what else uses this"
            " token, and run again"
        )

    def _begin(self, action: Action) -> tuple[StoreError | None, Outcome | None]:
        """Return the answer that an earlier run lost, if it may have sent one, and what became."""
        if action.sku in self._in_flight:
            lost = TransportError("an earlier run ended while this was written")
            return lost, self._look(action, lost)
        if action.sku in self._in_doubt:
            return TransportError("an earlier run ended, and may have written this"), None
        return None, None

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
            self._announce(action)
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


def _is_outage(outcome: Outcome) -> bool:
    """Whether the store gave no answer that says how the SKU is, or took none of the writes."""
    unsettled = outcome.result in {Result.FAILED, Result.UNKNOWN}
    return unsettled and outcome.found in {None, outcome.before}


def _answered(action: Action, answer: Stock) -> Outcome:
    """Return what the store's answer to a write says."""
    if answer == action.after:
        return _outcome(action, Result.APPLIED, answer)
    return _outcome(action, Result.FAILED, answer, "the store answered another quantity")


def _outcome(action: Action, result: Result, found: Stock | None, message: str = "") -> Outcome:
    return Outcome(action.sku, result, action.before, action.after, found, message)
