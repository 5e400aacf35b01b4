"""Carry out a plan: its actions in order, batch by batch, several at a time."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Struct, field

from reconciler.apply.attempts import EARLIER, Attempt
from reconciler.apply.batches import Announcer, size_of_batch, take_batch
from reconciler.apply.interfaces import Bounds, CountSold, Store
from reconciler.apply.observers import NO_OBSERVER, Observer
from reconciler.apply.sku_writer import SkuWriter
from reconciler.errors import HistoryError, LockedError
from reconciler.model import Action, Outcome, Plan, Report, Result
from reconciler.workers import map_in_threads


class Earlier(Struct, frozen=True):
    """What an earlier run of the same plan left.

    `done` are final outcomes. `in_flight` are the actions that may have been written when that run
    ended, as they were sent.
    """

    done: Mapping[str, Outcome] = field(default_factory=dict)
    in_flight: Mapping[str, Action] = field(default_factory=dict)


NOTHING_EARLIER = Earlier()
MAX_LATE_BATCHES: Final = 3


def execute(  # noqa: PLR0913  what one run is made of
    plan: Plan,
    store: Store,
    *,
    observer: Observer = NO_OBSERVER,
    parallelism: int,
    earlier: Earlier = NOTHING_EARLIER,
    sleep: Callable[[float], None] = time.sleep,
    must_end: Callable[[], str | None] = lambda: None,
    count_sold: CountSold | None = None,
    announcer: Announcer | None = None,
) -> Report:
    """Carry out the actions of *plan* in their order, *parallelism* at a time.

    Errors of the shop are part of the report and never raised. Once *must_end* returns a reason, no
    further action starts. A KeyboardInterrupt ends all waiting at once, and the outcome of actions
    in progress is unknown. Each thread calls *observer* for its own steps. *count_sold* returns
    what was sold since an answer was lost. *announcer* publishes each batch before it is written.

    Raises:
        LockedError: Another run holds the lock. Nothing was written.
        HistoryError: The first batch can't be announced. Nothing was written.
    """
    made = plan.provenance
    read = (made.read_at, made.read_until or made.read_at)
    in_doubt = {sku: Attempt(sent, EARLIER, 1, read) for sku, sent in earlier.in_flight.items()}
    bounds = Bounds(sleep, must_end, announcer.may_write if announcer else lambda: True)
    writer = SkuWriter(store, observer, bounds, in_doubt, count_sold)
    run = _Run(writer, parallelism, announcer, store, dict(earlier.done))
    left = [action for action in plan.actions if action.sku not in earlier.done]
    try:
        run.work_off([Attempt(action, read=read) for action in left], in_doubt)
        stopped = writer.end()
    except KeyboardInterrupt:
        stopped = "interrupted twice"
        run.outcomes |= writer.abandon([a for a in left if a.sku not in run.outcomes])
    return _report(plan, run.outcomes, stopped)


@dataclass(slots=True)
class _Run:
    """The batches of one run, and their outcomes."""

    writer: SkuWriter
    parallelism: int
    announcer: Announcer | None
    store: Store
    outcomes: dict[str, Outcome]
    has_announced: bool = False
    late_batches: int = 0
    """How many batches in a row expired before anything of them could be written."""

    def work_off(self, attempts: Sequence[Attempt], in_doubt: Mapping[str, Attempt]) -> None:
        """Carry out all *attempts*. Those *in doubt* since an earlier run come first."""
        # The earlier run announced them, so they must be in the first batch.
        queue = deque(sorted(attempts, key=lambda one: one.action.sku not in in_doubt))
        aside: list[Attempt] = []
        while queue or aside:
            if not queue:
                self.writer.wait()
                queue, aside = deque(aside), []
            size = size_of_batch(self.store.limit) if self.announcer else len(queue)
            batch = take_batch(queue, max(size, self._count_known(queue, in_doubt)))
            self._announce(batch)
            again = self._write(batch)
            self._count_late_batches(batch, again)
            aside += (one for one in again if one.lost is not None)
            queue.extendleft(reversed([one for one in again if one.lost is None]))

    def _count_late_batches(self, batch: Sequence[Attempt], again: Sequence[Attempt]) -> None:
        """Stop the run if several batches in a row expired before anything was written."""
        is_late = len(again) == len(batch) and all(one.is_overdue for one in again)
        self.late_batches = self.late_batches + 1 if is_late else 0
        if self.late_batches == MAX_LATE_BATCHES and self.writer.stopped is None:
            self.writer.stopped = (
                f"{MAX_LATE_BATCHES} batches expired before they could be written, because"
                " announcing them takes too long."
            )

    def _count_known(self, queue: Sequence[Attempt], in_doubt: Mapping[str, Attempt]) -> int:
        return sum(one.action.sku in in_doubt for one in queue)

    def _announce(self, batch: Sequence[Attempt]) -> None:
        """Announce a batch, unless the run must end."""
        if self.announcer is None or (self.has_announced and self.writer.must_stop()):
            return
        try:
            self.announcer.announce([one.action for one in batch], self.outcomes)
        except (LockedError, HistoryError) as error:
            if not self.has_announced:
                raise
            self.writer.stopped = self.writer.stopped or str(error)
        self.has_announced = True

    def _write(self, batch: Sequence[Attempt]) -> list[Attempt]:
        """Write a batch, lowering first, and return the attempts that need another look."""
        again = []
        for lowers in (True, False):
            part = [one for one in batch if one.action.lowers is lowers]
            for result in map_in_threads(self.writer.attempt, part, self.parallelism):
                if isinstance(result, Outcome):
                    self.outcomes[result.sku] = result
                else:
                    again.append(result)
        return again


def _report(plan: Plan, outcomes: Mapping[str, Outcome], stopped: str | None) -> Report:
    """Return the report: actions in their order, then the plan's errors as NOT_TRIED."""
    in_order = [outcomes[action.sku] for action in plan.actions]
    not_tried = (
        Outcome(
            finding.sku, Result.NOT_TRIED, None, None, message=f"{finding.kind}: {finding.message}"
        )
        for finding in plan.errors
    )
    return Report(plan.store, (*in_order, *not_tried), stopped, plan.site_id)
