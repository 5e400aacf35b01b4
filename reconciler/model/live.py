"""What the shop says of one store."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from reconciler.model.orders import OrderBook
from reconciler.model.stock import Stock


class LiveSku(NamedTuple):
    """One SKU of the store's listing; `code` is '' when it has none.

    `categories` are the ids of those that its product is in.
    """

    sku_id: str
    code: str
    name: str
    archived: bool
    product_id: str = ""
    product: str = ""
    categories: tuple[str, ...] = ()


class Target(Struct, frozen=True):
    """The store's own address of a SKU."""

    collection_id: str
    sku_id: str


class Requests(Struct, frozen=True):
    """What the plan cost in requests (`reads`), and how many `writes` there may be at most.

    `seconds` is what the `limit` a minute makes of it all; None where the store named none.
    """

    reads: int
    writes: int
    seconds: int
    limit: int | None


class Listing(Struct, frozen=True):
    """All SKUs of the shop, and the id of their collection.

    `malformed` are the names of products whose SKUs could not be read.
    """

    collection_id: str
    skus: tuple[LiveSku, ...]
    malformed: tuple[str, ...] = ()


class LiveState(Struct, frozen=True):
    """What the store says now: its listing, and each stock that was read, by id.

    `reads` is how many requests it took, `limit` how many a minute the store allows, if it said.
    It was read between `now` and `until`, by the shop's own time: UTC, ISO 8601. `orders` are those
    since the earliest moment that the plan needs; None if nothing needs them.
    """

    listing: Listing
    stocks: Mapping[str, Stock]
    reads: int
    limit: int | None
    now: str = ""
    orders: OrderBook | None = None
    until: str = ""
