"""What of the live state differs from the desired state."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.desired import Rule, Source
from reconciler.model.plan import Finding
from reconciler.model.stock import Stock


class DriftKind(StrEnum):
    """How a live stock differs from the declared one."""

    BROKEN = "broken"
    TYPE = "type"
    ROSE = "rose"
    UNREADABLE = "unreadable"
    SOLD = "sold"


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One declared SKU whose live stock differs."""

    sku: str
    name: str
    rule: Rule
    declared: Stock
    live: Stock
    kind: DriftKind
    source: Source


@dataclass(frozen=True, slots=True)
class Drift:
    """What of a store differs from what is declared; `declared` counts all SKUs."""

    store: str
    site_id: str
    rows: tuple[DriftRow, ...]
    findings: tuple[Finding, ...]
    declared: int

    @property
    def unexplained(self) -> tuple[DriftRow, ...]:
        """Return the rows that selling does not explain."""
        return tuple(row for row in self.rows if row.kind is not DriftKind.SOLD)

    @property
    def sold(self) -> int:
        """Return how many units are gone that selling explains."""
        gone = (row for row in self.rows if row.kind is DriftKind.SOLD)
        return sum(int((row.declared.quantity or 0) - (row.live.quantity or 0)) for row in gone)
