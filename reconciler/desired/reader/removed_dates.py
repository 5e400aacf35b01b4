"""Explain the removed field `as_of`, with the event to write instead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from reconciler.desired.reader.document import Document, Node
from reconciler.errors import Problem

MAX_LINES: Final = 20
MAX_DAYS: Final = 3
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def explain_dates(document: Document, top: Node) -> list[Problem]:
    """Return the problem of a file with `as_of`, with lines to paste, or None."""
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
        "`as_of` was removed: a count is an event. Delete each `as_of`. If the shop has"
        " these numbers, you are done. If a count is not applied yet, restore the old number, and"
        " write what was counted into a file in the store's folder."
    )
    lines = tuple(_event_lines(skus, dated))
    return [Problem(document.path, place.key.line, place.key.column, message, lines)]


def _date_of(entry: Any, head: Any) -> str | None:
    own = entry.get("as_of", head) if isinstance(entry, dict) else head
    return own if isinstance(own, str) and _DAY.match(own) else None


def _event_lines(skus: Mapping[str, Any], dated: Mapping[str, str]) -> Iterator[str]:
    """Yield an event file for the counts of each day, latest first, to check and correct."""
    days = sorted({day[:10] for day in dated.values()}, reverse=True)
    for day in days[:MAX_DAYS]:
        keys = [sku for sku, own in dated.items() if own[:10] == day]
        counts = [(sku, skus[sku]) for sku in keys]
        numbers = [(sku, one["quantity"] if isinstance(one, dict) else one) for sku, one in counts]
        counted = [f"  {sku}: {units}" for sku, units in numbers if isinstance(units, int)]
        yield from _file_lines(day, counted)
    if len(days) > MAX_DAYS:
        yield f"# and {len(days) - MAX_DAYS} more days"


def _file_lines(day: str, counted: Sequence[str]) -> Iterator[str]:
    is_old = day < (date.today() - timedelta(days=6)).isoformat()
    when = "when you count again: this is too old" if is_old else "the time when it was counted"
    yield f"# events/{day}-count.yaml"
    # The start of the day: sales of that day count as later, so nothing is oversold.
    yield f"at: {day}T00:00:00+00:00  # {when}"
    yield "reason: count"
    yield "skus:"
    yield from counted[:MAX_LINES]
    if len(counted) > MAX_LINES:
        yield f"  # and {len(counted) - MAX_LINES} more"
