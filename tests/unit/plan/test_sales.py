"""Count the sales of a SKU since a time, or say why they are unknown."""

import pytest

from reconciler.model import Order, OrderBook, OrderLine, SoldSince
from reconciler.plan.sales import count_sold

BEFORE, SINCE, AFTER = (f"2026-11-20T1{hour}:00:00.000Z" for hour in range(3))
OWN, OTHER = "id-A", "id-B"


def _order(
    units: int | None = 2,
    *,
    at: str = AFTER,
    status: str = "unfulfilled",
    refunded_at: str = "",
    sku_id: str = OWN,
) -> Order:
    return Order("1", at, refunded_at, status, (OrderLine(sku_id, units),))


def _is_unknown(*orders: Order) -> bool:
    return isinstance(count_sold(OrderBook(orders), OWN, SINCE), str)


def test_count_sold_adds_units_and_orders() -> None:
    """An order may have a SKU in two lines. Other SKUs don't count."""
    lines = (OrderLine(OWN, 2), OrderLine(OTHER, 9), OrderLine(OWN, 1))
    twice = Order("1", AFTER, "", "fulfilled", lines)
    book = OrderBook((twice, _order(4), _order(7, sku_id=OTHER)))

    assert count_sold(book, OWN, SINCE) == SoldSince(SINCE, 7, 2)


@pytest.mark.parametrize(("at", "units"), [(BEFORE, 0), (SINCE, 0), (AFTER, 2)])
def test_count_sold_ignores_an_order_at_the_same_time(at: str, units: int) -> None:
    """It was sold before the count."""
    assert count_sold(OrderBook((_order(at=at),)), OWN, SINCE) == SoldSince(
        SINCE, units, int(bool(units))
    )


def test_count_sold_without_orders_is_zero() -> None:
    """An empty order book is known, a missing one is not."""
    assert count_sold(OrderBook(), OWN, SINCE) == SoldSince(SINCE, 0, 0)
    assert isinstance(count_sold(None, OWN, SINCE), str)


def test_count_sold_of_unreadable_orders_has_the_reason() -> None:
    """The reason is passed on."""
    assert count_sold(OrderBook(fault="no scope"), OWN, SINCE) == "no scope"


def test_count_sold_of_a_restless_sku_is_unknown() -> None:
    """Its stock and orders don't match. Other SKUs are not affected."""
    book = OrderBook(restless=frozenset({OWN}))

    assert isinstance(count_sold(book, OWN, SINCE), str)
    assert count_sold(book, OTHER, SINCE) == SoldSince(SINCE, 0, 0)


@pytest.mark.parametrize("status", ["unfulfilled", "fulfilled", "disputed", "dispute-lost"])
def test_count_sold_counts_final_statuses(status: str) -> None:
    """The units are sold, whatever happens to the payment."""
    assert not _is_unknown(_order(status=status))


@pytest.mark.parametrize("status", ["pending", "unknown"])
@pytest.mark.parametrize(("at", "is_unknown"), [(AFTER, True), (BEFORE, False)])
def test_count_sold_with_an_open_order_is_unknown(status: str, at: str, is_unknown: bool) -> None:
    """Webflow does not document whether it has taken units. One before the count has."""
    assert _is_unknown(_order(at=at, status=status)) == is_unknown


@pytest.mark.parametrize("at", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("status", "refunded_at"), [("refunded", AFTER), ("refunded", ""), ("fulfilled", AFTER)]
)
def test_count_sold_with_a_later_refund_is_unknown(at: str, status: str, refunded_at: str) -> None:
    """It is unknown whether its units came back, with or without a time."""
    assert _is_unknown(_order(at=at, status=status, refunded_at=refunded_at))


@pytest.mark.parametrize("refunded_at", [BEFORE, SINCE])
def test_count_sold_ignores_an_earlier_refund(refunded_at: str) -> None:
    """Units that came back were counted."""
    order = _order(at=BEFORE, status="refunded", refunded_at=refunded_at)

    assert count_sold(OrderBook((order,)), OWN, SINCE) == SoldSince(SINCE, 0, 0)


def test_count_sold_with_an_order_without_a_time_is_unknown() -> None:
    """It may be earlier or later. Orders of other SKUs don't matter."""
    assert _is_unknown(_order(at=""))
    assert not _is_unknown(_order(at="", sku_id=OTHER))


@pytest.mark.parametrize(("at", "is_unknown"), [(AFTER, True), ("", True), (BEFORE, False)])
def test_count_sold_with_a_line_without_a_sku_is_unknown(at: str, is_unknown: bool) -> None:
    """It may be of any SKU, unless the order is before the count."""
    assert _is_unknown(_order(at=at, sku_id="")) == is_unknown


@pytest.mark.parametrize(("at", "is_unknown"), [(AFTER, True), (BEFORE, False)])
def test_count_sold_without_whole_units_is_unknown(at: str, is_unknown: bool) -> None:
    """Only orders of this SKU since the count matter."""
    assert _is_unknown(_order(None, at=at)) == is_unknown
    assert not _is_unknown(_order(None, at=at, sku_id=OTHER))


@pytest.mark.parametrize("status", ["pending", "refunded", "unknown"])
def test_count_sold_ignores_open_orders_of_other_skus(status: str) -> None:
    """Other SKUs are not affected."""
    assert not _is_unknown(_order(status=status, sku_id=OTHER))
