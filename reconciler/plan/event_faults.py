"""Find out why the events of one SKU can't be settled: too old, too early, or contradictory."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from msgspec import Struct

from reconciler.model import Event, FindingKind, SettledEvent, SkuLedger
from reconciler.plan.sales import shift

# Maximum age of a count to apply, and of a settled adjustment to take back.
MAX_AGE: Final = timedelta(days=7)
# Clocks differ, so an event may be this much later than the shop's own time.
MAX_AHEAD: Final = timedelta(minutes=5)


class EventFault(Struct, frozen=True):
    """The reason why the events of a SKU can't be settled.

    `event` is the one to look at, if any.
    """

    kind: FindingKind
    message: str
    event: Event | None = None


def find_event_fault(events: Sequence[Event], ledger: SkuLedger, now: str) -> EventFault | None:
    """Return the reason why the events can't be settled, or None."""
    counts = sorted((one for one in events if one.is_count), key=lambda one: one.at)
    for first, second in pairwise(counts):
        if first.at == second.at and first.units != second.units:
            message = (
                f"Two counts at the same time: {first.units} ({first.source}) and"
                f" {second.units}. Keep one."
            )
            return EventFault(FindingKind.CONFLICTING, message, second)
    late = next((one for one in events if one.at > shift(now, MAX_AHEAD)), None)
    if late is not None:
        message = f"{late.file.written_at} is in the future by the shop's clock. The event waits."
        return EventFault(FindingKind.NOT_YET, message, late)
    newest = counts[-1] if counts and counts[-1].at > ledger.counted_at else None
    moved = None if newest else _find_moved_count(counts, ledger)
    if moved is not None:
        message = (
            f"The time of a settled count was changed to {moved.file.written_at}. Restore it, or"
            " count again in a new file."
        )
        return EventFault(FindingKind.CONFLICTING, message, moved)
    return _find_stale(newest, ledger, now) if newest else None


def _find_stale(newest: Event, ledger: SkuLedger, now: str) -> EventFault | None:
    """Return the fault of a *newest* count that is too old to apply, or None."""
    if newest.at < ledger.level_at:
        message = (
            f"The count of {newest.units} is older than the level written at"
            f" {ledger.level_at[:16]}Z. Count again."
        )
        return EventFault(FindingKind.STALE_COUNT, message, newest)
    if newest.at < shift(now, -MAX_AGE):
        message = f"The count of {newest.units} is more than 7 days old. Count again."
        return EventFault(FindingKind.STALE_COUNT, message, newest)
    return None


def _find_moved_count(counts: Sequence[Event], ledger: SkuLedger) -> Event | None:
    """Return the settled count whose file now has an earlier time, or None."""
    settled = {
        one.name
        for one in ledger.events
        if one.is_count and one.at == ledger.counted_at and not one.in_level
    }
    if any(one.at == ledger.counted_at for one in counts):
        return None
    earlier = (one for one in counts if one.file.name in settled and one.at < ledger.counted_at)
    return next(earlier, None)


def refuse_tidying(gone: SettledEvent, beside: Event | None) -> EventFault:
    """Return the fault for an adjustment that was settled long ago and is now *gone*."""
    message = (
        f"{gone.units:+} ({gone.reason or gone.name}, {gone.at[:10]}) was settled more than 7"
        f" days ago, but is missing from {gone.name}. Restore it. To tidy up, run `reconciler"
        " adjust --close`. To reverse it, add an opposite adjustment."
    )
    return EventFault(FindingKind.CONFLICTING, message, beside)
