"""Compute what the shop lacks of one SKU, given its events and its ledger.

The files are a ledger, and the ledger is declarative. The sum of the adjustments since the last
count is compared with what was put in. So renaming, moving, or splitting files does nothing. An
edited delivery is corrected, and a deleted one is taken back.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model import (
    Correction,
    Event,
    EventChange,
    EventVerb,
    LedgerSku,
    SettledEvent,
    SkuLedger,
)
from reconciler.plan.event_changes import compare
from reconciler.plan.event_faults import MAX_AGE, EventFault, find_event_fault, refuse_tidying
from reconciler.plan.sales import shift

# Maximum corrections to keep since a level was settled. Older ones are dropped.
MAX_CORRECTIONS: Final = 1000


class Balance(Struct, frozen=True):
    """The write that the events of one SKU add up to.

    Without a `count` to apply, the shop lacks `units` (below 0: it has too many). With a `count`,
    it should have `count` plus `units`, less what was sold since. `changes` are the reasons.
    `taken` are incoming units that customers already bought beyond the count. `included` are
    messages about events that change nothing, each with its event.
    """

    ledger: SkuLedger
    events: tuple[Event, ...]
    count: Event | None = None
    units: int = 0
    changes: tuple[EventChange, ...] = ()
    included: tuple[tuple[str, Event | None], ...] = ()
    fault: EventFault | None = None
    taken: int = 0

    @property
    def asks_for_write(self) -> bool:
        """Whether the events need a write."""
        return self.count is not None or self.units != 0

    @property
    def has_new(self) -> bool:
        """Whether the files have an event that no apply has settled in any form."""
        names = {one.name for one in self.ledger.events}
        moments = {one.at for one in self.ledger.events}
        return any(
            one.at not in moments
            and (one.is_count or one.file.name not in names)
            and one.at > self.ledger.counted_at
            for one in self.events
        )

    @property
    def has_changed(self) -> bool:
        """Whether the events differ from the settled ones, ignoring file names."""
        said = {_identity(one)[1:] for one in self.events}
        return said != {(one.at, one.is_count, one.units) for one in self.ledger.events}

    def is_settled(self, sku: LedgerSku) -> bool:
        """Return whether the record already has all of this."""
        known = replace(self.ledger, events=_untimed(self.ledger.events))
        return self.fault is None and self.after("", sku) == known

    def after(self, at: str, sku: LedgerSku) -> SkuLedger:
        """Return the ledger of *sku* once an apply has settled all events *at* this time.

        Without a time (''), settle times are left out, so that ledgers can be compared.
        """
        ledger = self.ledger
        counted_at, counted = ledger.counted_at, ledger.counted
        count = self.count or _find_count(self.events, counted_at)
        if count is not None:
            counted_at, counted = count.at, count.units
        events = (*self._settle_events(at), *self._keep_swallowed(counted_at, at))
        added = (one for one in events if not one.is_count and not one.in_level)
        return replace(
            ledger,
            sku_id=sku.sku_id,
            set_id="",
            short=0 if self.count is not None else ledger.short - self.taken,
            keys=sku.keys,
            counted_at=counted_at,
            counted=counted,
            put_in=sum(one.units for one in added if one.at > counted_at),
            events=events,
        )

    def _settle_events(self, at: str) -> tuple[SettledEvent, ...]:
        """Return the events in the files as settled *at* this time, or at their earlier time."""
        settled_at = _settled_at(self.ledger.events)
        folded_at = "" if self.asks_for_write else self._find_gone_at()
        is_in_level = _in_level(self.ledger)
        return tuple(
            SettledEvent(
                one.file.name,
                one.at,
                one.is_count,
                one.units,
                settled_at(one, folded_at or at) if at else "",
                is_in_level(one),
                one.file.reason[:100],
                one.sku,
            )
            for one in sorted(self.events, key=_identity)
        )

    def _find_gone_at(self) -> str:
        """Return the last settle time of adjustments that the files no longer have, or ''."""
        present = {(one.file.name, one.at) for one in self.events}
        gone = [
            one
            for one in self.ledger.events
            if not one.is_count and (one.name, one.at) not in present
        ]
        return max((one.settled_at for one in gone), default="")

    def _keep_swallowed(self, counted_at: str, at: str) -> tuple[SettledEvent, ...]:
        """Return events that a level includes and that no file has anymore.

        If such an event comes back, it changes nothing.
        """
        present = {(one.file.name, one.at) for one in self.events}
        return tuple(
            one if at else one._replace(settled_at="")
            for one in self.ledger.events
            if one.in_level and one.at > counted_at and (one.name, one.at) not in present
        )


def compute_balance(events: Iterable[Event], ledger: SkuLedger, now: str) -> Balance:
    """Return the balance of the *events* of one SKU, given its *ledger*.

    *now* is the shop's own time: UTC, ISO 8601. It is '' if a plan has already rejected events that
    are too old or too early.
    """
    events = tuple(events)
    is_in_level = _in_level(ledger)
    live = [one for one in events if not is_in_level(one)]
    if now and (fault := find_event_fault(live, ledger, now)):
        return Balance(ledger, events, fault=fault)
    newest = max((one for one in live if one.is_count), key=lambda one: one.at, default=None)
    count = newest if newest is not None and newest.at > ledger.counted_at else None
    since = count.at if count else ledger.counted_at
    present = [one for one in live if not one.is_count and one.at > since]
    units = sum(one.units for one in present)
    included = (*_name_included(live, ledger, count), *_name_swallowed(events, ledger))
    if count is not None:
        changes = (_counted(count), *(_adjusted(one) for one in present))
        return Balance(ledger, events, count, units, changes, included)
    put_in = [
        one for one in ledger.events if not one.is_count and not one.in_level and one.at > since
    ]
    changes, tidied_up = compare(present, put_in, shift(now, -MAX_AGE) if now else "")
    recounted = _recount(live, ledger)
    units += (recounted.units if recounted else 0) - ledger.put_in
    fault = None
    if tidied_up is not None:
        fault = refuse_tidying(tidied_up, present[0] if present else None)
    taken = min(ledger.short, max(0, units))
    units -= taken
    if taken and not units:
        message = "Customers already bought these units, beyond the count. Nothing is written."
        included = (*included, (message, present[0] if present else None))
    owed = (_owed(taken),) if taken else ()
    changes = (*((recounted,) if recounted else ()), *changes, *owed) if units else ()
    return Balance(ledger, events, None, units, changes, included, fault, taken)


def _owed(units: int) -> EventChange:
    return EventChange(EventVerb.SHORT, -units, "sold beyond the count", "", None, None)


def release(ledger: SkuLedger) -> SkuLedger:
    """Return the ledger of a SKU that no file names anymore.

    Its events are marked as included, so they change nothing later.
    """
    # Drop the file name, so a new delivery in a file of that name counts as new.
    events = tuple(one._replace(in_level=True, name="") for one in ledger.events)
    return replace(ledger, put_in=0, short=0, events=events)


def write_level(balance: Balance, at: str, sku: LedgerSku) -> SkuLedger:
    """Return the ledger after a level was written, which includes all events in the files."""
    after = balance.after(at, sku)
    events = tuple(one._replace(in_level=True) for one in after.events)
    return replace(after, put_in=0, short=0, level_at=at, events=events, corrections=())


def corrected(ledger: SkuLedger, at: str, units: int) -> SkuLedger:
    """Return *ledger* with one more written correction."""
    corrections = (*ledger.corrections, Correction(at, units)) if units else ledger.corrections
    return replace(ledger, corrections=corrections[-MAX_CORRECTIONS:])


def _recount(events: Sequence[Event], ledger: SkuLedger) -> EventChange | None:
    """Return the correction of a settled count, unless a level was written since."""
    now = _find_count(events, ledger.counted_at)
    if now is None or ledger.counted is None or ledger.level_at > ledger.counted_at:
        return None
    units = now.units - ledger.counted
    if not units:
        return None
    return EventChange(
        EventVerb.RECOUNTED, units, now.file.reason, now.file.written_at, now.source, ledger.counted
    )


def _find_count(events: Iterable[Event], at: str) -> Event | None:
    return next((one for one in events if one.is_count and one.at == at), None)


def _counted(event: Event) -> EventChange:
    return EventChange(
        EventVerb.COUNTED, event.units, event.file.reason, event.file.written_at, event.source, None
    )


def _adjusted(event: Event) -> EventChange:
    return EventChange(
        EventVerb.ADJUSTED, event.units, event.reason, event.file.written_at, event.source, None
    )


def _name_included(
    events: Sequence[Event], ledger: SkuLedger, count: Event | None
) -> Iterable[tuple[str, Event | None]]:
    """Yield messages for new events that a count includes, and for a deleted settled count."""
    since = count.at if count else ledger.counted_at
    known = {(one.at, one.is_count, one.units) for one in ledger.events}
    for one in events:
        if one is count or one.at > since or _identity(one)[1:] in known:
            continue
        if count is None and one.is_count and one.at == since:
            continue  # the settled count itself, corrected or moved to another file
        what = f"the count of {one.units}" if one.is_count else f"{one.units:+} ({one.reason})"
        yield f"Included: {what} is older than the count of {since[:16]}Z.", one
    was_there = any(
        one.is_count and one.at == ledger.counted_at and not one.in_level for one in ledger.events
    )
    if count is None and was_there and _find_count(events, ledger.counted_at) is None:
        message = (
            f"The deleted count of {ledger.counted} at {ledger.counted_at[:16]}Z stays in force."
            " To change it, count again."
        )
        yield message, None


def _name_swallowed(
    events: Sequence[Event], ledger: SkuLedger
) -> Iterable[tuple[str, Event | None]]:
    """Yield messages for events that changed after a written level included them."""
    known = {(one.name, one.at, one.is_count, one.units) for one in ledger.events}
    is_in_level = _in_level(ledger)
    for one in events:
        if is_in_level(one) and _identity(one) not in known:
            yield f"{one.units} ({one.reason}): included in the level.", one


def _in_level(ledger: SkuLedger) -> Callable[[Event], bool]:
    """Return a predicate for events that a level includes, by file name or time."""
    names = {one.name for one in ledger.events if one.in_level} - {""}
    moments = {one.at for one in ledger.events if one.in_level}
    return lambda event: event.file.name in names or event.at in moments


def _settled_at(events: Sequence[SettledEvent]) -> Callable[[Event, str], str]:
    """Return a function that finds when an event was first settled, even in another file."""
    by_file = {(one.name, one.at): one.settled_at for one in events}
    by_units = {(one.at, one.is_count, one.units): one.settled_at for one in events}

    def find(event: Event, now: str) -> str:
        earlier = by_units.get(_identity(event)[1:], now)
        return by_file.get((event.file.name, event.at), earlier)

    return find


def _identity(event: Event) -> tuple[str, str, bool, int]:
    return event.file.name, event.at, event.is_count, event.units


def _untimed(events: Sequence[SettledEvent]) -> tuple[SettledEvent, ...]:
    return tuple(one._replace(settled_at="") for one in events)
