"""Compute what the events of one SKU change, given what was settled before."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from factories import NOW
from msgspec.structs import replace

from reconciler.model import (
    Correction,
    Event,
    EventFile,
    EventVerb,
    FindingKind,
    LedgerSku,
    SettledEvent,
    SkuLedger,
    format_time,
)
from reconciler.plan.ledger import (
    MAX_CORRECTIONS,
    Balance,
    compute_balance,
    corrected,
    write_level,
)
from reconciler.plan.settling import settle_all

SKU = LedgerSku("id-A", ("A",))
NEW = SkuLedger("id-A")


def _ago(hours: float) -> str:
    """Return the time some *hours* before now."""
    return format_time(datetime.fromisoformat(NOW) - timedelta(hours=hours))


def _event(units: int | str, at: str = NOW, name: str = "1.yaml", sku: str = "A") -> Event:
    """Return a count (`11`) or an adjustment (`"+20"`)."""
    file = EventFile(f"inventory/demo/events/{name}", f"events/{name}", at, at)
    return Event(sku, isinstance(units, int), int(units), file, 3)


def _settle(*events: Event, ledger: SkuLedger = NEW, at: str = NOW) -> SkuLedger:
    """Return the ledger after an apply that settled *events*."""
    return compute_balance(events, ledger, at).after(at, SKU)


class Says(NamedTuple):
    """The content of a balance, in short."""

    counted: int | None
    units: int
    verbs: list[str]


def _says(*events: Event, ledger: SkuLedger = NEW) -> Says:
    balance = compute_balance(events, ledger, NOW)
    assert balance.fault is None, balance.fault
    count = balance.count.units if balance.count else None
    return Says(count, balance.units, [one.verb.value for one in balance.changes])


def _fault(*events: Event, ledger: SkuLedger = NEW, now: str = NOW) -> FindingKind | None:
    fault = compute_balance(events, ledger, now).fault
    return fault.kind if fault else None


NOTHING = Says(None, 0, [])
DELIVERY = _event("+20", _ago(5), "a.yaml")
COUNT = _event(11, _ago(4), "c.yaml")


def test_adjustments_add_up() -> None:
    """Without a count, the sum of all adjustments is missing in the shop."""
    assert _says(DELIVERY, _event("-3", _ago(2), "b.yaml")) == Says(None, 17, ["adjusted"] * 2)


def test_settled_adjustment_changes_nothing() -> None:
    """Only the difference between the files and the applied units is added."""
    ledger = _settle(DELIVERY)
    balance = compute_balance([DELIVERY], ledger, NOW)

    assert (ledger.put_in, _says(DELIVERY, ledger=ledger)) == (20, NOTHING)
    assert (balance.asks_for_write, balance.is_settled(SKU)) == (False, True)


@pytest.mark.parametrize("counted_at", [5.0, 3.0, 1.0])
def test_count_adds_later_adjustments(counted_at: float) -> None:
    """Earlier adjustments are included in the count."""
    later = _event("+4", _ago(2), "b.yaml")
    came_in = 4 if counted_at > 2 else 0
    said = _says(DELIVERY, later, _event(11, _ago(counted_at), "c.yaml"))

    assert said[:2] == (11, came_in)


def test_count_includes_adjustments_at_its_time() -> None:
    """Only adjustments after the count are added."""
    assert _says(COUNT, _event("+4", COUNT.at, "b.yaml"))[:2] == (11, 0)


def test_latest_count_is_applied() -> None:
    """Earlier counts have no effect."""
    assert _says(COUNT, _event(7, _ago(2), "d.yaml"))[:2] == (7, 0)


def test_settled_count_changes_nothing() -> None:
    """A count is applied once. The record has its time and number."""
    ledger = _settle(DELIVERY, COUNT)

    assert (ledger.counted_at, ledger.counted, ledger.put_in) == (COUNT.at, 11, 0)
    assert _says(DELIVERY, COUNT, ledger=ledger) == NOTHING


def test_count_after_the_settled_one_is_applied() -> None:
    """It replaces everything before it, including applied adjustments."""
    ledger = _settle(COUNT, _event("+4", _ago(3), "b.yaml"))
    said = _says(
        COUNT, _event("+4", _ago(3), "b.yaml"), _event(9, _ago(1), "d.yaml"), ledger=ledger
    )

    assert (ledger.put_in, said) == (4, Says(9, 0, ["counted"]))


def test_adjustment_after_the_settled_count_is_added() -> None:
    """It is added to the live stock."""
    ledger = _settle(COUNT)

    assert _says(COUNT, _event("+4", _ago(1), "b.yaml"), ledger=ledger) == Says(
        None, 4, ["adjusted"]
    )


@pytest.mark.parametrize("name", ["renamed.yaml", "2026-11/moved.yaml"])
def test_renamed_or_moved_file_changes_nothing(name: str) -> None:
    """The place of an event does not matter."""
    ledger = _settle(DELIVERY, COUNT, _event("+4", _ago(1), "b.yaml"))
    moved = [
        _event("+20", DELIVERY.at, f"x/{name}"),
        _event(11, COUNT.at, f"y/{name}"),
        _event("+4", _ago(1), f"z/{name}"),
    ]

    assert _says(*moved, ledger=ledger) == NOTHING


def test_moved_file_is_not_merged_late() -> None:
    """A settled event in another file has no message."""
    moved = _event("+20", DELIVERY.at, "moved.yaml")

    assert compute_balance([moved, COUNT], _settle(DELIVERY, COUNT), NOW).included == ()


def test_split_file_changes_nothing() -> None:
    """A delivery in two files with the same time is the same delivery."""
    parts = [_event("+12", DELIVERY.at, "a1.yaml"), _event("+8", DELIVERY.at, "a2.yaml")]

    assert _says(*parts, ledger=_settle(DELIVERY)) == NOTHING
    assert _says(DELIVERY, ledger=_settle(*parts)) == NOTHING


@pytest.mark.parametrize(("now", "units"), [("+25", 5), ("+2", -18), ("-20", -40)])
def test_edited_delivery_is_corrected(now: str, units: int) -> None:
    """Only the difference is added, and the change has the earlier number."""
    balance = compute_balance([_event(now, DELIVERY.at, "a.yaml")], _settle(DELIVERY), NOW)
    (change,) = balance.changes

    assert (balance.units, change.verb, change.units, change.was) == (
        units,
        EventVerb.EDITED,
        units,
        20,
    )


def test_delivery_with_an_edited_time_is_the_same() -> None:
    """Unless there is a count between the two times."""
    assert _says(_event("+20", _ago(1), "a.yaml"), ledger=_settle(DELIVERY)) == NOTHING


def test_deleted_delivery_is_taken_back() -> None:
    """A revert does the same."""
    balance = compute_balance([], _settle(DELIVERY), NOW)
    (change,) = balance.changes

    assert (balance.units, change.verb, change.units) == (-20, EventVerb.TAKEN_BACK, -20)


def test_restored_delivery_is_added_again() -> None:
    """This is the revert of a revert."""
    taken_back = _settle(ledger=_settle(DELIVERY))

    assert taken_back.put_in == 0
    assert _says(DELIVERY, ledger=taken_back) == Says(None, 20, ["adjusted"])


def test_deliveries_of_two_branches_are_both_added() -> None:
    """The file that is merged later may have the earlier time."""
    ledger = _settle(DELIVERY)
    other = _event("+7", _ago(6), "b.yaml")

    assert _says(DELIVERY, other, ledger=ledger) == Says(None, 7, ["adjusted"])


def test_two_deliveries_at_the_same_time_are_both_added() -> None:
    """The same units at the same time in another file are another delivery."""
    other = _event("+20", DELIVERY.at, "b.yaml")

    assert _says(DELIVERY, other, ledger=_settle(DELIVERY)) == Says(None, 20, ["adjusted"])


def test_event_before_the_settled_count_is_included() -> None:
    """It changes nothing, and is named once."""
    ledger = _settle(COUNT)
    late = [_event("+7", _ago(6), "b.yaml"), _event(90, _ago(5), "d.yaml")]
    balance = compute_balance([COUNT, *late], ledger, NOW)
    again = compute_balance([COUNT, *late], balance.after(NOW, SKU), NOW)

    assert _says(COUNT, *late, ledger=ledger) == NOTHING
    assert [event for _, event in balance.included] == late
    assert again.included == ()


def test_event_before_a_new_count_is_included() -> None:
    """It is included in the new count, and named."""
    balance = compute_balance([DELIVERY, COUNT], NEW, NOW)

    assert [event for _, event in balance.included] == [DELIVERY]


def test_event_in_a_settled_count_has_no_effect() -> None:
    """It may be edited or deleted."""
    ledger = _settle(DELIVERY, COUNT)
    edited = _event("+90", DELIVERY.at, "a.yaml")

    assert _says(COUNT, ledger=ledger) == NOTHING
    assert _says(edited, COUNT, ledger=ledger) == NOTHING


def test_deleted_count_stays_in_force() -> None:
    """Events in it are not added again, and a message says so once."""
    ledger = _settle(DELIVERY, COUNT)
    balance = compute_balance([DELIVERY], ledger, NOW)
    after = balance.after(NOW, SKU)

    assert (balance.asks_for_write, len(balance.included)) == (False, 1)
    assert (after.counted_at, after.counted) == (COUNT.at, 11)
    assert compute_balance([DELIVERY], after, NOW).included == ()


def test_restored_count_changes_nothing() -> None:
    """It is not a new count."""
    deleted = _settle(DELIVERY, ledger=_settle(DELIVERY, COUNT))

    assert _says(DELIVERY, COUNT, ledger=deleted) == NOTHING


@pytest.mark.parametrize(("now", "units"), [(111, 100), (1, -10)])
def test_edited_count_adds_the_difference(now: int, units: int) -> None:
    """A typing error in a stocktake is corrected by editing it."""
    ledger = _settle(COUNT, _event("+4", _ago(1), "b.yaml"))
    events = [_event(now, COUNT.at, "c.yaml"), _event("+4", _ago(1), "b.yaml")]
    balance = compute_balance(events, ledger, NOW)
    (change,) = balance.changes

    assert (balance.count, balance.units, change.verb, change.was) == (
        None,
        units,
        EventVerb.RECOUNTED,
        11,
    )
    assert balance.after(NOW, SKU).counted == now
    assert _says(*events, ledger=balance.after(NOW, SKU)) == NOTHING


def test_edited_count_and_delivery_are_both_named() -> None:
    """The correction is the sum of both."""
    corrected_count = _event(12, COUNT.at, "c.yaml")

    assert _says(corrected_count, _event("+4", _ago(1), "b.yaml"), ledger=_settle(COUNT)) == Says(
        None, 5, ["recounted", "adjusted"]
    )


def test_edited_count_before_a_level_changes_nothing() -> None:
    """The level was written later."""
    ledger = replace(_settle(COUNT), level_at=_ago(2))

    assert _says(_event(111, COUNT.at, "c.yaml"), ledger=ledger) == NOTHING


def test_count_edited_into_a_delivery_stays_in_force() -> None:
    """The delivery is not after the settled count, so it is not added."""
    assert _says(_event("+11", COUNT.at, "c.yaml"), ledger=_settle(COUNT)) == NOTHING


@pytest.mark.parametrize("name", ["a.yaml", "elsewhere.yaml"])
@pytest.mark.parametrize("units", ["+20", "+99", 3])
def test_written_level_includes_events_at_the_same_time(name: str, units: int | str) -> None:
    """Changes of such an event have no effect, and are named."""
    ledger = write_level(compute_balance([DELIVERY], NEW, NOW), NOW, SKU)
    event = _event(units, DELIVERY.at, name)
    balance = compute_balance([event], ledger, NOW)

    assert (balance.asks_for_write, balance.changes, balance.fault) == (False, (), None)
    assert len(balance.included) == (0 if (name, units) == ("a.yaml", "+20") else 1)


@pytest.mark.parametrize("units", ["+20", "+99", 3])
def test_written_level_includes_events_of_the_same_file(units: int | str) -> None:
    """Even if the time was edited."""
    ledger = write_level(compute_balance([DELIVERY], NEW, NOW), NOW, SKU)

    assert _says(_event(units, _ago(1), "a.yaml"), ledger=ledger) == NOTHING


def test_written_level_keeps_deleted_events() -> None:
    """They are not taken back, and not added if they are restored."""
    ledger = write_level(compute_balance([DELIVERY, COUNT], NEW, NOW), NOW, SKU)
    deleted = _settle(ledger=ledger)

    assert (ledger.put_in, ledger.level_at) == (0, NOW)
    assert _says(ledger=ledger) == NOTHING
    assert _says(DELIVERY, COUNT, ledger=deleted) == NOTHING


def test_event_after_a_level_is_new() -> None:
    """A level includes only events that were in the files when it was written."""
    ledger = write_level(compute_balance([DELIVERY], NEW, NOW), NOW, SKU)
    new = _event("+4", _ago(-0.01), "b.yaml")

    assert _says(DELIVERY, new, ledger=ledger) == Says(None, 4, ["adjusted"])
    assert _says(DELIVERY, new, ledger=_settle(DELIVERY, new, ledger=ledger)) == NOTHING


def test_count_in_a_level_does_not_hide_an_earlier_count() -> None:
    """Events in a level are ignored. Older counts are compared with the time of the level."""
    ledger = write_level(compute_balance([COUNT], NEW, NOW), NOW, SKU)

    assert _fault(COUNT, _event(5, _ago(3), "d.yaml"), ledger=ledger) is FindingKind.STALE_COUNT


def test_write_level_drops_earlier_corrections() -> None:
    """The stock is known again, so earlier corrections explain nothing."""
    ledger = corrected(_settle(DELIVERY), _ago(1), 20)
    balance = compute_balance([DELIVERY], ledger, NOW)

    assert (ledger.corrected_since(""), write_level(balance, NOW, SKU).corrections) == (20, ())


OLD = [_event(f"+{n}", _ago(24 * 20 - n), f"old{n}.yaml") for n in (1, 2, 3)]
SETTLED_LONG_AGO = _settle(*OLD, at=_ago(24 * 10))


def test_folded_adjustments_are_the_same() -> None:
    """`adjust --close` writes one file with the sum, dated as the last adjustment."""
    folded = _event("+6", OLD[-1].at, "closed.yaml")
    new = _event("+5", _ago(1), "new.yaml")

    assert _says(folded, ledger=SETTLED_LONG_AGO) == NOTHING
    assert _says(folded, new, ledger=SETTLED_LONG_AGO) == Says(None, 5, ["adjusted"])
    assert _says(folded, ledger=_settle(folded, ledger=SETTLED_LONG_AGO)) == NOTHING


def test_folded_adjustments_beside_an_edited_delivery() -> None:
    """Folded adjustments are not taken back, so only the edit counts."""
    ledger = _settle(*OLD, _event("+20", _ago(24), "a.yaml"), ledger=SETTLED_LONG_AGO, at=_ago(24))
    folded, edited = _event("+6", OLD[-1].at, "closed.yaml"), _event("+25", _ago(24), "a.yaml")

    assert _says(folded, edited, ledger=ledger)[:2] == (None, 5)


def test_folded_adjustments_beside_a_deleted_delivery() -> None:
    """Folded adjustments are not taken back. One settled yesterday is."""
    ledger = _settle(*OLD, _event("+20", _ago(24), "a.yaml"), ledger=SETTLED_LONG_AGO, at=_ago(24))
    folded = _event("+6", OLD[-1].at, "closed.yaml")

    assert _says(folded, ledger=ledger)[:2] == (None, -20)


def test_adjustment_settled_long_ago_is_not_taken_back() -> None:
    """Deleting it is more likely tidying up than a correction."""
    assert _fault(*OLD[1:], ledger=SETTLED_LONG_AGO) is FindingKind.CONFLICTING
    assert _fault(ledger=SETTLED_LONG_AGO) is FindingKind.CONFLICTING


def test_adjustment_settled_long_ago_may_be_edited() -> None:
    """Its file still exists, so nothing was tidied up."""
    edited = _event("+9", OLD[0].at, "old1.yaml")

    assert _says(edited, *OLD[1:], ledger=SETTLED_LONG_AGO) == Says(None, 8, ["edited"])


@pytest.mark.parametrize(("days", "is_conflicting"), [(7.01, True), (6.99, False)])
def test_age_of_an_adjustment_starts_when_settled(days: float, is_conflicting: bool) -> None:
    """The time of the event does not matter."""
    ledger = _settle(_event("+1", _ago(24 * 30), "old.yaml"), at=_ago(24 * days))

    assert (_fault(ledger=ledger) is FindingKind.CONFLICTING) == is_conflicting


def test_age_of_an_adjustment_continues_after_a_rename() -> None:
    """A delivery in another file is the same one."""
    moved = _event("+1", OLD[0].at, "moved.yaml")
    ledger = _settle(moved, *OLD[1:], ledger=SETTLED_LONG_AGO, at=_ago(24))

    assert _fault(*OLD[1:], ledger=ledger) is FindingKind.CONFLICTING


def test_deleted_delivery_beside_one_at_the_same_time_is_taken_back() -> None:
    """The one settled long ago still exists."""
    second = _event("+8", OLD[0].at, "second.yaml")
    ledger = _settle(*OLD, second, ledger=SETTLED_LONG_AGO, at=_ago(24))

    assert _says(*OLD, ledger=ledger) == Says(None, -8, ["taken_back"])


def test_old_deliveries_replaced_by_an_equal_new_one_conflict() -> None:
    """A new delivery must not be hidden by deleted old ones with the same sum."""
    fault = _fault(_event("+6", _ago(1), "new.yaml"), ledger=SETTLED_LONG_AGO)

    assert fault is FindingKind.CONFLICTING


@pytest.mark.parametrize(("hours", "is_stale"), [(24 * 7 + 0.1, True), (24 * 7 - 0.1, False)])
def test_count_older_than_seven_days_is_stale(hours: float, is_stale: bool) -> None:
    """Too much may have happened that the orders don't show."""
    fault = _fault(_event(11, _ago(hours)))

    assert (fault is FindingKind.STALE_COUNT) == is_stale


