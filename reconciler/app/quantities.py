"""`SKU=70`, `SKU=+20`: arguments of `set` → the stock to declare for each SKU, and its date."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reconciler.app.calendar import today, tomorrow
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.reader.scalars import (
    MAX_DIGITS,
    MAX_QUANTITY,
    NUMBER,
    quantity_fault,
    shown,
)
from reconciler.desired.spreadsheet.read import suggest_sku
from reconciler.errors import UsageError
from reconciler.model import INFINITE, Declared, InventoryType, Rule, Seen, Stock, finite

# Under these rules what is declared is a bound, and not what anybody counted.
BOUNDS = frozenset({Rule.AT_LEAST, Rule.AT_MOST})


class Assignment(NamedTuple):
    """What is asked for one SKU: a stock, or so many *more* (fewer, where that is negative)."""

    sku: str
    stock: Stock | None
    more: int = 0


def parse_assignments(texts: Sequence[str], declared: Mapping[str, Declared]) -> list[Assignment]:
    """Return what is asked in *texts*.

    Raises:
        UsageError: A text is no assignment of a declared SKU, or a SKU is given twice.
    """
    assignments = [_parse(text, declared) for text in texts]
    seen: set[str] = set()
    for one in assignments:
        if one.sku in seen:
            raise UsageError(f"{shown(one.sku)} is given twice; keep one")
        seen.add(one.sku)
    return assignments


def _parse(text: str, declared: Mapping[str, Declared]) -> Assignment:
    sku, sign, value = text.rpartition("=")
    if not sign:
        raise UsageError(f"{text} names no number; write {text}=70, or {text}=+5")
    if sku not in declared:
        hint = suggest_sku(sku, declared) or "declare it in a file first, or import it"
        raise UsageError(f"{shown(sku)} is declared nowhere; {hint}")
    if value == "infinite":
        return Assignment(sku, INFINITE)
    if found := re.fullmatch(r"([+-])([0-9]{1,9})", value):
        return Assignment(sku, None, int(found[1] + found[2]))
    if NUMBER.fullmatch(value) and len(value) <= MAX_DIGITS:
        return Assignment(sku, finite(int(value)))
    raise UsageError(f"{sku}: {quantity_fault(value, quoted=False)}")


def resolve_assignment(
    entry: Declared,
    assignment: Assignment,
    seen: Mapping[str, Seen] | None,
    as_of: str | None,
) -> Wanted:
    """Return what is to be declared for one SKU.

    *seen* is what the shop has, if `+` and `-` count from that, else None.

    Raises:
        UsageError: That cannot be told.
    """
    if assignment.stock is not None:
        return Wanted(assignment.stock, as_of)
    is_live = seen is not None
    _refuse_rule(entry, is_live=is_live)
    start: Stock | None = entry.stock
    if seen is not None:
        start = seen[entry.sku].stock if entry.sku in seen else None
    if start is None:
        raise UsageError(f"what the shop has of {entry.sku} is not known; give the whole number")
    if start.inventory_type is InventoryType.INFINITE or not isinstance(start.quantity, int):
        raise UsageError(f"{entry.sku} has {start}, to which nothing adds; give the whole number")
    after = start.quantity + assignment.more
    if not 0 <= after <= MAX_QUANTITY:
        raise UsageError(f"{entry.sku} would be {after}, from {start}; give the whole number")
    # The sum may be just the number that is declared already; then a date says that it is meant.
    if is_live and entry.rule is Rule.ON_CHANGE and finite(after) == entry.stock:
        as_of = as_of or day_of_count(entry)
    return Wanted(finite(after), as_of)


def _refuse_rule(entry: Declared, *, is_live: bool) -> None:
    """Raise UsageError if the rule gives no number to which units could be added."""
    if is_live and entry.rule in BOUNDS | {Rule.OBSERVE}:
        raise UsageError(
            f"{entry.sku} has the rule {entry.rule}, under which the shop's number is not what is"
            " declared; give the whole number"
        )
    if entry.rule is Rule.ON_CHANGE and not is_live:
        raise UsageError(
            f"{entry.sku} has the rule on_change, so the declared {entry.stock} is not what is on"
            " the shelf; add --live to count from what the shop has, or give the whole number"
        )


def day_of_count(entry: Declared) -> str:
    """Return the day that a count of *entry* gets by itself: none before that of the last one.

    A day that is still to come is a slip, and is refused where it stands.
    """
    last = entry.as_of or ""
    this = today().isoformat()
    return max(this, last) if last <= tomorrow().isoformat() else this
