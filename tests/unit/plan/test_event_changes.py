"""Compare adjustments in the files with those applied before."""

import pytest

from reconciler.model import Event, EventFile, EventVerb, SettledEvent
from reconciler.plan.event_changes import compare

FIRST, SECOND, THIRD = (f"2026-11-0{day}T10:00:00.000Z" for day in (1, 2, 3))
LONG_AGO = "2026-11-13T10:00:00.000Z"
OLD, RECENT = "2026-11-12T10:00:00.000Z", "2026-11-14T10:00:00.000Z"


def _event(units: int, at: str = FIRST, name: str = "a.yaml", reason: str = "") -> Event:
    return Event("A", False, units, EventFile(f"i/demo/{name}", name, at, at, reason), 3)


def _settled(
    units: int, at: str = FIRST, name: str = "a.yaml", when: str = RECENT, reason: str = ""
) -> SettledEvent:
    return SettledEvent(name, at, False, units, when, False, reason)


def _changes(present: list[Event], put_in: list[SettledEvent]) -> list[tuple[EventVerb, int]]:
    return [(one.verb, one.units) for one in compare(present, put_in, LONG_AGO).changes]


def test_new_adjustment_has_its_place_and_time() -> None:
    """The time is shown as in the file."""
    event = _event(20, reason="delivery PO-123")
    (change,) = compare([event], [], LONG_AGO).changes

    assert (change.verb, change.units, change.was) == (EventVerb.ADJUSTED, 20, None)
    assert (change.reason, change.at, change.source) == ("delivery PO-123", FIRST, event.source)


def test_edited_adjustment_has_its_earlier_number() -> None:
    """It is identified by its file."""
    (change,) = compare([_event(25)], [_settled(20)], LONG_AGO).changes

    assert (change.verb, change.units, change.was) == (EventVerb.EDITED, 5, 20)


@pytest.mark.parametrize(
    ("reason", "name", "said"),
    [("delivery PO-123", "a.yaml", "delivery PO-123"), ("", "events/x/a.yaml", "a.yaml")],
)
def test_deleted_adjustment_is_taken_back(reason: str, name: str, said: str) -> None:
    """It is named by its reason, else by its file. It has no place anymore."""
    (change,) = compare([], [_settled(20, name=name, reason=reason)], LONG_AGO).changes

    assert (change.verb, change.units, change.reason) == (EventVerb.TAKEN_BACK, -20, said)
    assert change.source is None


@pytest.mark.parametrize(
    ("present", "put_in"),
    [
        ([_event(20)], [_settled(20)]),
        ([_event(20, name="b.yaml")], [_settled(20)]),
        ([_event(12, name="b.yaml"), _event(8, name="c.yaml")], [_settled(20)]),
        ([_event(20)], [_settled(12, name="b.yaml"), _settled(8, name="c.yaml")]),
        ([_event(20, SECOND)], [_settled(20)]),
        ([_event(6, THIRD, "z.yaml")], [_settled(1), _settled(5, THIRD, "c.yaml")]),
    ],
    ids=["same", "renamed", "split", "joined", "another time", "folded"],
)
def test_same_units_are_no_change(present: list[Event], put_in: list[SettledEvent]) -> None:
    """Neither the file nor the time matters."""
    assert compare(present, put_in, LONG_AGO) == ((), None)


def test_adjustment_renamed_and_edited_is_deleted_and_added() -> None:
    """Neither file nor units are the same. The sum is right."""
    changes = _changes([_event(25, name="b.yaml")], [_settled(20)])

    assert sorted(changes) == [(EventVerb.ADJUSTED, 25), (EventVerb.TAKEN_BACK, -20)]


def test_second_delivery_at_the_same_time_is_added() -> None:
    """The first one is unchanged."""
    assert _changes([_event(20), _event(20, name="b.yaml")], [_settled(20)]) == [
        (EventVerb.ADJUSTED, 20)
    ]


@pytest.mark.parametrize("units", [4, 6, 9])
def test_fold_with_other_changes_is_still_a_fold(units: int) -> None:
    """Other added, deleted, or edited adjustments are named separately."""
    old = [_settled(1, FIRST, "a.yaml", OLD), _settled(5, SECOND, "b.yaml", OLD)]
    folded = _event(6, SECOND, "z.yaml")
    new, recent = _event(units, THIRD, "c.yaml"), _settled(3, THIRD, "c.yaml")

    assert _changes([folded, new], old) == [(EventVerb.ADJUSTED, units)]
    assert _changes([folded, new], [*old, recent]) == [(EventVerb.EDITED, units - 3)]
    assert _changes([folded], [*old, recent]) == [(EventVerb.TAKEN_BACK, -3)]
    assert compare([folded], [*old, recent], LONG_AGO).tidied_up is None


@pytest.mark.parametrize(("when", "is_tidied_up"), [(OLD, True), (RECENT, False)])
def test_deleted_adjustment_settled_long_ago_is_tidied_up(when: str, is_tidied_up: bool) -> None:
    """An edited or moved one is not tidied up."""
    settled = _settled(20, when=when)

    assert compare([], [settled], LONG_AGO).tidied_up == (settled if is_tidied_up else None)
    assert compare([_event(25)], [settled], LONG_AGO).tidied_up is None
    assert compare([_event(20, name="b.yaml")], [settled], LONG_AGO).tidied_up is None


def test_deleted_adjustments_with_sum_zero_change_nothing() -> None:
    """No file has their sum, and nothing is taken back."""
    old = [_settled(20, FIRST, "a.yaml", OLD), _settled(-20, SECOND, "b.yaml", OLD)]

    assert compare([], old, LONG_AGO) == ((), None)


def test_changes_add_up_to_the_difference() -> None:
    """The announced changes equal the correction."""
    present = [_event(7, name="b.yaml"), _event(-2, SECOND, "c.yaml"), _event(4, THIRD, "d.yaml")]
    put_in = [_settled(9), _settled(-5, SECOND, "c.yaml"), _settled(1, THIRD, "e.yaml")]

    assert sum(units for _, units in _changes(present, put_in)) == 9 - 5