def test_count_older_than_the_level_is_stale() -> None:
    """The level was written later."""
    assert _fault(COUNT, ledger=replace(NEW, level_at=_ago(3))) is FindingKind.STALE_COUNT
    assert _fault(COUNT, ledger=replace(NEW, level_at=_ago(5))) is None


def test_stale_count_before_a_newer_one_is_ignored() -> None:
    """The newer count includes it."""
    assert _fault(_event(5, _ago(24 * 9), "d.yaml"), COUNT) is None


def test_settled_count_does_not_go_stale() -> None:
    """It was applied, regardless of its age."""
    ledger = _settle(_event(11, _ago(24 * 30)), at=_ago(24 * 29))

    assert _says(_event(11, _ago(24 * 30)), ledger=ledger) == NOTHING


def test_two_counts_at_the_same_time_are_conflicting() -> None:
    """It is unknown which one is right. Two equal counts are one."""
    assert _fault(COUNT, _event(12, COUNT.at, "d.yaml")) is FindingKind.CONFLICTING
    assert _says(COUNT, _event(11, COUNT.at, "d.yaml"))[:2] == (11, 0)


def test_settled_count_moved_back_is_conflicting() -> None:
    """Adjustments in between are included in it, and would be added again."""
    moved = _event(11, _ago(9), "c.yaml")

    assert _fault(moved, ledger=_settle(COUNT)) is FindingKind.CONFLICTING


