"""An action under way, and what a look at its SKU says of it."""

from dataclasses import dataclass, replace
from typing import Final

from reconciler.errors import ServerFault, StoreError, TransportError
from reconciler.model import Action, Outcome, Result, Rule, Stock

# How many seconds after a lost answer, at least, a SKU that is still as before is read again.
LOOK_AGAIN: Final = 30.0


EARLIER: Final = TransportError("A crashed run may have written this.")
"""The lost answer of a crashed run."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action under way: which error lost an answer, and how many writes may have been sent.

    It was `read` before the write between two moments, by the shop's own time: UTC, ISO 8601. One
    that `is_begun` was told of already; one that `is_overdue` was not written, since the deadline
    of its batch had come.
    """

    action: Action
    lost: StoreError | None = None
    writes: int = 0
    read: tuple[str, str] = ("", "")
    is_begun: bool = False
    is_overdue: bool = False


def needs_orders(attempt: Attempt, found: Stock) -> bool:
    """Return whether a sale since the read could be taken for a write without effect."""
    action = attempt.action
    if action.correction is not None:
        return True
    numbers = (action.before.quantity, action.after.quantity)
    is_whole = all(isinstance(number, int) for number in numbers)
    may_be_repeated = attempt.lost is EARLIER or found == action.before
    return action.rule is Rule.ON_CHANGE and is_whole and may_be_repeated


def find_landed(attempt: Attempt, found: Stock) -> Outcome | None:
    """Return what *found* says of a write whose answer was lost; None if it shows no effect."""
    action = attempt.action
    if found == action.after:
        return conclude(attempt, Result.APPLIED, found)
    if found != action.before:
        return conclude(attempt, Result.UNKNOWN, found, f"{attempt.lost} Skipped.")
    return None


def find_landed_by_orders(attempt: Attempt, found: Stock, sold: int | None) -> Outcome | None:
    """Return the same, given what was *sold* since it was read; None: not known.

    A sale of as many units as came in would look like a write without effect.
    """
    action = attempt.action
    there = found.quantity + sold if sold is not None and isinstance(found.quantity, int) else None
    if there == action.after.quantity:
        return conclude(attempt, Result.APPLIED, found)
    if there is None or there != action.before.quantity:
        return conclude(attempt, Result.UNKNOWN, found, f"{attempt.lost} Skipped.")
    return None


def conclude(attempt: Attempt, result: Result, found: Stock | None, message: str = "") -> Outcome:
    """Return the outcome of an attempt, which says so if more than one write was sent."""
    if attempt.writes > 1:
        again = (
            f"Written again: the shop still had {attempt.action.before} at least"
            f" {LOOK_AGAIN:.0f} s after a lost answer. If the first write was only shown late,"
            " sales since then are undone: compare with the orders."
        )
        message = f"{message} {again}" if message else again
    outcome = make_outcome(attempt.action, result, found, message)
    return replace(outcome, read_at=attempt.read[0])


def make_outcome(action: Action, result: Result, found: Stock | None, message: str = "") -> Outcome:
    """Return what became of an action, with the stocks that it had and was to have."""
    return Outcome(action.sku, result, action.before, action.after, found, message)


def was_postponed(error: StoreError | None) -> bool:
    """Whether the store asked to wait, which is no sign that it is down."""
    return isinstance(error, ServerFault) and error.retry_after is not None
