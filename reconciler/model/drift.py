"""Drift: differences between live stock and declared stock."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.desired import Rule
from reconciler.model.plan import Finding, FindingKind
from reconciler.model.source import Source
from reconciler.model.stock import Stock


class DriftKind(StrEnum):
    """The kind of a difference."""

    BROKEN = "broken"
    TYPE = "type"
    ROSE = "rose"
    UNREADABLE = "unreadable"
    SOLD = "sold"


class DriftRow(Struct, frozen=True):
    """One declared SKU whose live stock differs."""

    sku: str
    name: str
    rule: Rule
    declared: Stock
    live: Stock
    kind: DriftKind
    source: Source


class ExplainedRow(Struct, frozen=True):
    """A SKU whose stock differs from the last settled one, with the reasons.

    The shop had `had` units at `since` (UTC, ISO 8601). Since then, `orders` orders sold `sold`
    units, and events added `adjusted`. The rest is `unexplained`, below 0 if units are gone.
    `declared` is None for a SKU with events and no level.
    """

    sku: str
    name: str
    declared: int | None
    live: int
    since: str
    had: int
    sold: int
    orders: int
    adjusted: int
    unexplained: int
    source: Source


class Drift(Struct, frozen=True):
    """The drift of a store. `declared` is the number of declared SKUs.

    `explained` has the differences that were compared with orders. They are not in `rows`. It is
    None if no orders were read.
    """

    store: str
    site_id: str
    rows: tuple[DriftRow, ...]
    findings: tuple[Finding, ...]
    declared: int
    explained: tuple[ExplainedRow, ...] | None = None

    @property
    def is_clean(self) -> bool:
        """Whether sales or orders explain every difference."""
        is_open = any(one.kind is FindingKind.UNCERTAIN for one in self.findings)
        odd = any(one.unexplained for one in self.explained or ())
        return not self.unexplained and not odd and not is_open

    @property
    def unexplained(self) -> tuple[DriftRow, ...]:
        """Return the rows that sales don't explain."""
        return tuple(row for row in self.rows if row.kind is not DriftKind.SOLD)

    @property
    def sold(self) -> int:
        """Return the number of missing units that sales explain."""
        gone = (row for row in self.rows if row.kind is DriftKind.SOLD)
        return sum(int((row.declared.quantity or 0) - (row.live.quantity or 0)) for row in gone)
