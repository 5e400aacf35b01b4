"""What of the live state differs from the desired state."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.desired import Rule
from reconciler.model.plan import Finding, FindingKind
from reconciler.model.source import Source
from reconciler.model.stock import Stock


class DriftKind(StrEnum):
    """How a live stock differs from the declared one."""

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
    """One SKU that the shop has more or fewer of than when it was last settled.

    It `had` so many at `since` (UTC, ISO 8601). Since then `sold` units went out in `orders`, and
    events `adjusted` it; `unexplained` is what is left, below 0 where more is gone. `declared` is
    None for a SKU that has events and no level.
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
    """What of a store differs from what is declared; `declared` counts all SKUs.

    `explained` are the differences that orders were asked about, which are no `rows` then; None if
    they were not asked.
    """

    store: str
    site_id: str
    rows: tuple[DriftRow, ...]
    findings: tuple[Finding, ...]
    declared: int
    explained: tuple[ExplainedRow, ...] | None = None

    @property
    def is_clean(self) -> bool:
        """Whether selling, or the orders, explain every difference."""
        is_open = any(one.kind is FindingKind.UNCERTAIN for one in self.findings)
        odd = any(one.unexplained for one in self.explained or ())
        return not self.unexplained and not odd and not is_open

    @property
    def unexplained(self) -> tuple[DriftRow, ...]:
        """Return the rows that selling does not explain."""
        return tuple(row for row in self.rows if row.kind is not DriftKind.SOLD)

    @property
    def sold(self) -> int:
        """Return how many units are gone that selling explains."""
        gone = (row for row in self.rows if row.kind is DriftKind.SOLD)
        return sum(int((row.declared.quantity or 0) - (row.live.quantity or 0)) for row in gone)
