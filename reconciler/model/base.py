"""What was declared, and what the shop had, when an apply last dealt with each SKU."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from reconciler.model.desired import Declared
from reconciler.model.ledger import SkuLedger
from reconciler.model.stock import Stock


def format_time(at: datetime) -> str:
    """Return a UTC time as records and observations have it: as text, the later is the greater."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


class Pending(NamedTuple):
    """A write that an apply began and did not report: it may have landed or not.

    `declared` and `ledger` are what would hold then, `correction` the units that events asked for.
    The stock was `before` at `read_at`, by the shop's own time.
    """

    sku_id: str
    before: Stock
    after: Stock
    declared: Declared | None
    correction: int | None = None
    ledger: SkuLedger | None = None
    read_at: str = ""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a dead run did, as far as the shop tells.

    `levels` are the keys of levels that count as applied, `unsure` those among them that are not
    certain; `booked` are the ids of SKUs whose correction landed, `in_doubt` of those that may have
    one.
    """

    levels: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    booked: tuple[str, ...] = ()
    in_doubt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledSku:
    """What the shop had of a SKU when its level was settled or observed, and when.

    `had` is None where the shop had just what is declared. `at` is UTC, ISO 8601, and empty in a
    plan for "when this is applied". `level_at` is when an apply last wrote its level, or found it
    right after a change; '' if none did.
    """

    sku: str
    sku_id: str
    had: Stock | None = None
    at: str = ""
    level_at: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """The desired state as last settled, SKU by SKU.

    `source` is the commit whose YAML it is; `commit` is the same, or the record of its apply.
    `pending` are the writes of an apply that began after it and never ended. `released` holds the
    levels of SKUs that no file declares any more, `shop` what the record knows of each SKU
    besides its level, `ledgers` what was dealt with of events, `consumed` the ids of the
    observations that an apply has dealt with. `at` is when the apply of a record was planned:
    nothing that was seen before is later than it.
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
