"""What customers ordered, without anything about a person."""

from typing import NamedTuple

from msgspec import Struct


class OrderLine(NamedTuple):
    """Units of one SKU in an order.

    `sku_id` is '' where the shop names none, `units` None where it gives no whole number that can
    be one.
    """

    sku_id: str
    units: int | None


class Order(Struct, frozen=True):
    """One order. Times are UTC, ISO 8601, and '' for none that can be read.

    `id` tells orders apart in memory; it is never printed or kept. `status` is Webflow's, or
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
    """The orders that a plan knows, or why they can't be read (`fault`).

    `restless` are the ids of SKUs that were ordered each time that their stock was read: what they
    have and what was sold of them can't be brought together. `is_offline` says that no shop was
    asked: what was sold stays open.
    """

    orders: tuple[Order, ...] = ()
    fault: str = ""
    restless: frozenset[str] = frozenset()
    is_offline: bool = False
