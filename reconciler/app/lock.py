"""Who has the store: until when, by the shop's own time, and what to do if that run is dead."""

from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.app.base import KnownBase
from reconciler.app.interrupts import StopSignal
from reconciler.app.recording import lasting
from reconciler.app.reporter import Reporter
from reconciler.errors import InterruptedRunError, LockedError
from reconciler.records.base import BaseTexts
from reconciler.webflow.client import StoreClient

# How wrong the clock of a machine may be, where the shop tells no time.
LONG_OVER: Final = timedelta(hours=3)


def ensure_unlocked(known: KnownBase) -> None:
    """Raise LockedError while an apply may have the store, by this machine's clock.

    For what people do by hand, without a shop to ask the time. This clock may be wrong by hours,
    so the deadline has to be long over, unless people said that the run is dead.
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
    """Return once no other run may write any more; raise LockedError while one may.

    A run that people said is dead may still be alive: it writes nothing after its deadline, so
    that is waited for. Both by the shop's own time, so a runner's wrong clock takes over nothing.
    No batch lasts longer than LASTING, so a deadline further away comes from a shop's wrong clock.
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
            f"Waiting until {deadline:%Y-%m-%d %H:%M:%S} UTC: until then the earlier run may"
            " still write."
        )
    while now < deadline:
        stop.sleep((deadline - now).total_seconds() + 0.05)
        if stop.exit_code is not None:
            raise InterruptedRunError(stop.exit_code)
        now = client.ask_time(known.site_id)


def _is_unlocked(last: BaseTexts) -> bool:
    return last.told is not None and last.told.is_unlocked


def describe_lock(last: BaseTexts) -> str:
    """Return who has the store, since when, and what to do if that run crashed."""
    record, told = last.record, last.told
    if record is None or told is None or told.deadline is None:
        return "Nothing is locked."
    by = f" by {record.by}" if record.by else ""
    what = f"apply {record.run} (commit {record.source[:7]}{by}, planned {record.planned_at[:16]}Z)"
    until = f"{told.deadline:%Y-%m-%d %H:%M:%S} UTC by the shop's clock"
    if told.is_unlocked:
        return (
            f"The lock of the {what} was released. That run may write until {until}. The next"
            " apply waits."
        )
    return (
        f"Another {what} holds the lock until {until}, and may renew it. Wait. If it crashed,"
        f" run `reconciler base unlock {record.run}`, or apply with --take-over."
    )
