"""Parse pages of orders, and drop all personal data.

An order contains the customer, the address, and payment details. Only ids, times, status, and
counts are kept. No error contains the body, neither in its text nor in its traceback.
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
    """One page of the listing of orders, and the total number of orders."""

    orders: tuple[Order, ...]
    total: int


def parse_orders(body: Any) -> OrderPage:
    """Return one page of orders.

    Raises:
        AnswerError: The body is not a page of orders. The error contains nothing of it.
    """
    page = _page(body)
    del body  # keeps it out of the error's traceback
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
    """Return one order, or None if it has no id: it can't be distinguished from others."""
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
    """Return a whole number of units (2.0 becomes 2), or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= MAX_COUNT and value == int(value) else None


def _id(value: Any) -> str:
    """Return an id as in the listing of SKUs, or '' if it is invalid."""
    return mask(value) if isinstance(value, str) and value.isprintable() else ""


def parse_time(value: Any) -> str:
    """Return an RFC 3339 time in UTC, or '' if it is invalid or before 1970."""
    try:
        at = datetime.fromisoformat(value)
        # Without an offset it is ambiguous.
        return format_time(at.astimezone(UTC)) if at.tzinfo and at.year >= 1970 else ""
    except (TypeError, ValueError, OverflowError):
        return ""
