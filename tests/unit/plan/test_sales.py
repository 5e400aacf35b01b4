"""Orders × a moment → what was sold of a SKU since, or that nobody can say."""

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


def test_units_and_orders_since_are_counted() -> None:
    """An order may have a SKU in several lines; what others bought does not count."""
    lines = (OrderLine(OWN, 2), OrderLine(OTHER, 9), OrderLine(OWN, 1))
    twice = Order("1", AFTER, "", "fulfilled", lines)
    book = OrderBook((twice, _order(4), _order(7, sku_id=OTHER)))

    assert count_sold(book, OWN, SINCE) == SoldSince(SINCE, 7, 2)


@pytest.mark.parametrize(("at", "units"), [(BEFORE, 0), (SINCE, 0), (AFTER, 2)])
def test_order_at_the_moment_itself_is_before(at: str, units: int) -> None:
    """What was sold by then was not on the shelf when it was counted."""
    assert count_sold(OrderBook((_order(at=at),)), OWN, SINCE) == SoldSince(
        SINCE, units, int(bool(units))
    )


def test_no_orders_are_none_sold() -> None:
    """An empty book is known, and a missing one is not."""
    assert count_sold(OrderBook(), OWN, SINCE) == SoldSince(SINCE, 0, 0)
    assert isinstance(count_sold(None, OWN, SINCE), str)


def test_orders_that_cannot_be_read_say_why() -> None:
    """The reason is passed on."""
    assert count_sold(OrderBook(fault="no scope"), OWN, SINCE) == "no scope"


def test_sku_that_is_ordered_while_it_is_read_is_unknown() -> None:
    """Its stock and its orders do not fit together; those of others do."""
    book = OrderBook(restless=frozenset({OWN}))

    assert isinstance(count_sold(book, OWN, SINCE), str)
    assert count_sold(book, OTHER, SINCE) == SoldSince(SINCE, 0, 0)


@pytest.mark.parametrize("status", ["unfulfilled", "fulfilled", "disputed", "dispute-lost"])
def test_units_of_these_orders_have_left(status: str) -> None:
    """Whatever becomes of the money, they are sold."""
    assert not _is_unknown(_order(status=status))


@pytest.mark.parametrize("status", ["pending", "unknown"])
@pytest.mark.parametrize(("at", "is_unknown"), [(AFTER, True), (BEFORE, False)])
def test_open_order_since_the_count_is_unknown(status: str, at: str, is_unknown: bool) -> None:
    """It is documented nowhere whether it has taken units; one before the count is in it."""
    assert _is_unknown(_order(at=at, status=status)) == is_unknown


@pytest.mark.parametrize("at", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("status", "refunded_at"), [("refunded", AFTER), ("refunded", ""), ("fulfilled", AFTER)]
)
def test_order_refunded_since_the_count_is_unknown(at: str, status: str, refunded_at: str) -> None:
    """Nobody knows whether its units came back, whenever it was made; nor without a time."""
    assert _is_unknown(_order(at=at, status=status, refunded_at=refunded_at))


@pytest.mark.parametrize("refunded_at", [BEFORE, SINCE])
def test_order_refunded_before_the_count_is_in_it(refunded_at: str) -> None:
    """Whatever came back was counted."""
    order = _order(at=BEFORE, status="refunded", refunded_at=refunded_at)

    assert count_sold(OrderBook((order,)), OWN, SINCE) == SoldSince(SINCE, 0, 0)


def test_order_without_a_time_is_unknown() -> None:
    """It may be before or since; of other SKUs it does not matter."""
    assert _is_unknown(_order(at=""))
    assert not _is_unknown(_order(at="", sku_id=OTHER))


@pytest.mark.parametrize(("at", "is_unknown"), [(AFTER, True), ("", True), (BEFORE, False)])
def test_line_that_names_no_sku_may_be_of_any(at: str, is_unknown: bool) -> None:
    """So no SKU is sure of what was sold since, unless the order is before the count."""
    assert _is_unknown(_order(at=at, sku_id="")) == is_unknown


@pytest.mark.parametrize(("at", "is_unknown"), [(AFTER, True), (BEFORE, False)])
def test_units_that_are_no_whole_number_are_unknown(at: str, is_unknown: bool) -> None:
    """Only of this SKU, and only since the count."""
    assert _is_unknown(_order(None, at=at)) == is_unknown
    assert not _is_unknown(_order(None, at=at, sku_id=OTHER))


@pytest.mark.parametrize("status", ["pending", "refunded", "unknown"])
def test_open_order_of_another_sku_does_not_matter(status: str) -> None:
    """The rest goes on."""
    assert not _is_unknown(_order(status=status, sku_id=OTHER))