def test_settled_count_moved_back_is_settled_by_a_later_count() -> None:
    """This is what the message recommends."""
    moved, again = _event(11, _ago(9), "c.yaml"), _event(8, _ago(1), "d.yaml")

    assert _says(moved, again, ledger=_settle(COUNT)) == Says(8, 0, ["counted"])


def test_settled_count_moved_forward_is_a_new_count() -> None:
    """It has the same number at a later time."""
    assert _says(_event(11, _ago(1), "c.yaml"), ledger=_settle(COUNT)) == Says(11, 0, ["counted"])


@pytest.mark.parametrize("units", [11, "+20"])
@pytest.mark.parametrize(("minutes", "waits"), [(5.1, True), (4.9, False), (0, False)])
def test_event_in_the_future_waits(units: int | str, minutes: float, waits: bool) -> None:
    """By more than five minutes of the shop's clock, because clocks differ."""
    fault = _fault(_event(units, _ago(-minutes / 60)))

    assert (fault is FindingKind.NOT_YET) == waits


def test_order_of_the_files_does_not_matter() -> None:
    """Events are sorted by time."""
    events = [DELIVERY, COUNT, _event("+4", _ago(1), "b.yaml")]
    ledger = _settle(DELIVERY)

    assert _says(*events, ledger=ledger)[:2] == _says(*reversed(events), ledger=ledger)[:2]
    assert _settle(*events, ledger=ledger) == _settle(*reversed(events), ledger=ledger)


