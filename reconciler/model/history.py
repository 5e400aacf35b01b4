"""The history of one SKU."""

from enum import StrEnum

from msgspec import Struct


class HistoryKind(StrEnum):
    """The kind of an event in the history."""

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
    """One event in the history of a SKU, at the time `at` (UTC, ISO 8601).

    `before` and `after` are quantities or `infinite`, None if there is none. `units` are those of
    an adjustment or a sale. `commit`, `author`, and `subject` describe the commit that made the
    change, or the commit that was applied.
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
    """All events of one SKU under all its keys, oldest first."""

    store: str
    sku: str
    keys: tuple[str, ...]
    events: tuple[HistoryEvent, ...]
