"""Plan → report: its actions in their order, many at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.apply.attempts import Attempt
from reconciler.apply.observers import NO_OBSERVER, Observer
from reconciler.apply.sku_writer import CountSold, SkuWriter, Store
from reconciler.model import Action, Outcome, Plan, Report, Result
from reconciler.workers import map_in_threads


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a run of the same plan that ended early has left.

    `done` are the outcomes that need nothing more; `in_flight` the actions that were being
    written when it ended, as they were sent; `in_doubt` those that may have been written.
    """

    done: Mapping[str, Outcome] = field(default_factory=dict)
    in_flight: Mapping[str, Action] = field(default_factory=dict)
    in_doubt: Mapping[str, Action] = field(default_factory=dict)


NOTHING_EARLIER = Earlier()


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
) -> Report:
    """Carry out the actions of *plan* in their order, *parallelism* at a time.

    Never raises for what the store does: that stands in the report. Once *must_end* gives a
    reason, no further action is begun. A KeyboardInterrupt ends the waiting at once: what is under
    way then is unknown. *observer* is told of each step by the thread that takes it.
    *count_sold* says what was sold since an answer was lost.
    """
    writer = SkuWriter(
        store, observer, sleep, must_end, {**earlier.in_doubt, **earlier.in_flight}, count_sold
    )
    outcomes: dict[str, Outcome] = dict(earlier.done)
    left = [action for action in plan.actions if action.sku not in outcomes]
    lowering = [Attempt(action) for action in left if action.lowers]
    raising = [Attempt(action) for action in left if not action.lowers]
    aside: list[Attempt] = []

    def work_off(attempts: Sequence[Attempt]) -> None:
        for result in map_in_threads(writer.attempt, attempts, parallelism):
            if isinstance(result, Outcome):
                outcomes[result.sku] = result
            else:
                aside.append(result)

    stopped: str | None = None
    try:
        work_off(lowering)
        work_off(raising)  # begins when the first has ended
        while aside:
            writer.wait()
            again, aside = aside, []
            work_off(again)
        stopped = writer.end()
    except KeyboardInterrupt:
        stopped = "interrupted twice"
        outcomes |= writer.abandon([a for a in left if a.sku not in outcomes])
    return _report(plan, outcomes, stopped)


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
