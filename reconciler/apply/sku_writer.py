"""Carry out one action: read the SKU, compare, write, and read again if an answer was lost.

The API has no conditional write. A sale in the one round trip between read and write can still be
overwritten. A write whose answer was lost is never blindly repeated: the shop may show a write
late, so the SKU is put aside and read again much later. Only if it still has the stock before is
it written once more, and the report says so.
"""

import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from reconciler.apply.attempts import (
    EARLIER,
    LOOK_AGAIN,
    Attempt,
    as_sentence,
    conclude,
    find_landed,
    find_landed_by_orders,
    make_outcome,
    needs_orders,
    was_postponed,
)
from reconciler.apply.corrections import aim_again, find_obstacle, name_shift
from reconciler.apply.interfaces import Bounds, CountSold, Store
from reconciler.apply.observers import Observer
from reconciler.errors import (
    AnswerError,
    ConnectionRefused,
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
from reconciler.model import Action, Outcome, Result, Stock, finite, format_time

MAX_WRITES: Final = 3
MAX_FAILURES_IN_A_ROW: Final = 10
# A 429 does not count as a write, but an action must end at some point.
MAX_TURNS: Final = 40
MAX_UNSENT: Final = 3

# After these errors it is unknown whether a write took effect.
_OUTAGES: Final = (TransportError, AnswerError, ServerFault)
# These errors affect every SKU.
_STOPPING: Final = (NotAuthorized, EcommerceOff, OutageError)
_ENDED_AT_ONCE: Final = "The run was ended at once by a second signal."
_UNKNOWN_SALES: Final = (
    "The orders can't tell what was sold since the plan. Skipped. Run `reconciler plan` again."
)


class _UnsentError(Exception):
    """A write could not be sent, because there was no connection."""

    def __init__(self, reason: StoreError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class SkuWriter:
    """Carries out the actions of one run. `stopped` says why the run must end, None if not."""

    def __init__(
        self,
        store: Store,
        observer: Observer,
        bounds: Bounds,
        in_doubt: Mapping[str, Attempt] = MappingProxyType({}),
        count_sold: CountSold | None = None,
    ) -> None:
        self.store = store
        self.observer = observer
        self.bounds = bounds
        self.stopped: str | None = None
        self._in_doubt = in_doubt
        self._count_sold = count_sold
        self._sending: set[str] = set()
        self._is_abandoned = False
        self._is_cut = False
        self._outages = 0
        self._last_outage: str | None = None
        self._has_answered = False
        self._lock = threading.Lock()

    def attempt(self, attempt: Attempt) -> Outcome | Attempt:
        """Carry out an action. Return its outcome, or the attempt if it must be continued later."""
        action = attempt.action
        is_new = attempt.lost is None
        if is_new and self.must_stop():
            return self._leave(attempt, self.stopped or "")
        if is_new and not attempt.is_begun:
            self.observer.begun(action)
            attempt = replace(attempt, is_begun=True)
        result = self._carry_out(attempt)
        if isinstance(result, Outcome):
            # Sales count from the read, since the answer to the write may come late.
            is_written = result.result is Result.APPLIED and result.read_at
            result = replace(
                result, at=result.read_at if is_written else format_time(self.store.now())
            )
            try:
                self.observer.finished(action, result)
            except JournalError as error:
                self.stopped = self.stopped or str(error)
        return result

    def wait(self) -> None:
        """Wait until SKUs that were put aside can be read again, unless the run must end."""
        self.bounds.sleep(LOOK_AGAIN)
        self._outages = 0
        self._is_cut = self.bounds.must_end() is not None

    def _carry_out(self, attempt: Attempt) -> Outcome | Attempt:
        action = attempt.action
        try:
            if attempt.lost is None and action.sku in self._in_doubt:
                result, is_outage = self._look(self._in_doubt[action.sku])
            else:
                result, is_outage = self._read_and_write(attempt)
        except (StoppedError, JournalError) as error:
            if not self.must_stop():
                self.stopped = str(error)
            return self._leave(attempt, self.stopped or str(error))
        except _STOPPING as error:
            self.stopped = str(error)
            return self._leave(attempt, str(error))
        except StoreError as error:
            result, is_outage = (
                make_outcome(action, Result.FAILED, None, str(error)),
                _is_outage(error),
            )
        self._count(str(result.lost if isinstance(result, Attempt) else result.message), is_outage)
        return result

    def _leave(self, attempt: Attempt, why: str) -> Outcome:
        """Return NOT_TRIED for an action, or UNKNOWN if a write may have been sent."""
        may_be_sent = attempt.lost is not None or attempt.action.sku in self._in_doubt
        if may_be_sent and attempt.lost is not None:
            why = _then(attempt.lost, why)
        result = Result.UNKNOWN if may_be_sent else Result.NOT_TRIED
        return conclude(attempt, result, None, as_sentence(why))

    def abandon(self, actions: Sequence[Action]) -> dict[str, Outcome]:
        """Send nothing more, and return outcomes for *actions* without waiting for answers.

        An action that was sent, or was about to be, is UNKNOWN.
        """
        with self._lock:
            self._is_abandoned = True
            sending = frozenset(self._sending)
        return {
            action.sku: make_outcome(action, Result.UNKNOWN, None, _ENDED_AT_ONCE)
            if action.sku in sending
            else self._leave(Attempt(action), _ENDED_AT_ONCE)
            for action in actions
        }

    def _announce(self, action: Action) -> None:
        """Notify the observer of a write about to be sent; raise StoppedError if it must not be."""
        with self._lock:
            if self._is_abandoned:
                raise StoppedError(_ENDED_AT_ONCE)
            self._sending.add(action.sku)
        self.observer.sending(action)
        with self._lock:
            if self._is_abandoned:
                raise StoppedError(_ENDED_AT_ONCE)

    def must_stop(self) -> bool:
        """Return whether no further action may start."""
        if self.stopped is None:
            self.stopped = self.bounds.must_end()
        return self.stopped is not None

    def _count(self, message: str, is_outage: bool) -> None:
        """Stop the run after too many failures of the shop in a row."""
        with self._lock:
            self._outages = self._outages + 1 if is_outage else 0
            self._has_answered |= not is_outage
            self._last_outage = message
            if self._outages >= MAX_FAILURES_IN_A_ROW and self.stopped is None:
                self.stopped = f"{MAX_FAILURES_IN_A_ROW} failures in a row. The last one: {message}"

    def end(self) -> str | None:
        """Return why the run ended early, also if the shop never answered; None if it did not."""
        if self._last_outage and not self._has_answered and self.stopped is None:
            self.stopped = self._last_outage
        return self.stopped

    def _read_and_write(self, attempt: Attempt) -> tuple[Outcome | Attempt, bool]:
        """Read, compare, and write; return the outcome, or the attempt if the answer was lost.

        The second value is whether the shop failed: no answer, or it took none of the writes.

        Raises:
            StoreError: The shop failed while no write had an unknown effect.
        """
        unsent = 0
        for _ in range(MAX_TURNS):
            try:
                result = self._take_turn(attempt)
            except Throttled:  # rejected, so read and send it again
                continue
            except _UnsentError as error:
                unsent += 1
                if unsent < MAX_UNSENT and not self.must_stop():
                    self.bounds.sleep(1.0)
                    continue
                return self._fail(attempt, error.reason)
            except StoreError as error:
                return self._fail(attempt, error)
            if isinstance(result, Outcome):
                return result, result.result is Result.FAILED and result.found == result.before
            if result.is_overdue:
                return result, False
            return self._look(replace(result, writes=result.writes + 1))
        raise OutageError(
            f"The shop answered 429 to the same write {MAX_TURNS} times. Wait, then run"
            " `reconciler apply` again."
        )

    def _fail(self, attempt: Attempt, error: StoreError) -> tuple[Outcome, bool]:
        if attempt.lost is None:
            raise error
        return self._unknown(attempt, error)

    def _take_turn(self, attempt: Attempt) -> Outcome | Attempt:
        """Read and write once; return the outcome, or the attempt whose answer was lost."""
        if attempt.lost is None and (reaimed := self._subtract_sales(attempt)) is not None:
            if isinstance(reaimed, Outcome):
                return reaimed
            attempt = reaimed
        planned, read_at = attempt.action, format_time(self.store.now())
        with self.store.turn():
            found = self.store.read_stock(attempt.action.target)
            compare = self._compare if attempt.lost is None else self._compare_again
            outcome = compare(attempt, found)
            if outcome is not None:
                return outcome
            action = aim_again(attempt.action, found)
            self._announce(action)
            if not self.bounds.may_write():  # checked last, since the journal may be slow
                return replace(attempt, is_overdue=True)
            times = (read_at, read_at)
            attempt = replace(attempt, action=action, read=times, is_overdue=False)
            try:
                answer = self.store.write_stock(action.target, action.after)
            except ConnectionRefused as error:
                raise _UnsentError(error) from None
            except _OUTAGES as error:
                return replace(attempt, lost=error)
        written = replace(attempt, writes=attempt.writes + 1)
        if answer != action.after:
            message = "The shop answered with another quantity."
            return conclude(written, Result.FAILED, answer, message)
        return conclude(written, Result.APPLIED, answer, name_shift(planned, found))

    def _subtract_sales(self, attempt: Attempt) -> Attempt | Outcome | None:
        """Return *attempt* less the units sold since the plan if no read can show them, else None.

        An infinite SKU has the same stock whatever it sells, so its count has no correction.
        """
        action = attempt.action
        if not action.is_count or action.correction is not None or self._count_sold is None:
            return None
        sold = self._count_sold(action.target.sku_id, *attempt.read)
        if sold is None:
            return make_outcome(action, Result.MOVED, None, _UNKNOWN_SALES)
        left = max(0, int(action.after.quantity or 0) - sold)
        moment = format_time(self.store.now())
        return replace(attempt, action=replace(action, after=finite(left)), read=(moment, moment))

    def _compare(self, attempt: Attempt, found: Stock) -> Outcome | None:
        """Return the outcome that *found*, read before a write, decides; None to send the write."""
        action = attempt.action
        if action.correction is not None:
            if why := find_obstacle(action, found):
                return make_outcome(action, Result.MOVED, found, why)
        elif found == action.after:
            return make_outcome(action, Result.ALREADY, found)
        elif found != action.before:
            return make_outcome(action, Result.MOVED, found, "Skipped.")
        if self.must_stop():
            return make_outcome(action, Result.NOT_TRIED, found, as_sentence(self.stopped or ""))
        return None

    def _compare_again(self, attempt: Attempt, found: Stock) -> Outcome | None:
        """Return the outcome that *found* decides for an attempt put aside; None to write again."""
        if (outcome := self._find_landed(attempt, found)) is not None:
            return outcome
        if attempt.action.correction is None and found != attempt.action.before:
            return make_outcome(attempt.action, Result.MOVED, found, "Skipped.")
        if self._is_cut and self.must_stop():
            message = _then(attempt.lost, f"Not checked for long enough: {self.stopped}")
            return conclude(attempt, Result.UNKNOWN, found, message)
        if self.must_stop():
            message = _then(attempt.lost, f"Not sent again: {self.stopped}")
            return conclude(attempt, Result.FAILED, found, message)
        if attempt.writes >= MAX_WRITES:
            message = as_sentence(f"None of {MAX_WRITES} writes took effect: {attempt.lost}")
            return conclude(attempt, Result.FAILED, found, message)
        return None

    def _look(self, attempt: Attempt) -> tuple[Outcome | Attempt, bool]:
        """Read a SKU after a lost answer; put it aside if it is as before or can't be read."""
        try:
            found = self.store.read_stock(attempt.action.target)
        except _OUTAGES:
            return attempt, True
        except StoreError as error:
            return self._unknown(attempt, error)
        if (outcome := self._find_landed(attempt, found)) is not None:
            return outcome, False
        return attempt, attempt.lost is not EARLIER and not was_postponed(attempt.lost)

    def _find_landed(self, attempt: Attempt, found: Stock) -> Outcome | None:
        """Return the outcome of a write whose answer was lost; None if it shows no effect.

        For a correction, or a typed level that could be written again, the orders since the read
        decide, if they can be read.
        """
        action = attempt.action
        if self._count_sold is None or not needs_orders(attempt, found):
            return find_landed(attempt, found)
        sold = self._count_sold(action.target.sku_id, *attempt.read)
        return find_landed_by_orders(attempt, found, sold)

    def _unknown(self, attempt: Attempt, error: StoreError) -> tuple[Outcome, bool]:
        if isinstance(error, _STOPPING):
            self.stopped = str(error)
        message = _then(attempt.lost, str(error))
        return conclude(attempt, Result.UNKNOWN, None, message), _is_outage(error)


def _then(lost: StoreError | None, reason: str) -> str:
    return f"{as_sentence(str(lost))} {as_sentence(reason)}"


def _is_outage(error: StoreError) -> bool:
    return isinstance(error, _OUTAGES)
