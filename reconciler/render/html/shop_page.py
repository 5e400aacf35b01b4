"""Render the page of one or several shops."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from reconciler.model import DriftRow, ExplainedRow, Overview, Timeline
from reconciler.render.html.template import render_page
from reconciler.render.html.timeline_chart import (
    HEIGHT,
    WIDTH,
    TimelineChart,
    draw_timeline,
    find_span,
)
from reconciler.render.wording import drift_words, explained_sentence

# A SKU that lasts no longer than this at its present rate is soon sold out.
SOON_DAYS: Final = 14
# Earlier days are in a section that readers can open.
_OPEN_DAYS: Final = 28


class _Sku(NamedTuple):
    """One SKU of the page, with its chart."""

    sku: str
    name: str
    stock: str
    note: str
    chart: TimelineChart


def render_shop_page(overviews: Sequence[Overview]) -> str:
    """Return the page of one or several shops. Low stock and SKUs that sell out soon come first."""
    names = ", ".join(one.store for one in overviews)
    shops = [_shop(number, one) for number, one in enumerate(overviews)]
    values = {"title": f"Stock of {names}", "shops": shops, "width": WIDTH, "height": HEIGHT}
    return render_page("shop.html", values)


def _shop(number: int, overview: Overview) -> dict[str, Any]:
    span = find_span(overview.timelines, overview.made_at)
    ordered = sorted(overview.timelines, key=_urgency)
    rows = [
        _Sku(one.sku, one.name, _stock(one), _note(one), draw_timeline(one, span))
        for one in ordered
    ]
    urgent = [row for row, one in zip(rows, ordered, strict=True) if _urgency(one)[0] < 2]
    return {
        "id": f"shop{number}",
        "store": overview.store,
        "site_id": overview.site_id,
        "made_at": f"{overview.made_at[:16].replace('T', ' ')} UTC",
        "head": overview.head[:7],
        "is_live": overview.drift is not None,
        "urgent": urgent,
        "skus": rows,
        "days": overview.days[::-1],
        "open_days": _OPEN_DAYS,
        "most": max((max(day.came_in, day.went_out) for day in overview.days), default=0) or 1,
        "applies": [one._replace(at=one.at[:16].replace("T", " ")) for one in overview.applies],
        "unexplained": _unexplained(overview),
        "explained": _explained(overview),
    }


def _urgency(timeline: Timeline) -> tuple[int, float, str]:
    """Return the sort key of a SKU: low stock, then soon sold out, then the others."""
    left = timeline.days_left
    if timeline.is_low:
        return 0, float(timeline.units or 0), timeline.sku
    if left is not None and left <= SOON_DAYS:
        return 1, left, timeline.sku
    return 2, 0.0, timeline.sku


def _stock(timeline: Timeline) -> str:
    return "unknown" if timeline.units is None else str(timeline.units)


def _note(timeline: Timeline) -> str:
    """Return why a SKU needs a look, or ""."""
    parts = []
    if timeline.is_low:
        parts.append("sold out" if not timeline.units else f"low: {timeline.low} or fewer")
    left = timeline.days_left
    if left is not None and left <= SOON_DAYS and timeline.units:
        parts.append(f"lasts about {max(1, round(left))} days at {timeline.daily:.1f} a day")
    return "; ".join(parts)


def _unexplained(overview: Overview) -> list[tuple[str, str]]:
    if overview.drift is None:
        return []
    rows: list[DriftRow] = list(overview.drift.unexplained)
    odd: list[ExplainedRow] = [one for one in overview.drift.explained or () if one.unexplained]
    return [
        *(
            (one.sku, f"declared {one.declared}, live {one.live}: {drift_words(one)}")
            for one in rows
        ),
        *((one.sku, explained_sentence(one)) for one in odd),
    ]


def _explained(overview: Overview) -> list[tuple[str, str]]:
    found = overview.drift.explained if overview.drift else None
    return [(one.sku, explained_sentence(one)) for one in found or () if not one.unexplained]
