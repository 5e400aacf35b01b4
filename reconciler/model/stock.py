"""How much of a SKU there is: inventory type and quantity, one value."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

MAX_QUANTITY: Final = 999_999_999
Quantity = int | float | None
"""Whole for what is declared; a live one may also be fractional or missing (None)."""


class InventoryType(StrEnum):
    """Whether a SKU's units are counted."""

    FINITE = "finite"
    INFINITE = "infinite"


class Stock(Struct, frozen=True):
    """Inventory type and quantity, one value: infinite/0 and finite/0 are opposite states.

    An infinite stock has no quantity; a live finite one may be missing it (None), or a fraction.
    """

    inventory_type: InventoryType
    quantity: Quantity

    @property
    def readable(self) -> bool:
        """Whether this stock says how many units there are, or that they are not counted."""
        return self.inventory_type is InventoryType.INFINITE or isinstance(self.quantity, int)

    def __str__(self) -> str:
        if self.inventory_type is InventoryType.INFINITE:
            return "infinite"
        return "no quantity" if self.quantity is None else str(self.quantity)


INFINITE = Stock(InventoryType.INFINITE, None)


def finite(quantity: Quantity) -> Stock:
    """Return the stock of *quantity* counted units."""
    return Stock(InventoryType.FINITE, quantity)
