"""`as_of`, which an earlier version had for counts → the event to write instead."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from reconciler.desired.reader.document import Document, Node
from reconciler.errors import Problem

MAX_LINES: Final = 20


def explain_dates(document: Document, top: Node) -> list[Problem]:
    """Return the problem of a file that has `as_of` anywhere, with the lines to paste; or none."""
    data = document.data
    skus: Any = data.get("skus") if isinstance(data, dict) else None
    if not isinstance(skus, dict):
        return []
    head = data.get("as_of")
    dated = {sku: day for sku, one in skus.items() if (day := _date_of(one, head)) is not None}
    place = top.find(("as_of",)) or next(
        (found for sku in skus if (found := top.find(("skus", sku, "as_of")))), None
    )
    if place is None:
        return []
    message = (
        "`as_of` is no key any more: a count is an event. Delete each `as_of`. If the shop has"
        " these numbers, that is all. If a count is not applied yet, put the old number back, and"
        " write what was counted into a file in the store's folder"
    )
    lines = tuple(_event_lines(skus, dated))
    return [Problem(document.path, place.key.line, place.key.column, message, lines)]


def _date_of(entry: Any, head: Any) -> str | None:
    own = entry.get("as_of", head) if isinstance(entry, dict) else head
    return own if isinstance(own, str) else None


def _event_lines(skus: Mapping[str, Any], dated: Mapping[str, str]) -> list[str]:
    """Return a file for the counts of the latest day, for people to look at and correct."""
    if not dated:
        return []
    day = max(dated.values())
    counts = {
        sku: skus[sku]["quantity"] if isinstance(skus[sku], dict) else skus[sku]
        for sku, own in dated.items()
        if own == day
    }
    counted = [f"  {sku}: {units}" for sku, units in counts.items() if isinstance(units, int)]
    more = [f"  # and {len(counted) - MAX_LINES} more"] if len(counted) > MAX_LINES else []
    is_old = day < (date.today() - timedelta(days=6)).isoformat()
    when = "when you count again: this is too old" if is_old else "the time when it was counted"
    return [
        f"# events/{day}-count.yaml",
        f"at: {day}T12:00:00+00:00  # {when}",
        "reason: count",
        "skus:",
        *counted[:MAX_LINES],
        *more,
    ]
