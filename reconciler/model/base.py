"""What was declared, and what the shop had, when an apply last dealt with each SKU."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, field

from reconciler.model.desired import Declared
from reconciler.model.ledger import SkuLedger
from reconciler.model.stock import Stock


def format_time(at: datetime) -> str:
    """Return a UTC time as records and observations have it: as text, the later is the greater."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


class Pending(NamedTuple):
    """A write that an apply announced, and whose result is unknown.

    The stock was `before` when it was read between `read_at` and `read_until`, by the shop's own
    time. `declared` and `ledger` are what holds if the write landed, `correction` the units that
    events asked for. It was sent by `sent_by` at the latest, '' if nothing tells.
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
        """Return the moment after which it was certainly not sent, as far as that is known."""
        return self.sent_by or self.read_until

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys by which people may know the SKU."""
        return frozenset((self.sku, *(self.ledger.keys if self.ledger else ())))


class Recovered(Struct, frozen=True):
    """What became of writes in doubt, as far as the shop and its orders tell, by the shop's ids.

    Some `landed`, some were `skipped`, and the others stay `in_doubt`.
    """

    landed: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()

    @property
    def told(self) -> frozenset[str]:
        """Return the ids of the SKUs whose result is known."""
        return frozenset((*self.landed, *self.skipped))


class SettledSku(Struct, frozen=True):
    """What the shop had of a SKU when its level was settled or observed, and when.

    `had` is None where the shop had just what is declared. `at` is UTC, ISO 8601, and empty in a
    plan for "when this is applied". `level_at` is when an apply last wrote its level, or found it
    right after a change; '' if none did. `is_anew` says that its level was typed for another SKU of
    the shop, whose key this one was given: so only what it had is known of it.
    """

    sku: str
    sku_id: str
    had: Stock | None = None
    at: str = ""
    level_at: str = ""
    is_anew: bool = False


class Base(Struct, frozen=True):
    """The desired state as last settled, SKU by SKU.

    `source` is the commit whose YAML it is; `commit` is the same, or the record of its apply.
    `pending` are writes in doubt. `released` holds the
    levels of SKUs that no file declares any more, `shop` what the record knows of each SKU
    besides its level, `ledgers` what was dealt with of events, `consumed` the ids of the
    observations that an apply has dealt with. `at` is when the apply of a record was planned:
    nothing that was seen before is later than it. Its apply may still be writing until
    `busy_until`, by the shop's own time; '' if it has ended.
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
