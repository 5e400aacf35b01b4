"""Orders of a shop, without anything about a person."""

from dataclasses import dataclass, field
from typing import NamedTuple


class OrderLine(NamedTuple):
    """One SKU of an order.

    `sku_id` is '' where the shop names none. `count` is None where the shop gives no whole number
    from 0 to 999999999.
    """

    sku_id: str
    count: int | None  # type: ignore[assignment]  # hides tuple.count


@dataclass(frozen=True, slots=True)
class Order:
    """One order.

    `id` tells orders apart in memory; it is never printed or kept. `accepted_at` and `refunded_at`
    are UTC as `format_time` gives it; '' for a time that is missing or can't be read. `status` is
    `pending`, `unfulfilled`, `fulfilled`, `disputed`, `dispute-lost`, `refunded`, or `unknown`.
    """

    id: str = field(repr=False)
    accepted_at: str
    refunded_at: str
    status: str
    lines: tuple[OrderLine, ...]
