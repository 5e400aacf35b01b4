"""Stock: inventory type and quantity as one value."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

MAX_QUANTITY: Final = 999_999_999
Quantity = int | float | None
"""A whole number if declared. A live quantity can be a fraction, or missing (None)."""


class InventoryType(StrEnum):
    """The inventory type of a SKU: whether its units are counted."""

    FINITE = "finite"
    INFINITE = "infinite"


class Stock(Struct, frozen=True):
    """Inventory type and quantity. They belong together: infinite/0 and finite/0 are opposites.

    An infinite stock has no quantity. A live finite quantity can be missing (None) or a fraction.
    """

    inventory_type: InventoryType
    quantity: Quantity

    @property
    def readable(self) -> bool:
        """Whether the stock is infinite or a whole number."""
        return self.inventory_type is InventoryType.INFINITE or isinstance(self.quantity, int)

    def __str__(self) -> str:
        if self.inventory_type is InventoryType.INFINITE:
            return "infinite"
        return "no quantity" if self.quantity is None else str(self.quantity)


INFINITE = Stock(InventoryType.INFINITE, None)


def finite(quantity: Quantity) -> Stock:
    """Return the stock of *quantity* counted units."""
    return Stock(InventoryType.FINITE, quantity)
