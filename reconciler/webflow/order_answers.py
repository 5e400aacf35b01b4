"""Pages of orders → orders without anything about a person.

An order names the customer, their address, and how they paid. Nothing of the body is kept but ids,
times, status, and counts, and no error refers to it: neither its text nor its traceback.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from reconciler.errors import AnswerError
from reconciler.masking import mask
from reconciler.model import Order, OrderLine, format_time

MAX_COUNT = 999_999_999
_STATUSES = frozenset(
    {"pending", "unfulfilled", "fulfilled", "disputed", "dispute-lost", "refunded"}
)
_UNREADABLE = OrderLine("", None)


class OrderPage(NamedTuple):
    """One page of the listing of orders, and how many there are in all."""

    orders: tuple[Order, ...]
    total: int


def parse_orders(body: Any) -> OrderPage:
    """Return one page of orders.

    Raises:
        AnswerError: The body is no page of orders. The error says nothing of what it is.
    """
    page = _page(body)
    del body  # or the error's traceback would refer to it
    if page is None:
        raise AnswerError("The answer is not a page of orders.")
    return page


def _page(body: Any) -> OrderPage | None:
    match body:
        case {"orders": list(entries), "pagination": {"total": int(total)}}:
            orders = tuple(order for order in map(_order, entries) if order is not None)
            is_whole = len(orders) == len(entries) and not isinstance(total, bool) and total >= 0
            return OrderPage(orders, total) if is_whole else None
    return None


def _order(entry: Any) -> Order | None:
    """Return one order, or None for one without an id: it can't be told from others."""
    if not isinstance(entry, Mapping):
        return None
    order_id = _id(entry.get("orderId"))
    if not order_id:
        return None
    status = entry.get("status")
    items = entry.get("purchasedItems")
    return Order(
        order_id,
        parse_time(entry.get("acceptedOn")),
        parse_time(entry.get("refundedOn")),
        status if isinstance(status, str) and status in _STATUSES else "unknown",
        tuple(map(_line, items)) if isinstance(items, list) else (_UNREADABLE,),
    )


def _line(item: Any) -> OrderLine:
    if not isinstance(item, Mapping):
        return _UNREADABLE
    return OrderLine(_id(item.get("variantId")), _count(item.get("count")))


def _count(value: Any) -> int | None:
    """Return a whole number of units; 2.0 is 2."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= MAX_COUNT and value == int(value) else None


def _id(value: Any) -> str:
    """Return an id as the listing of SKUs has it, or '' for what can't be one."""
    return mask(value) if isinstance(value, str) and value.isprintable() else ""


def parse_time(value: Any) -> str:
    """Return a time of RFC 3339 in UTC, or '' for what is none. Years before 1970 are none."""
    try:
        at = datetime.fromisoformat(value)
        # Without an offset it could mean several times.
        return format_time(at.astimezone(UTC)) if at.tzinfo and at.year >= 1970 else ""
    except (TypeError, ValueError, OverflowError):
        return ""
