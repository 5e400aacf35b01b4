"""Describe inventory type and quantity as one value."""

from typing import Any

import pytest
from factories import stock

from reconciler.model import INFINITE, InventoryType, Stock, finite


@pytest.mark.parametrize(
    ("value", "readable", "shown"),
    [
        (0, True, "0"),
        (12, True, "12"),
        (-3, True, "-3"),
        (2.5, False, "2.5"),
        (None, False, "no quantity"),
        ("infinite", True, "infinite"),
    ],
)
def test_stock_is_readable_if_whole_or_infinite(value: Any, readable: bool, shown: str) -> None:
    """Only readable stocks can be compared with a declaration."""
    assert (stock(value).readable, str(stock(value))) == (readable, shown)


@pytest.mark.parametrize("quantity", [0, None, 2**31])
def test_stock_infinite_equals_no_number(quantity: int | None) -> None:
    """Infinite is never confused with sold out."""
    assert finite(quantity) != INFINITE


def test_stock_infinite_has_no_quantity() -> None:
    """There is only one infinite stock."""
    assert Stock(InventoryType.INFINITE, None) == INFINITE
    assert len({finite(0), finite(None), finite(1), INFINITE}) == 4
