"""Add stock, drift, and sales of the live shop to an overview."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from reconciler.app.base import load_base
from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext
from reconciler.app.drifting import compare_all
from reconciler.app.reporter import Reporter
from reconciler.app.reporting import RATE_DAYS, sum_days
from reconciler.app.snapshot import Snapshot, read_snapshot
from reconciler.app.stores import load_store
from reconciler.model import Overview, Point, PointKind, Timeline, format_time


class _Sale(NamedTuple):
    """Units of a SKU in one order."""

    at: str
    sku_id: str
    units: int


def add_live(
    context: StoreContext, overview: Overview, connection: Connection, reporter: Reporter
) -> Overview:
    """Return *overview* with live stock, drift, and the sales of four weeks.

    Raises:
        InterruptedRunError: A signal came.
    """
    desired = load_store(context)
    base = load_base(context, desired.settings, None, None).base
    with open_store(context, desired.settings, connection) as client:
        since = format_time(client.now() - timedelta(days=RATE_DAYS))
        snapshot = read_snapshot(desired, base, client, connection, reporter, since=since)
        drift = compare_all(desired, base, snapshot, client, connection, reporter, explains=True)
    sales = [one for one in _list_sales(snapshot) if one.at >= since]
    sold = Counter[str]()
    for sale in sales:
        sold[sale.sku_id] += sale.units
    timelines = tuple(_with_live(one, snapshot, sold) for one in overview.timelines)
    named = {sku.sku_id for sku in snapshot.named.matches.live.values()}
    written = [(day.day, n) for day in overview.days for n in (day.came_in, -day.went_out)]
    bought = [(one.at, -one.units) for one in sales if one.sku_id in named]
    days = tuple(sum_days([*written, *bought]))
    return replace(overview, timelines=timelines, days=days, drift=drift)


def _with_live(timeline: Timeline, snapshot: Snapshot, sold: Counter[str]) -> Timeline:
    """Return *timeline* with the live number and name, and the sales per day."""
    sku = snapshot.named.matches.live.get(timeline.sku)
    stock = snapshot.live.stocks.get(sku.sku_id) if sku else None
    if sku is None or stock is None:
        return timeline
    units = stock.quantity
    now = Point(snapshot.live.until or snapshot.live.now, PointKind.LIVE, units)
    daily = sold[sku.sku_id] / RATE_DAYS or None
    points = (*timeline.points, now)
    return replace(timeline, points=points, name=sku.name, units=units, daily=daily)


def _list_sales(snapshot: Snapshot) -> Iterator[_Sale]:
    book = snapshot.live.orders
    for order in book.orders if book else ():
        if order.accepted_at and not order.refunded_at:
            for line in order.lines:
                if line.sku_id and line.units:
                    yield _Sale(order.accepted_at, line.sku_id, line.units)
