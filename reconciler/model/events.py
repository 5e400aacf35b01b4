"""Events: counts and adjustments of stock."""

from typing import NamedTuple

from msgspec import Struct

from reconciler.model.source import Source


class EventFile(Struct, frozen=True):
    """The fields that all events of a file share.

    `path` is as given. `name` is the path below the store's folder, which can be renamed. `at` is
    UTC as in `format_time`, `written_at` the same time as in the file.
    """

    path: str
    name: str
    at: str
    written_at: str
    reason: str = ""


class Event(NamedTuple):
    """One SKU in an event file: a count of units, or an adjustment by units (below 0: removed)."""

    sku: str
    is_count: bool
    units: int
    file: EventFile
    line: int

    @property
    def at(self) -> str:
        """Return the time of the event: UTC, ISO 8601."""
        return self.file.at

    @property
    def source(self) -> Source:
        """Return the place in the file."""
        return Source(self.file.path, self.line)

    @property
    def reason(self) -> str:
        """Return the reason in the file, else the name of the file."""
        return self.file.reason or self.file.name.rpartition("/")[2]
