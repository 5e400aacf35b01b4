"""One shop over time, as git and its records know it."""

from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from reconciler.model.drift import Drift


class PointKind(StrEnum):
    """Where a number in a timeline comes from."""

    DECLARED = "declared"
    WRITTEN = "written"
    OBSERVED = "observed"
    LIVE = "live"


class Point(NamedTuple):
    """A quantity `at` a time (UTC, ISO 8601). None where a SKU is infinite, or not declared."""

    at: str
    kind: PointKind
    units: int | float | None


class Timeline(Struct, frozen=True):
    """One SKU over time, oldest point first.

    `units` is the last number known of the shop, `daily` how many units were sold a day in the last
    four weeks. Both are None if unknown. `name` is that of the shop, or "".
    """

    sku: str
    points: tuple[Point, ...]
    name: str = ""
    low: int | None = None
    units: int | float | None = None
    daily: float | None = None

    @property
    def is_low(self) -> bool:
        """Whether the shop has as few units as `low` says, or none."""
        return self.units is not None and self.units <= (self.low or 0)

    @property
    def days_left(self) -> float | None:
        """Return how many days the units last at that rate; None if nothing tells."""
        return self.units / self.daily if self.units is not None and self.daily else None


class PastApply(NamedTuple):
    """An apply: when it was recorded, of which commit, by whom, and how many SKUs it changed."""

    at: str
    commit: str
    author: str
    subject: str
    changed: int
    left: int


class Day(NamedTuple):
    """How many units came in and went out on a day (UTC), as applies wrote or customers bought."""

    day: str
    came_in: int
    went_out: int


class Overview(Struct, frozen=True):
    """One shop: each SKU, each apply (newest first), units by day, and drift if it was read."""

    store: str
    site_id: str
    made_at: str
    head: str
    timelines: tuple[Timeline, ...]
    applies: tuple[PastApply, ...]
    days: tuple[Day, ...]
    drift: Drift | None = None
