"""Plan → rows: what every format shows of an action, said once. Pure; nothing is escaped yet."""

from collections.abc import Sequence
from typing import NamedTuple

from reconciler.model import (
    Action,
    Cause,
    Change,
    Drift,
    DriftKind,
    DriftRow,
    Requests,
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
    """Return what the base says of *action*: what was declared, and what writing would undo."""
    base = action.base
    match action.cause:
        case Cause.UNKNOWN:
            return ""
        case Cause.DECLARED if base is None:
            return "newly declared"
        case Cause.DRIFT:
            said = f"declared {base} as at the base"
        case _ if base == action.after:
            said = f"declared {base} again"
        case _:
            said = f"declared {base} -> {action.after}"
    gone = gone_since_base(action)
    return f"{said}; {gone}" if gone else said


def gone_since_base(action: Action) -> str:
    """Return how the live stock has moved since the base, and what a raise would re-add of it."""
    base, live = action.base, action.before
    if base is None or base == live:
        return ""
    if not isinstance(base.quantity, int) or not isinstance(live.quantity, int):
        return f"{live} in the store"
    moved = base.quantity - live.quantity
    if moved < 0:
        return f"{-moved} more than at the base"
    back = re_added(action)
    if not back:
        return f"{moved} gone since the base"
    which = "and" if back == moved else f"{back} of which"
    return f"{moved} gone since the base, {which} would be re-added"


def re_added(action: Action) -> int:
    """Return how many units that are gone since the base a raise would put back."""
    base, live, after = (
        stock.quantity if stock and isinstance(stock.quantity, int) else None
        for stock in (action.base, action.before, action.after)
    )
    if base is None or live is None or after is None or after <= live:
        return 0
    return max(0, min(base, after) - live)


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
    """Return what is dangerous about *action*, or '': it sells out, changes type, re-adds sales."""
    if action.before.inventory_type is not action.after.inventory_type:
        return f"{action.sku} goes from {action.before} to {action.after}"
    if action.after.quantity == 0:
        return f"{action.sku} is set to zero, from {action.before}"
    if back := re_added(action):
        return f"{action.sku}: {count(back, 'unit')} gone since the base would be re-added"
    return ""


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
