"""Orders, without any personal data."""

from typing import NamedTuple

from msgspec import Struct


class OrderLine(NamedTuple):
    """Units of one SKU in an order.

    `sku_id` is '' if the shop gives none. `units` is None if the shop gives no valid number.
    """

    sku_id: str
    units: int | None


class Order(Struct, frozen=True):
    """One order. Times are UTC in ISO 8601, and '' if missing or malformed.

    `id` tells orders apart in memory. It is never printed or saved. `status` is Webflow's, or
    `unknown`.
    """

    id: str
    accepted_at: str
    refunded_at: str
    status: str
    lines: tuple[OrderLine, ...]

    def __repr__(self) -> str:
        return f"Order({self.accepted_at!r}, {self.refunded_at!r}, {self.status!r}, {self.lines!r})"


class OrderBook(Struct, frozen=True):
    """The orders of a plan, or the reason why they can't be read (`fault`).

    `restless` are the ids of SKUs with an order during each read of their stock, so that stock and
    orders don't fit together. With `is_offline`, no shop was contacted, and sales are unknown.
    """

    orders: tuple[Order, ...] = ()
    fault: str = ""
    restless: frozenset[str] = frozenset()
    is_offline: bool = False
