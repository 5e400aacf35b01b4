"""Every noun that passes between the stages: plain frozen data.

Nouns that come by the hundred thousand are named tuples, which cost a third of a frozen dataclass
to make; the others are frozen dataclasses.
"""

from reconciler.model.base import Base, Pending, Recovered, SettledSku, format_time
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
    StoreSettings,
    Terms,
)
from reconciler.model.drift import Drift, DriftKind, DriftRow, ExplainedRow
from reconciler.model.events import Event, EventFile
from reconciler.model.history import HistoryEvent, HistoryKind, SkuHistory
from reconciler.model.ledger import Correction, SettledEvent, SkuLedger
from reconciler.model.live import Listing, LiveSku, LiveState, Requests, Target
from reconciler.model.orders import Order, OrderBook, OrderLine
from reconciler.model.overview import Day, Overview, PastApply, Point, PointKind, Timeline
from reconciler.model.plan import (
    NO_KNOWLEDGE,
    Action,
    Cause,
    Change,
    EventChange,
    EventVerb,
    Finding,
    FindingKind,
    LedgerSku,
    LimitUse,
    Place,
    Plan,
    Provenance,
    Reference,
    SoldSince,
    Statement,
    Summary,
    Violation,
)
from reconciler.model.report import Outcome, Report, Result
from reconciler.model.source import Source
from reconciler.model.stock import INFINITE, MAX_QUANTITY, InventoryType, Quantity, Stock, finite

__all__ = [
    "INFINITE",
    "MAX_QUANTITY",
    "NO_KNOWLEDGE",
    "Action",
    "Backend",
    "Base",
    "Bound",
    "Cause",
    "Change",
    "Correction",
    "Day",
    "Declared",
    "DesiredState",
    "Drift",
    "DriftKind",
    "DriftRow",
    "Event",
    "EventChange",
    "EventFile",
    "EventVerb",
    "ExplainedRow",
    "Finding",
    "FindingKind",
    "HistoryEvent",
    "HistoryKind",
    "InventoryType",
    "LedgerSku",
    "Limit",
    "LimitUse",
    "Listing",
    "LiveSku",
    "LiveState",
    "Observation",
    "Order",
    "OrderBook",
    "OrderLine",
    "Outcome",
    "Overview",
    "PastApply",
    "Pending",
    "Pin",
    "Place",
    "Plan",
    "Point",
    "PointKind",
    "Provenance",
    "Quantity",
    "Recovered",
    "Reference",
    "Report",
    "Requests",
    "Result",
    "Rule",
    "Seen",
    "SettledEvent",
    "SettledSku",
    "SkuHistory",
    "SkuLedger",
    "SoldSince",
    "Source",
    "Statement",
    "Stock",
    "StoreSettings",
    "Summary",
    "Target",
    "Terms",
    "Timeline",
    "Violation",
    "finite",
    "format_time",
]
