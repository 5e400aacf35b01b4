"""Count the units of a SKU that were sold since a time."""

from datetime import datetime, timedelta
from typing import Final

from reconciler.model import Order, OrderBook, SoldSince, format_time

# An order this close to a read may or may not be in the stock that was read.
NEAR: Final = timedelta(seconds=2)

# Orders with one of these statuses have taken their units from the stock.
_SOLD = frozenset({"unfulfilled", "fulfilled", "disputed", "dispute-lost"})


def count_sold(book: OrderBook | None, sku_id: str, since: str) -> SoldSince | str:
    """Return what was sold of a SKU since a time (UTC, ISO 8601), or why it is unknown.

    Webflow doesn't document whether a refund puts units back, or whether a pending order has taken
    them. So either makes the result unknown.
    """
    if book is None:
        return "the orders were not read"
    if book.fault:
        return book.fault
    if sku_id in book.restless:
        return "it sells so fast that stock and orders don't match. Plan again"
    units, orders = 0, 0
    for order in book.orders:
        own = [line.units for line in order.lines if line.sku_id == sku_id]
        if why := _find_doubt(order, own, since):
            return why
        if own and order.accepted_at > since:
            units += sum(count for count in own if count is not None)
            orders += 1
    return SoldSince(since, units, orders)


def count_sold_after_read(
    book: OrderBook | None, sku_id: str, read_at: str, read_until: str
) -> int | None:
    """Return the units sold of a SKU after its stock was read, or None if that is unknown.

    The stock was read between *read_at* and *read_until*, by the shop's own time: UTC, ISO 8601.
    """
    if book is None or not read_at or not read_until:
        return None
    first, last = shift(read_at, -NEAR), shift(read_until, NEAR)
    for order in book.orders:
        is_near = first <= order.accepted_at <= last
        if is_near and any(line.sku_id == sku_id for line in order.lines):
            return None
    sold = count_sold(book, sku_id, read_until)
    return None if isinstance(sold, str) else sold.units


def shift(at: str, by: timedelta) -> str:
    """Return the time *at* (UTC, ISO 8601), moved by *by*."""
    return format_time(datetime.fromisoformat(at) + by)


def _find_doubt(order: Order, counts: list[int | None], since: str) -> str:
    """Return why *order* leaves open what was sold since, or ''.

    *counts* are its units of the SKU, one for each order line.
    """
    is_new = not order.accepted_at or order.accepted_at > since
    if is_new and any(not line.sku_id for line in order.lines):
        return "an order since then names no SKU id"
    if counts and not order.accepted_at:
        return "an order of it has no time"
    if counts and is_new and None in counts:
        return "an order since then has no whole number of units"
    return _find_open(order, since, is_new=is_new) if counts else ""


def _find_open(order: Order, since: str, *, is_new: bool) -> str:
    """Return why it is unknown whether an order's units are in the stock, or ''."""
    if order.status == "refunded" or order.refunded_at:
        is_old = bool(order.refunded_at) and order.refunded_at <= since
        return "" if is_old else "an order of it was refunded since then"
    if is_new and order.status not in _SOLD:
        state = "pending" if order.status == "pending" else "in an unknown state"
        return f"an order of it since then is {state}"
    return ""
