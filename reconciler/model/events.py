"""What happened to stock at a time: counts and adjustments."""

from typing import NamedTuple

from msgspec import Struct

from reconciler.model.source import Source


class EventFile(Struct, frozen=True):
    """What the events of one file have in common.

    `path` is as given; `name` is the same below the store's folder, which may be renamed. `at` is
    UTC, ISO 8601, as `format_time` has it; `written_at` is the same as the file has it.
    """

    path: str
    name: str
    at: str
    written_at: str
    reason: str = ""


class Event(NamedTuple):
    """One SKU in an event file: how many there were (a count), or came in (an adjustment).

    Of an adjustment, units below 0 went out.
    """

    sku: str
    is_count: bool
    units: int
    file: EventFile
    line: int

    @property
    def at(self) -> str:
        """Return when it happened: UTC, ISO 8601."""
        return self.file.at

    @property
    def source(self) -> Source:
        """Return where it is written."""
        return Source(self.file.path, self.line)

    @property
    def reason(self) -> str:
        """Return what happened, or the name of the file if it does not say."""
        return self.file.reason or self.file.name.rpartition("/")[2]
