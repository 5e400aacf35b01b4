"""An action in progress, and what a read of its SKU says about a lost answer."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reconciler.errors import ServerFault, StoreError, TransportError
from reconciler.model import Action, Outcome, Result, Rule, Stock

# Minimum seconds between a lost answer and the next read of a SKU that looks unchanged.
LOOK_AGAIN: Final = 30.0


EARLIER: Final = TransportError("An earlier run crashed and may have written this.")
"""Stands for the lost answer of a run that crashed."""


class Attempt(Struct, frozen=True):
    """An action in progress.

    `lost` is the error that lost the answer to a write. `writes` counts the writes that may have
    been sent. `read` are the two times between which the SKU was read before the write, by the
    shop's clock (UTC, ISO 8601). `is_begun`: observers were already notified of the start.
    `is_overdue`: not written, because the deadline of its batch had passed.
    """

    action: Action
    lost: StoreError | None = None
    writes: int = 0
    read: tuple[str, str] = ("", "")
    is_begun: bool = False
    is_overdue: bool = False


def needs_orders(attempt: Attempt, found: Stock) -> bool:
    """Return whether a sale since the read could look like a write without effect."""
    action = attempt.action
    if action.correction is not None:
        return True
    numbers = (action.before.quantity, action.after.quantity)
    is_whole = all(isinstance(number, int) for number in numbers)
    may_be_repeated = attempt.lost is EARLIER or found == action.before
    return action.rule is Rule.ON_CHANGE and is_whole and may_be_repeated


def find_landed(attempt: Attempt, found: Stock) -> Outcome | None:
    """Return the outcome of a write whose answer was lost; None if *found* shows no effect."""
    action = attempt.action
    if found == action.after:
        return conclude(attempt, Result.APPLIED, found)
    if found != action.before:
        return conclude(attempt, Result.UNKNOWN, found, _undecided(attempt))
    return None


def find_landed_by_orders(attempt: Attempt, found: Stock, sold: int | None) -> Outcome | None:
    """Return the same as `find_landed`, given the units *sold* since the read (None: unknown).

    Without the sales, a sale of as many units as were added would look like no effect.
    """
    action = attempt.action
    there = found.quantity + sold if sold is not None and isinstance(found.quantity, int) else None
    if there == action.after.quantity:
        return conclude(attempt, Result.APPLIED, found)
    if there is None or there != action.before.quantity:
        return conclude(attempt, Result.UNKNOWN, found, _undecided(attempt))
    return None


def _undecided(attempt: Attempt) -> str:
    return f"{as_sentence(str(attempt.lost))} Can't tell whether the write took effect. Skipped."


def as_sentence(text: str) -> str:
    """Return *text*, a reason or an error, with a capital letter and a full stop."""
    first = text.split(" ", 1)[0].rstrip(",;:")
    text = text[:1].upper() + text[1:] if first.isalpha() else text
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def conclude(attempt: Attempt, result: Result, found: Stock | None, message: str = "") -> Outcome:
    """Return the outcome of an attempt. Its message says if more than one write was sent."""
    if attempt.writes > 1:
        again = (
            f"Written again: the shop still had {attempt.action.before} at least"
            f" {LOOK_AGAIN:.0f} s after a lost answer. If the first write showed up late,"
            " sales since then are undone. Compare with the orders."
        )
        message = f"{as_sentence(message)} {again}" if message else again
    outcome = make_outcome(attempt.action, result, found, message)
    return replace(outcome, read_at=attempt.read[0])


def make_outcome(action: Action, result: Result, found: Stock | None, message: str = "") -> Outcome:
    """Return the outcome of an action, with its planned stocks before and after."""
    return Outcome(action.sku, result, action.before, action.after, found, message)


def was_postponed(error: StoreError | None) -> bool:
    """Return whether the shop asked to wait. That doesn't mean that it is down."""
    return isinstance(error, ServerFault) and error.retry_after is not None
