"""`SKU=70`, `SKU=+20`: arguments of `set`, `count`, and `adjust` → a number for each SKU."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reconciler.desired.known_skus import KnownSkus
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.scalars import (
    MAX_DIGITS,
    NUMBER,
    quantity_fault,
    shown,
)
from reconciler.errors import UsageError
from reconciler.model import INFINITE, MAX_QUANTITY, Declared, InventoryType, Rule, Stock, finite

# Under these rules what is declared is a bound, and not what anybody counted.
BOUNDS = frozenset({Rule.AT_LEAST, Rule.AT_MOST})


class Assignment(NamedTuple):
    """What is asked for one SKU: a stock, or so many *more* (fewer, where that is negative)."""

    sku: str
    stock: Stock | None
    more: int = 0


def parse_assignments(
    texts: Sequence[str],
    known: KnownSkus,
    *,
    may_be_new: bool = False,
    like: str = "70",
    infinite: bool = True,
) -> list[Assignment]:
    """Return what is asked in *texts*; *like* is a number as an example, for messages.

    Raises:
        UsageError: A text is no assignment, its SKU is not *known* and may not *be new*, or a SKU
            is given twice.
    """
    assignments = [
        _parse(text, known, like, may_be_new=may_be_new, infinite=infinite) for text in texts
    ]
    seen: set[str] = set()
    for one in assignments:
        if one.sku in seen:
            raise UsageError(f"{shown(one.sku)} is given twice. Keep one.")
        seen.add(one.sku)
    return assignments


def _parse(
    text: str, known: KnownSkus, like: str, *, may_be_new: bool, infinite: bool
) -> Assignment:
    sku, sign, value = text.rpartition("=")
    if not sign:
        raise UsageError(f"{text} has no number. Write {text}={like}.")
    if sku not in known.keys:
        _refuse_unknown(sku, known, may_be_new=may_be_new)
    if value == "infinite":
        return Assignment(sku, INFINITE)
    if found := re.fullmatch(r"([+-])([0-9]{1,9})", value):
        return Assignment(sku, None, int(found[1] + found[2]))
    if NUMBER.fullmatch(value) and len(value) <= MAX_DIGITS:
        return Assignment(sku, finite(int(value)))
    fault = quantity_fault(value, quoted=False, infinite=infinite)
    raise UsageError(f"{sku}: {fault}")


def _refuse_unknown(sku: str, known: KnownSkus, *, may_be_new: bool) -> None:
    """Raise UsageError for a SKU that no file names, unless it may be new."""
    if may_be_new:
        if fault := key_fault(sku):
            raise UsageError(fault)
        return
    hint = known.suggest(sku) or (
        "Declare it in a file first, import it, or pass --new for an event."
    )
    raise UsageError(f"{shown(sku)} is in no file of this store. {hint}")


def resolve_level(entry: Declared, assignment: Assignment) -> Stock:
    """Return the level to declare for one SKU.

    Raises:
        UsageError: Units are to be added to a number that is not what is on the shelf.
    """
    if assignment.stock is not None:
        return assignment.stock
    sku, units = shlex.quote(entry.sku), f"{assignment.more:+}"
    if entry.rule is Rule.ON_CHANGE:
        raise UsageError(
            f"{entry.sku} has the rule on_change, so the declared {entry.stock} is not the stock"
            f" on the shelf. Run `reconciler adjust {sku}={units}` instead."
        )
    if entry.rule is not Rule.EXACT:
        raise UsageError(f"{entry.sku} has the rule {entry.rule}. Give the whole number.")
    if entry.stock.inventory_type is InventoryType.INFINITE:
        raise UsageError(
            f"{entry.sku} is infinite, so nothing can be added. Give the whole number."
        )
    after = int(entry.stock.quantity or 0) + assignment.more
    if not 0 <= after <= MAX_QUANTITY:
        raise UsageError(
            f"{entry.sku} would become {after}, from {entry.stock}. Give the whole number."
        )
    return finite(after)


def resolve_counts(assignments: Sequence[Assignment]) -> Mapping[str, int]:
    """Return what was counted of each SKU; raise UsageError for what is no count."""
    counts = {}
    for one in assignments:
        if one.stock is None:
            raise UsageError(
                f"{one.sku}={one.more:+} is not a count. Write the counted number, like"
                f" {one.sku}=11. For a delivery, run `reconciler adjust"
                f" {shlex.quote(one.sku)}={one.more:+}`."
            )
        counts[one.sku] = _counted(one.sku, one.stock)
    return counts


def _counted(sku: str, stock: Stock) -> int:
    if stock.inventory_type is InventoryType.INFINITE:
        raise UsageError(f"{sku}: infinite can't be counted. Declare it with `reconciler set`.")
    return int(stock.quantity or 0)


def resolve_adjustments(assignments: Sequence[Assignment]) -> Mapping[str, int]:
    """Return what came in of each SKU, below 0 what went out.

    Raises:
        UsageError: A number has no sign, or is 0.
    """
    for one in assignments:
        if one.stock is not None:
            raise UsageError(
                f"{one.sku}={one.stock} has no sign. Write {one.sku}=+{one.stock} for a"
                " delivery. For a count, run `reconciler count"
                f" {shlex.quote(one.sku)}={one.stock}`."
            )
        if not one.more:
            raise UsageError(f"{one.sku}: 0 changes nothing. Leave it out.")
    return {one.sku: one.more for one in assignments}
