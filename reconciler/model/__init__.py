"""Every noun that passes between the stages: plain frozen data.

Nouns that come by the hundred thousand are named tuples, which cost a third of a frozen dataclass
to make; the others are frozen dataclasses.
"""

from reconciler.model.base import Base, Pending, SettledSku, format_time
from reconciler.model.desired import (
    Backend,
    Bound,
    Declared,
    DesiredState,
    Limit,
    Observation,
    Pin,
    Rule,
    Seen,
    Source,
    StoreSettings,
    Terms,
)
from reconciler.model.drift import Drift, DriftKind, DriftRow
from reconciler.model.live import Listing, LiveSku, LiveState, Requests, Target
from reconciler.model.orders import Order, OrderLine
from reconciler.model.plan import (
    NO_KNOWLEDGE,
    Action,
    Cause,
    Change,
    Finding,
    FindingKind,
    Plan,
    Provenance,
    Reference,
    Statement,
    Summary,
    Violation,
)
from reconciler.model.report import Outcome, Report, Result
from reconciler.model.stock import INFINITE, InventoryType, Quantity, Stock, finite

__all__ = [
    "INFINITE",
    "NO_KNOWLEDGE",
    "Action",
    "Backend",
    "Base",
    "Bound",
    "Cause",
    "Change",
    "Declared",
    "DesiredState",
    "Drift",
    "DriftKind",
    "DriftRow",
    "Finding",
    "FindingKind",
    "InventoryType",
    "Limit",
    "Listing",
    "LiveSku",
    "LiveState",
    "Observation",
    "Order",
    "OrderLine",
    "Outcome",
    "Pending",
    "Pin",
    "Plan",
    "Provenance",
    "Quantity",
    "Reference",
    "Report",
    "Requests",
    "Result",
    "Rule",
    "Seen",
    "SettledSku",
    "Source",
    "Statement",
    "Stock",
    "StoreSettings",
    "Summary",
    "Target",
    "Terms",
    "Violation",
    "finite",
    "format_time",
]