def test_after_keeps_when_an_event_was_first_settled() -> None:
    """A later apply does not reset its age."""
    first = _settle(DELIVERY, at=_ago(4))
    second = _settle(DELIVERY, _event("+1", _ago(1), "b.yaml"), ledger=first)

    assert [one.settled_at for one in second.events] == [_ago(4), NOW]


def test_after_keeps_the_reason_of_an_event() -> None:
    """It is shown if the event is taken back, and cut if it is long."""
    file = replace(DELIVERY.file, reason="x" * 300)
    ledger = _settle(DELIVERY._replace(file=file))

    assert ledger.events == (
        SettledEvent("events/a.yaml", DELIVERY.at, False, 20, NOW, False, "x" * 100, "A"),
    )
    assert compute_balance([], ledger, NOW).changes[0].reason == "x" * 100


def test_has_new_ignores_settled_events() -> None:
    """This includes edited, moved, and deleted ones, and those before the count."""
    ledger = _settle(DELIVERY, COUNT, _event("+4", _ago(2), "b.yaml"))

    def has_new(*events: Event) -> bool:
        return compute_balance(events, ledger, NOW).has_new

    assert has_new(_event("+1", _ago(1), "d.yaml"))
    assert not has_new(_event("+5", _ago(2), "b.yaml"))
    assert not has_new(_event("+4", _ago(2), "moved.yaml"))
    assert not has_new(_event("+9", _ago(8), "late.yaml"))
    assert not has_new()


