"""The live state of a shop."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from reconciler.model.orders import OrderBook
from reconciler.model.stock import Stock


class LiveSku(NamedTuple):
    """One SKU of the shop. `code` is '' if it has none.

    `categories` are the ids of its product's categories.
    """

    sku_id: str
    code: str
    name: str
    archived: bool
    product_id: str = ""
    product: str = ""
    categories: tuple[str, ...] = ()


class Target(Struct, frozen=True):
    """The address of a SKU in the API."""

    collection_id: str
    sku_id: str


class Requests(Struct, frozen=True):
    """The requests of a plan (`reads`), and the most that its apply needs (`writes`).

    `seconds` is the time for all of them at `limit` requests per minute. Both are None if the shop
    sent no limit.
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
    """The listing of a shop, and the stocks that were read, by SKU id.

    Reading took `reads` requests, between `now` and `until` by the shop's clock (UTC, ISO 8601).
    `limit` is the number of requests per minute, None if unknown. `orders` has the orders since the
    earliest time that the plan needs, and is None if it needs none.
    """

    listing: Listing
    stocks: Mapping[str, Stock]
    reads: int
    limit: int | None
    now: str = ""
    orders: OrderBook | None = None
    until: str = ""
