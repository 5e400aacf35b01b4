"""The lock of an apply: who holds it, until when, and how to take it over after a crash."""

from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.app.base import KnownBase
from reconciler.app.interrupts import StopSignal
from reconciler.app.recording import lasting
from reconciler.app.reporter import Reporter
from reconciler.errors import InterruptedRunError, LockedError
from reconciler.records.base import BaseTexts
from reconciler.webflow.client import StoreClient

# Margin for a wrong clock of this machine if the shop sends no time.
LONG_OVER: Final = timedelta(hours=3)


def ensure_unlocked(known: KnownBase) -> None:
    """Raise LockedError while an apply may hold the lock, by the clock of this machine.

    This is for commands that don't contact the shop. The clock may be wrong by hours, so the
    deadline must be LONG_OVER, unless the run was unlocked.
    """
    last = known.last
    deadline = last.told.deadline if last is not None and last.told else None
    if last is None or deadline is None:
        return
    if datetime.now(UTC) < deadline + (timedelta() if _is_unlocked(last) else LONG_OVER):
        raise LockedError(f"{describe_lock(last)} Nothing was recorded.")


def wait_for_lock(
    known: KnownBase,
    client: StoreClient,
    stop: StopSignal,
    reporter: Reporter,
    *,
    may_take_over: bool,
) -> None:
    """Return once no other run can write any more; raise LockedError while one holds the lock.

    With `--take-over`, or after `base unlock`, wait for the deadline: the run may still be alive,
    but it writes nothing after its deadline. Times are by the shop's clock, so a wrong clock of a
    runner can't take over the lock. A deadline more than LASTING away comes from a wrong clock of
    the shop.

    Raises:
        LockedError: Another apply holds the lock.
        InterruptedRunError: A signal arrived.
    """
    last = known.last
    deadline = last.told.deadline if last is not None and last.told else None
    if last is None or deadline is None:
        return
    now = client.ask_time(known.site_id)
    is_dead = may_take_over or _is_unlocked(last)
    margin = timedelta() if client.knows_time or is_dead else LONG_OVER
    if now < deadline + margin and not is_dead:
        raise LockedError(f"{describe_lock(last)} Nothing was written.")
    deadline = min(deadline, now + lasting(client))
    if now < deadline:
        reporter.say(
            f"Waiting until {deadline:%Y-%m-%d %H:%M:%S} UTC, because the other apply could still"
            " write until then."
        )
    while now < deadline:
        stop.sleep((deadline - now).total_seconds() + 0.05)
        if stop.exit_code is not None:
            raise InterruptedRunError(stop.exit_code)
        now = client.ask_time(known.site_id)


def _is_unlocked(last: BaseTexts) -> bool:
    return last.told is not None and last.told.is_unlocked


def describe_lock(last: BaseTexts) -> str:
    """Return who holds the lock, until when, and what to do if that apply crashed."""
    record, told = last.record, last.told
    if record is None or told is None or told.deadline is None:
        return "No apply holds the lock."
    by = f" by {record.by}" if record.by else ""
    what = f"apply {record.run} (commit {record.source[:7]}{by}, planned {record.planned_at[:16]}Z)"
    until = f"{told.deadline:%Y-%m-%d %H:%M:%S} UTC by the shop's clock"
    if told.is_unlocked:
        return (
            f"The {what} was unlocked. It can write until {until}. The next apply waits for that."
        )
    return (
        f"Another {what} holds the lock until {until}. It extends the lock each minute."
        f" Wait until it ends. If it crashed, run `reconciler base unlock {record.run}`, or"
        " `reconciler apply --take-over`."
    )
