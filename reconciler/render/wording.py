"""Plan → rows: what every format shows of an action, said once. Nothing is escaped yet."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from reconciler.model import (
    Action,
    Change,
    Drift,
    DriftKind,
    DriftRow,
    Requests,
    Statement,
    Stock,
    Summary,
)

NOT_COUNTED = "not counted"
NO_QUANTITY = "no quantity"


class Field(NamedTuple):
    """One changed field in words; `units` is `+27` or `-3` where both sides are counted."""

    label: str
    before: str
    after: str
    units: str


class Row(NamedTuple):
    """One action in words."""

    sku: str
    name: str
    place: str
    fields: tuple[Field, ...]
    why: str

    @property
    def short(self) -> str:
        """Return the fields on one line."""
        changes = ", ".join(
            f"{field.before} -> {field.after} {field.units}".rstrip() for field in self.fields
        )
        return f"{changes} ({self.why})" if self.why else changes


def action_row(action: Action) -> Row:
    """Return *action* in words; what an infinite stock's quantity becomes says nothing."""
    fields = tuple(
        _field(action, change)
        for change in action.changes
        if not (change.field == "quantity" and change.after is None)
    )
    return Row(action.sku, action.name, str(action.source), fields, why(action))


def why(action: Action) -> str:
    """Return what the author of the level knew, and just what writing it would undo."""
    parts = (_declared(action), undone(action))
    return "; ".join(part for part in parts if part)


def _declared(action: Action) -> str:
    known = action.reference
    if known is None:
        return ""
    if known.statement is Statement.NEW:
        return "newly declared"
    if known.statement is Statement.COPY:
        return f"declared {known.level} as seen on {short_day(known.at)}"
    if not known.has_changed:
        return f"declared {known.settled or known.level} as at the base"
    seen = f"seen {known.level} on {short_day(known.at)}" if known.is_observed else ""
    if known.settled is None:
        return f"{seen}, declared {action.after}"
    again = known.settled == action.after
    said = f"declared {known.settled} {'again' if again else f'-> {action.after}'}"
    return ", ".join(filter(None, (said, seen)))


def undone(action: Action) -> str:
    """Return what the write would undo of what the shop did since, or ''."""
    if action.put_back > 0:
        return f"{action.put_back} sold since would be put back"
    if action.put_back < 0:
        return f"{-action.put_back} that came in since would be taken away"
    return ""


def short_day(at: str) -> str:
    """Return a day, `2026-11-27` and what may follow it, as `Nov 27`."""
    try:
        day = date.fromisoformat(at[:10])
    except ValueError:
        return at[:10]
    return f"{_MONTHS[day.month - 1]} {day.day}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _field(action: Action, change: Change) -> Field:
    if change.field == "inventory_type":
        return Field("inventory type", str(change.before), str(change.after), "")
    units = f"{action.units:+d}" if action.units and action.before.readable else ""
    before = _quantity(action.before, change.before)
    return Field("quantity", before, _quantity(action.after, change.after), units)


def _quantity(stock: Stock, value: object) -> str:
    if value is not None:
        return str(value)
    return NO_QUANTITY if stock.inventory_type == "finite" else NOT_COUNTED


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 SKU`, `2 SKUs`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def first_of(names: Sequence[str], most: int = 10) -> str:
    """Return the first of *names*, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def summary_sentence(summary: Summary) -> str:
    """Return the line that people grep for."""
    return (
        f"Plan: {summary.to_change} to change ({count(summary.units_raised, 'unit')} raised,"
        f" {summary.units_lowered} lowered, {summary.zeroed} set to zero),"
        f" {summary.unchanged} unchanged, {summary.not_managed} not managed."
    )


def drift_sentence(summary: Summary) -> str:
    """Return what differs and is left alone, in one sentence."""
    below = count(summary.drifted_units, "unit") if summary.drifted_units else "none"
    return f"Drift left alone: {count(summary.drifted, 'SKU')}, {below} below what was declared."


def requests_sentence(requests: Requests) -> str:
    """Return what the plan cost, and what carrying it out may."""
    start = f"Reads {requests.reads}, writes at most {requests.writes}"
    if requests.limit is None:
        return f"{start}; no rate limit."
    minutes = requests.seconds // 60
    time = f"about {count(minutes, 'minute')}" if minutes else "less than a minute"
    return f"{start}; {time} at {requests.limit} requests a minute."


def dangers(action: Action) -> str:
    """Return what is dangerous about *action*, or '': it sells out, changes type, undoes sales."""
    if action.before.inventory_type is not action.after.inventory_type:
        return f"{action.sku} goes from {action.before} to {action.after}"
    if action.after.quantity == 0:
        return f"{action.sku} is set to zero, from {action.before}"
    said = undone(action)
    return f"{action.sku}: {said}" if said else ""


_DRIFT = {
    DriftKind.BROKEN: "not as its rule {rule} asks",
    DriftKind.TYPE: "another inventory type",
    DriftKind.ROSE: "more than was declared",
    DriftKind.UNREADABLE: "no number that can be read",
    DriftKind.SOLD: "fewer than declared, as selling makes it",
}


def drift_words(row: DriftRow) -> str:
    """Return what is wrong with a row of drift."""
    return _DRIFT[row.kind].format(rule=row.rule)


def drift_difference(row: DriftRow) -> str:
    """Return the units between declared and live, where both are counted."""
    declared, live = row.declared.quantity, row.live.quantity
    if isinstance(declared, int) and isinstance(live, int):
        return f"{live - declared:+d}"
    return ""


def drift_totals(drift: Drift) -> str:
    """Return the sentence that sums drift up."""
    sold = sum(row.kind is DriftKind.SOLD for row in drift.rows)
    said = f"Sold since: {count(drift.sold, 'unit')} of {count(sold, 'SKU')}." if sold else ""
    odd = len(drift.unexplained) + len(drift.findings)
    if odd:
        return f"Drift: {count(odd, 'SKU')} that selling does not explain. {said}".rstrip()
    return f"No drift that selling does not explain. {said}".rstrip()
