"""An action under way, and what a look at its SKU says of it."""

from dataclasses import dataclass
from typing import Final

from reconciler.errors import StoreError
from reconciler.model import Action, Outcome, Result, Stock

# How many seconds after a lost answer, at least, a SKU that is still as before is read again.
LOOK_AGAIN: Final = 30.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action under way: which error lost an answer, and how many writes may have been sent.

    `read_at` is when it was read before the write, by the shop's own time: UTC, ISO 8601.
    """

    action: Action
    lost: StoreError | None = None
    writes: int = 0
    read_at: str = ""


def find_landed(attempt: Attempt, found: Stock) -> Outcome | None:
    """Return what *found* says of a write whose answer was lost; None if it shows no effect."""
    action = attempt.action
    if found == action.after:
        return conclude(attempt, Result.APPLIED, found)
    if found != action.before:
        return conclude(attempt, Result.UNKNOWN, found, f"{attempt.lost}; left alone")
    return None


def find_landed_correction(attempt: Attempt, found: Stock, sold: int | None) -> Outcome | None:
    """Return the same of a correction, given what was *sold* since it was read; None: not known.

    A sale of as many units as came in would look like a write without effect.
    """
    action = attempt.action
    there = found.quantity + sold if sold is not None and isinstance(found.quantity, int) else None
    if there == action.after.quantity:
        return conclude(attempt, Result.APPLIED, found)
    if there is None or there != action.before.quantity:
        return conclude(attempt, Result.UNKNOWN, found, f"{attempt.lost}; left alone")
    return None


def conclude(attempt: Attempt, result: Result, found: Stock | None, message: str = "") -> Outcome:
    """Return the outcome of an attempt, which says so if more than one write was sent."""
    if attempt.writes > 1:
        again = (
            f"Written again: the shop still had {attempt.action.before} at least"
            f" {LOOK_AGAIN:.0f} s after a lost answer. If the first write was only shown late,"
            " sales since then are undone: compare with the orders."
        )
        message = f"{message}. {again}" if message else again
    return make_outcome(attempt.action, result, found, message)


def make_outcome(action: Action, result: Result, found: Stock | None, message: str = "") -> Outcome:
    """Return what became of an action, with the stocks that it had and was to have."""
    return Outcome(action.sku, result, action.before, action.after, found, message)
