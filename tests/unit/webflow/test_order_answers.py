"""Parsing of orders, without personal data."""

import traceback
from typing import Any

import pytest

from reconciler.errors import AnswerError
from reconciler.model import Order, OrderLine
from reconciler.sandbox.order_body import CANARY
from reconciler.webflow.order_answers import MAX_COUNT, parse_orders, parse_time


def _order(**fields: Any) -> dict[str, Any]:
    return {
        "orderId": "dfa-3f1",
        "acceptedOn": "2026-11-20T12:00:00.000Z",
        "refundedOn": None,
        "status": "unfulfilled",
        "customerInfo": {"fullName": CANARY},
        "purchasedItems": [{"variantId": "s1", "count": 2}],
        **fields,
    }


def _page(*orders: Any, total: Any = 1) -> dict[str, Any]:
    return {"orders": list(orders), "pagination": {"total": total}}


def _parse(**fields: Any) -> Order:
    return parse_orders(_page(_order(**fields))).orders[0]


def test_parse_orders_keeps_times_status_and_lines() -> None:
    """The id is kept, but not shown in `repr`."""
    order = _parse(status="refunded", refundedOn="2026-11-21T08:00:00+02:00")

    lines = (OrderLine("s1", 2),)
    times = ("2026-11-20T12:00:00.000Z", "2026-11-21T06:00:00.000Z")
    assert order == Order("dfa-3f1", *times, "refunded", lines)
    assert "dfa-3f1" not in repr(order) and CANARY not in repr(order)


@pytest.mark.parametrize(
    ("count", "read"),
    [
        (0, 0),
        (2.0, 2),
        (MAX_COUNT, MAX_COUNT),
        (MAX_COUNT + 1, None),
        (10**400, None),
        (1e300, None),
        (1.5, None),
        (-1, None),
        (True, None),
        ("2", None),
        (None, None),
    ],
)
def test_parse_orders_invalid_count_is_none(count: Any, read: int | None) -> None:
    """Only whole numbers in range are counts."""
    (line,) = _parse(purchasedItems=[{"variantId": "s1", "count": count}]).lines

    assert (line, type(line.units)) == (OrderLine("s1", read), type(read))


@pytest.mark.parametrize("sku_id", [None, 5, "", [], "a\nb", "\ud800"])
def test_parse_orders_invalid_sku_id_is_empty(sku_id: Any) -> None:
    """The line is kept, because something was sold."""
    lines = _parse(purchasedItems=[{"variantId": sku_id, "count": 1}, {"count": 1}]).lines

    assert lines == (OrderLine("", 1), OrderLine("", 1))


@pytest.mark.parametrize(
    ("items", "lines"),
    [
        ([], ()),
        (None, (OrderLine("", None),)),
        ({}, (OrderLine("", None),)),
        ([None, "x", []], (OrderLine("", None),) * 3),
        ([{}], (OrderLine("", None),)),
    ],
)
def test_parse_orders_unreadable_lines_are_unknown(
    items: Any, lines: tuple[OrderLine, ...]
) -> None:
    """An unreadable line has no SKU and no count."""
    assert _parse(purchasedItems=items).lines == lines


@pytest.mark.parametrize("status", ["shipped", "", None, 5, [], {}])
def test_parse_orders_invalid_status_is_unknown(status: Any) -> None:
    """Webflow may add a status at any time."""
    assert _parse(status=status).status == "unknown"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00.000Z"),
        ("2026-11-20T12:00:00.5Z", "2026-11-20T12:00:00.500Z"),
        ("2026-11-20T12:00:00.123456+02:00", "2026-11-20T10:00:00.123Z"),
        ("2026-11-20T23:00:00-05:30", "2026-11-21T04:30:00.000Z"),
        ("2026-11-20T12:00:00", ""),
        ("2026-11-20", ""),
        ("0001-01-01T00:00:00+02:00", ""),
        ("9999-12-31T23:59:59-02:00", ""),
        ("soon", ""),
        ("", ""),
        (None, ""),
        (1763640000, ""),
    ],
)
def test_parse_time_returns_utc_or_empty(text: Any, time: str) -> None:
    """A time without an offset is ambiguous."""
    assert parse_time(text) == time


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        CANARY,
        {},
        {"orders": [_order()]},
        _page(_order(), total="1"),
        _page(_order(), total=True),
        _page(_order(), total=-1),
        {"orders": {"x": CANARY}, "pagination": {"total": 1}},
        _page(CANARY),
        _page(_order(), _order(orderId=None)),
        _page(_order(orderId=5)),
        _page(_order(orderId="")),
    ],
)
def test_parse_orders_invalid_body_is_not_in_error(body: Any) -> None:
    """Neither the text nor the frames of the traceback contain the body."""
    with pytest.raises(AnswerError) as caught:
        parse_orders(body)
    with pytest.raises(AnswerError) as of_nothing:
        parse_orders(None)

    error = caught.value
    assert str(error) == str(of_nothing.value)
    assert (error.__cause__, error.__context__) == (None, None)
    inner = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]
    assert inner and CANARY not in repr([frame.f_locals for frame in inner])