def test_is_settled_compares_keys() -> None:
    """A new key must be recorded, or the id of a ledger that came from files."""
    ledger = _settle(DELIVERY)
    balance = compute_balance([DELIVERY], ledger, NOW)

    assert balance.is_settled(SKU)
    assert not balance.is_settled(LedgerSku("id-A", ("A", "B")))
    assert not Balance(replace(ledger, sku_id=""), (DELIVERY,)).is_settled(SKU)


def test_corrected_since_sums_by_time() -> None:
    """A correction of no units is not kept."""
    ledger = corrected(corrected(corrected(NEW, _ago(3), 5), _ago(2), 0), _ago(1), -2)

    assert ledger.corrections == (Correction(_ago(3), 5), Correction(_ago(1), -2))
    assert [ledger.corrected_since(at) for at in ("", _ago(3), _ago(1))] == [3, -2, 0]


def test_corrections_are_capped() -> None:
    """The latest ones are kept."""
    ledger = replace(NEW, corrections=tuple(Correction(_ago(9), 1) for _ in range(MAX_CORRECTIONS)))

    assert len(corrected(ledger, NOW, 7).corrections) == MAX_CORRECTIONS
    assert corrected(ledger, NOW, 7).corrections[-1] == Correction(NOW, 7)


def test_settle_all_settles_every_event() -> None:
    """By key if nothing else is known. The last count includes everything before it."""
    events = [DELIVERY, COUNT, _event("+4", _ago(1), "b.yaml"), _event("+7", _ago(2), sku="B")]
    first, second = settle_all(events)

    assert (first.sku_id, first.keys, first.counted_at, first.counted, first.put_in) == (
        "",
        ("A",),
        COUNT.at,
        11,
        4,
    )
    assert (second.keys, second.counted_at, second.counted, second.put_in) == (("B",), "", None, 7)
    assert _says(*events[:3], ledger=first) == NOTHING


