"""What happened to each action of a plan."""

from enum import StrEnum

from msgspec import Struct

from reconciler.model.stock import Stock


class Result(StrEnum):
    """What became of one action."""

    APPLIED = "applied"
    ALREADY = "already"
    MOVED = "moved"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_TRIED = "not_tried"


class Outcome(Struct, frozen=True):
    """What became of one action: `found` is the live stock that decided it, where one was read.

    `at` is when, and `read_at` when it was read right before a write, by the shop's own time: UTC,
    ISO 8601, and '' where it is not known.
    """

    sku: str
    result: Result
    before: Stock | None
    after: Stock | None
    found: Stock | None = None
    message: str = ""
    at: str = ""
    read_at: str = ""


class Report(Struct, frozen=True):
    """What became of all: outcomes in the order of the plan, and what ended the run, if it was."""

    store: str
    outcomes: tuple[Outcome, ...]
    stopped: str | None = None
    site_id: str = ""

    @property
    def by_sku(self) -> dict[str, Outcome]:
        """Return what became of each SKU: of its action, if it has an error besides."""
        return {one.sku: one for one in reversed(self.outcomes)}

    @property
    def is_complete(self) -> bool:
        """Whether every action came about, and nothing ended the run."""
        done = {Result.APPLIED, Result.ALREADY}
        return self.stopped is None and all(o.result in done for o in self.outcomes)

    def count(self, result: Result) -> int:
        """Return how many outcomes have this result."""
        return sum(outcome.result is result for outcome in self.outcomes)
