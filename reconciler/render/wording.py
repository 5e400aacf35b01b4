"""The words for actions and drift that all formats share. Nothing is escaped here."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reconciler.model import (
    Action,
    Change,
    Drift,
    DriftKind,
    DriftRow,
    ExplainedRow,
    Finding,
    Reference,
    Requests,
    Statement,
    Stock,
    Summary,
)
from reconciler.render.dates import short_day
from reconciler.render.event_wording import events_why

NOT_COUNTED = "not counted"
NO_QUANTITY = "no quantity"


class Field(NamedTuple):
    """One changed field in words. `units` is like `+27` or `-3` if both stocks are finite."""

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
    """Return *action* in words. The quantity of an infinite stock is left out."""
    fields = tuple(
        _field(action, change)
        for change in action.changes
        if not (change.field == "quantity" and change.after is None)
    )
    return Row(action.sku, action.name, str(action.source), fields, why(action))


def why(action: Action) -> str:
    """Return the reference of a level, and the units that writing it would undo.

    For an action from events, return the events.
    """
    if action.events:
        return events_why(action)
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
        return f"declared {known.settled or known.level}{added(known)} as in the base"
    seen = f"seen {known.level} on {short_day(known.at)}" if known.is_observed else ""
    if known.settled is None:
        return f"{seen}, declared {action.after}"
    again = known.settled == action.after
    said = f"declared {known.settled}{added(known)} {'again' if again else f'-> {action.after}'}"
    return ", ".join(filter(None, (said, seen)))


def added(known: Reference) -> str:
    """Return ` + 20 since` for units that events added since the level was settled, or ''."""
    sign = "+" if known.added > 0 else "-"
    return f" {sign} {abs(known.added)} since" if known.added else ""


def undone(action: Action) -> str:
    """Return the units that the write would undo, in words, or ''."""
    if action.put_back > 0:
        return f"{action.put_back} sold since would go back on the shelf"
    if action.put_back < 0:
        return f"{-action.put_back} added since would be removed"
    return ""


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
    """Return the first of *names*, and the number of others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def summary_sentence(summary: Summary) -> str:
    """Return the line with the totals of a plan. Scripts search for it."""
    unread = f", {summary.unread} not read" if summary.unread else ""
    return (
        f"Plan: {summary.to_change} to change ({count(summary.units_raised, 'unit')} raised,"
        f" {summary.units_lowered} lowered, {summary.zeroed} set to zero),"
        f" {summary.unchanged} unchanged{unread}, {summary.not_managed} not managed."
    )


def unread_sentence(summary: Summary) -> str:
    """Return how many SKUs were not read, and why, or '' if all were read."""
    if not summary.unread:
        return ""
    were, theirs = ("was", "its") if summary.unread == 1 else ("were", "their")
    return (
        f"{count(summary.unread, 'SKU')} {were} not read: {theirs} levels and events are already"
        " applied (--read-all reads them)."
    )


def drift_sentence(summary: Summary) -> str:
    """Return the drift that the plan leaves alone, in one sentence."""
    below = count(summary.drifted_units, "unit") if summary.drifted_units else "none"
    return f"Drift left alone: {count(summary.drifted, 'SKU')}, {below} below the declared stock."


def requests_sentence(requests: Requests) -> str:
    """Return the number of requests of the plan, and of its apply."""
    start = f"Reads {requests.reads}, writes at most {requests.writes}"
    if requests.limit is None:
        return f"{start}, without a rate limit."
    minutes = requests.seconds // 60
    time = f"about {count(minutes, 'minute')}" if minutes else "less than a minute"
    return f"{start}, in {time} at {requests.limit} requests a minute."


def dangers(action: Action) -> str:
    """Return the dangers of *action*, or '': sold out, type change, or sales undone."""
    if action.before.inventory_type is not action.after.inventory_type:
        return f"{action.sku} goes from {action.before} to {action.after}"
    if action.after.quantity == 0:
        return f"{action.sku} is set to zero, from {action.before}"
    said = undone(action)
    return f"{action.sku}: {said}" if said else ""


_DRIFT = {
    DriftKind.BROKEN: "not as its rule {rule} asks",
    DriftKind.TYPE: "another inventory type",
    DriftKind.ROSE: "more than declared",
    DriftKind.UNREADABLE: "unreadable quantity",
    DriftKind.SOLD: "fewer than declared, as after sales",
}


def drift_words(row: DriftRow) -> str:
    """Return the kind of a difference in words."""
    return _DRIFT[row.kind].format(rule=row.rule)


def drift_difference(row: DriftRow) -> str:
    """Return the units between declared and live, if both are finite."""
    declared, live = row.declared.quantity, row.live.quantity
    if isinstance(declared, int) and isinstance(live, int):
        return f"{live - declared:+d}"
    return ""


def explained_sentence(row: ExplainedRow) -> str:
    """Return the explanation of a difference: `-7 = 6 sold in 3 orders, 1 unexplained`.

    Removed units have no sign, like sold ones. Added units have a plus.
    """
    parts = []
    if row.orders:
        parts.append(f"{row.sold} sold in {count(row.orders, 'order')}")
    if row.adjusted:
        parts.append(f"{row.adjusted:+} adjusted")
    if row.unexplained or not parts:
        lost = row.unexplained <= 0
        parts.append(f"{-row.unexplained if lost else f'{row.unexplained:+}'} unexplained")
    return f"{row.live - row.had:+} = {', '.join(parts)}"


def find_wrong(findings: Iterable[Finding]) -> set[str]:
    """Return the SKUs with an error. A SKU can have several."""
    return {finding.sku for finding in findings if finding.kind.is_error}


def _explained_totals(drift: Drift, rows: Sequence[ExplainedRow]) -> str:
    odd = {row.sku for row in rows if row.unexplained} | {row.sku for row in drift.rows}
    odd |= find_wrong(drift.findings)
    sold = sum(row.sold for row in rows)
    said = f"Sold since: {count(sold, 'unit')}." if sold else ""
    if odd:
        return f"Drift: {count(len(odd), 'SKU')} unexplained. {said}".rstrip()
    return f"No unexplained drift. {said}".rstrip()


def drift_totals(drift: Drift) -> str:
    """Return the totals of drift in one sentence."""
    if drift.explained is not None:
        return _explained_totals(drift, drift.explained)
    sold = sum(row.kind is DriftKind.SOLD for row in drift.rows)
    said = f"Sold since: {count(drift.sold, 'unit')} of {count(sold, 'SKU')}." if sold else ""
    odd = {row.sku for row in drift.unexplained} | find_wrong(drift.findings)
    if odd:
        return f"Drift: {count(len(odd), 'SKU')} not explained by sales. {said}".rstrip()
    return f"No unexplained drift. {said}".rstrip()
