"""Plan → rows: what every format shows of an action, said once. Pure; nothing is escaped yet."""

from typing import NamedTuple

from reconciler.model import Action, Change, Requests, Stock, Summary

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

    @property
    def short(self) -> str:
        """Return the fields on one line."""
        return ", ".join(
            f"{field.before} -> {field.after} {field.units}".rstrip() for field in self.fields
        )


def action_row(action: Action) -> Row:
    """Return *action* in words; what an infinite stock's quantity becomes says nothing."""
    fields = tuple(
        _field(action, change)
        for change in action.changes
        if not (change.field == "quantity" and change.after is None)
    )
    return Row(action.sku, action.name, str(action.source), fields)


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
