"""Plan → report: its actions settled in their order, several at a time."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

from reconciler.apply.settle import Settling, Store
from reconciler.apply.watch import NOBODY, Watcher
from reconciler.model import Action, Outcome, Plan, Report, Result


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a run of the same plan that ended early has left.

    `settled` are the outcomes that need nothing more; `in_flight` the SKUs that were being
    written when it ended; `in_doubt` those of which nobody knows whether it came to them.
    """

    settled: Mapping[str, Outcome] = field(default_factory=dict)
    in_flight: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


NOTHING_EARLIER = Earlier()


def execute(  # noqa: PLR0913  what one run is made of
    plan: Plan,
    store: Store,
    *,
    watcher: Watcher = NOBODY,
    parallelism: int,
    earlier: Earlier = NOTHING_EARLIER,
    sleep: Callable[[float], None] = time.sleep,
    must_end: Callable[[], str | None] = lambda: None,
) -> Report:
    """Carry out the actions of *plan* in their order, *parallelism* at a time.

    Never raises for what the store does: that stands in the report. Once *must_end* gives a
    reason, no further action is begun. A KeyboardInterrupt ends the waiting at once: what is under
    way then is unknown. *watcher* is told of each step by the thread that takes it.
    """
    settling = Settling(store, watcher, sleep, must_end, earlier.in_flight, earlier.in_doubt)
    outcomes: dict[str, Outcome] = dict(earlier.settled)
    left = [action for action in plan.actions if action.sku not in outcomes]
    lowering = [action for action in left if action.lowers]
    raising = [action for action in left if not action.lowers]
    stopped: str | None = None
    try:
        for actions in (lowering, raising):  # the second begins when the first has ended
            for outcome in _settle_all(actions, settling, parallelism):
                outcomes[outcome.sku] = outcome
        stopped = settling.end()
    except KeyboardInterrupt:
        stopped = "interrupted twice"
        outcomes |= settling.abandon([a for a in left if a.sku not in outcomes])
    in_order = [outcomes[action.sku] for action in plan.actions]
    not_tried = (
        Outcome(
            finding.sku, Result.NOT_TRIED, None, None, message=f"{finding.kind}: {finding.message}"
        )
        for finding in plan.errors
    )
    return Report(plan.store, (*in_order, *not_tried), stopped)


def _settle_all(
    actions: Sequence[Action], settling: Settling, parallelism: int
) -> Iterator[Outcome]:
    """Yield what becomes of each of *actions*, as it does.

    The threads hold up nobody who ends the program while they wait for the store.
    """
    left, lock = iter(actions), threading.Lock()
    outcomes: SimpleQueue[Outcome] = SimpleQueue()

    def work() -> None:
        while True:
            with lock:
                action = next(left, None)
            if action is None:
                return
            outcomes.put(settling.settle(action))

    for _ in range(min(parallelism, len(actions))):
        threading.Thread(target=work, daemon=True).start()
    for _ in actions:
        yield outcomes.get()
