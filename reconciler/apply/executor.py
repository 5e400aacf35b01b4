"""Plan → report: its actions in their order, a batch at a time, many of it at once."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.apply.attempts import EARLIER, Attempt
from reconciler.apply.batches import Announcer, size_of_batch, take_batch
from reconciler.apply.observers import NO_OBSERVER, Observer
from reconciler.apply.sku_writer import SkuWriter
from reconciler.apply.surroundings import Bounds, CountSold, Store
from reconciler.errors import HistoryError, LockedError
from reconciler.model import Action, Outcome, Plan, Report, Result
from reconciler.workers import map_in_threads


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a run of the same plan that ended early has left.

    `done` are the outcomes that need nothing more; `in_flight` the actions that may have been
    written when it ended, as they were sent.
    """

    done: Mapping[str, Outcome] = field(default_factory=dict)
    in_flight: Mapping[str, Action] = field(default_factory=dict)


NOTHING_EARLIER = Earlier()
MAX_IN_VAIN: Final = 3


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

    Never raises for what the shop does. That is in the report. Once *must_end* gives a
    reason, no further action is begun. A KeyboardInterrupt ends the waiting at once: what is under
    way then is unknown. *observer* is told of each step by the thread that takes it.
    *count_sold* says what was sold since an answer was lost; *announcer* is told of each batch
    before it is written.

    Raises:
        LockedError: Another run has the store. Nothing was written.
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
    """The batches of one run, and what came of them."""

    writer: SkuWriter
    parallelism: int
    announcer: Announcer | None
    store: Store
    outcomes: dict[str, Outcome]
    has_announced: bool = False
    in_vain: int = 0
    """How many batches in a row were over before anything of them could be written."""

    def work_off(self, attempts: Sequence[Attempt], in_doubt: Mapping[str, Attempt]) -> None:
        """Carry out all *attempts*; those *in doubt* since an earlier run come with the first."""
        # In order but for these: what was announced stays announced.
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
            self._count_in_vain(batch, again)
            aside += (one for one in again if one.lost is not None)
            queue.extendleft(reversed([one for one in again if one.lost is None]))

    def _count_in_vain(self, batch: Sequence[Attempt], again: Sequence[Attempt]) -> None:
        """Stop the run where what is announced can never be written in time."""
        is_in_vain = len(again) == len(batch) and all(one.is_overdue for one in again)
        self.in_vain = self.in_vain + 1 if is_in_vain else 0
        if self.in_vain == MAX_IN_VAIN and self.writer.stopped is None:
            self.writer.stopped = "announcing writes takes longer than their deadline allows"

    def _count_known(self, queue: Sequence[Attempt], in_doubt: Mapping[str, Attempt]) -> int:
        return sum(one.action.sku in in_doubt for one in queue)

    def _announce(self, batch: Sequence[Attempt]) -> None:
        """Announce a batch, unless the run is to end: then nothing more is written."""
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
        """Write a batch, lowering first, and return what is to be looked at again."""
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
    """Return what became of all: actions in their order, and errors, which were not tried."""
    in_order = [outcomes[action.sku] for action in plan.actions]
    not_tried = (
        Outcome(
            finding.sku, Result.NOT_TRIED, None, None, message=f"{finding.kind}: {finding.message}"
        )
        for finding in plan.errors
    )
    return Report(plan.store, (*in_order, *not_tried), stopped, plan.site_id)
