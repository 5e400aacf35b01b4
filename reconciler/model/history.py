"""What happened to one SKU: a line for each event."""

from enum import StrEnum

from msgspec import Struct


class HistoryKind(StrEnum):
    """What kind of thing happened."""

    DECLARED = "declared"
    COUNTED = "counted"
    ADJUSTED = "adjusted"
    OBSERVED = "observed"
    APPLIED = "applied"
    MOVED = "moved"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SOLD = "sold"


class HistoryEvent(Struct, frozen=True):
    """One thing that happened to a SKU, `at` this time (UTC, ISO 8601).

    `before` and `after` are quantities, or `infinite`; None where there is none. `units` are those
    of an adjustment or a sale. `commit`, `author`, and `subject` are of the commit that said so, or
    that was applied.
    """

    kind: HistoryKind
    at: str
    before: int | float | str | None = None
    after: int | float | str | None = None
    units: int | None = None
    commit: str = ""
    author: str = ""
    subject: str = ""
    note: str = ""


class SkuHistory(Struct, frozen=True):
    """Everything known about one SKU, oldest first, under all keys that it had."""

    store: str
    sku: str
    keys: tuple[str, ...]
    events: tuple[HistoryEvent, ...]