def test_settle_all_joins_keys_of_one_sku() -> None:
    """Events under an old and a new code add up."""
    known = SkuLedger("id-A", ("A", "B"), put_in=99)
    (ledger,) = settle_all([DELIVERY, _event("+7", _ago(2), sku="B")], [known])

    assert (ledger.sku_id, ledger.set_id) == ("", "id-A")  # found by its code anew
    assert (ledger.keys, ledger.put_in) == (("A", "B"), 27)


@pytest.mark.parametrize(("came_in", "units", "short"), [(10, 7, 0), (3, 0, 0), (2, 0, 1)])
def test_units_sold_beyond_a_count_reduce_deliveries(came_in: int, units: int, short: int) -> None:
    """8 of 5 were sold: the shop has 0, and the next 3 are sold already."""
    ledger = SkuLedger("id-A", ("A",), counted_at=_ago(9), counted=5, short=3)
    delivery = DELIVERY._replace(units=came_in)
    balance = compute_balance([delivery], ledger, NOW)
    after = balance.after(NOW, SKU)

    assert (balance.units, sum(one.units for one in balance.changes)) == (units, units)
    assert (after.put_in, after.short) == (came_in, short)
    again = compute_balance([delivery], after, NOW)
    assert (again.units, again.after(NOW, SKU).short) == (0, short)
