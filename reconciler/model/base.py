"""What was declared, and what the shop had, when an apply last dealt with each SKU."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from reconciler.model.desired import Declared
from reconciler.model.stock import Stock


def format_time(at: datetime) -> str:
    """Return a UTC time as records and observations have it: as text, the later is the greater."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


class Pending(NamedTuple):
    """A write that an apply began and did not report: it may have landed or not.

    `declared` is what would hold then.
    """

    sku_id: str
    before: Stock
    after: Stock
    declared: Declared


@dataclass(frozen=True, slots=True)
class SettledSku:
    """What the shop had of a SKU when its level was settled or observed, and when.

    `had` is None where the shop had just what is declared. `at` is UTC, ISO 8601, and empty in a
    plan for "when this is applied".
    """

    sku: str
    sku_id: str
    had: Stock | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """The desired state as last settled, SKU by SKU.

    `source` is the commit whose YAML it is; `commit` is the same, or the record of its apply.
    `pending` are the writes of an apply that began after it and never ended. `released` holds the
    levels of SKUs that no file declares any more, `shop` what the record knows of each SKU
    besides its level, `consumed` the ids of the observations that an apply has dealt with. `at` is
    when the apply of a record was planned: nothing that was seen before is later than it.
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
