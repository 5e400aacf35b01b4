"""The base: the levels and stocks that the last apply settled, SKU by SKU."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, field

from reconciler.model.desired import Declared
from reconciler.model.ledger import SkuLedger
from reconciler.model.stock import Stock


def format_time(at: datetime) -> str:
    """Return a UTC time as ISO 8601 text with milliseconds. Later times sort after earlier ones."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


class Pending(NamedTuple):
    """A write that an apply announced, and whose result is unknown.

    The shop had `before` when the SKU was read, between `read_at` and `read_until` by the shop's
    clock. `declared` and `ledger` apply if the write took effect. `correction` are the units from
    events. `sent_by` is the latest time at which it was sent, '' if unknown.
    """

    sku: str
    sku_id: str
    before: Stock
    after: Stock
    read_at: str
    read_until: str
    declared: Declared | None = None
    correction: int | None = None
    ledger: SkuLedger | None = None
    sent_by: str = ""

    @property
    def over_at(self) -> str:
        """Return the time after which it was not sent, as far as known."""
        return self.sent_by or self.read_until

    @property
    def keys(self) -> frozenset[str]:
        """Return all keys of the SKU."""
        return frozenset((self.sku, *(self.ledger.keys if self.ledger else ())))


class Recovered(Struct, frozen=True):
    """Writes in doubt that stock and orders resolve, by SKU id.

    Some `landed`, some were `skipped`, and the others stay `in_doubt`.
    """

    landed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()

    @property
    def told(self) -> frozenset[str]:
        """Return the ids of the resolved SKUs."""
        return frozenset((*self.landed, *self.skipped))


class SettledSku(Struct, frozen=True):
    """The stock of a SKU when its level was settled or observed.

    `had` is None if the shop had the declared stock. `at` is UTC in ISO 8601, and empty in a plan,
    where it means the time of the apply. `level_at` is when an apply last wrote the level, or found
    it already right after a change, and '' if none did. With `is_anew`, the level was typed for
    another SKU of the shop, which had this key before. Then only `had` is known of this SKU.
    """

    sku: str
    sku_id: str
    had: Stock | None = None
    at: str = ""
    level_at: str = ""
    is_anew: bool = False


class Base(Struct, frozen=True):
    """The desired state as last settled, SKU by SKU.

    - `source`: the commit of its YAML. `commit` is the same, or the record of the apply.
    - `pending`: writes in doubt
    - `released`: the levels of SKUs that no file declares any more
    - `shop`: what the record knows of each SKU besides its level
    - `ledgers`: the settled events. `consumed` are the ids of settled observations.
    - `at`: when the recorded apply was planned. An earlier observation is older than the record.
    - `busy_until`: until when the apply may still write, by the shop's clock. '' if it ended.
    """

    commit: str
    source: str
    date: str
    declared: Mapping[str, Declared]
    pending: tuple[Pending, ...] = ()
    released: Mapping[str, Declared] = field(default_factory=dict)
    shop: Mapping[str, SettledSku] = field(default_factory=dict)
    consumed: frozenset[str] = frozenset()
    at: str = ""
    ledgers: tuple[SkuLedger, ...] = ()
    busy_until: str = ""
