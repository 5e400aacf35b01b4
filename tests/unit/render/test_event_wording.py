"""Describe why events change a stock."""

import factories
import pytest
from msgspec.structs import replace

from reconciler.model import Action, Cause, EventChange, EventVerb, SoldSince, Source
from reconciler.render.event_wording import events_why

AT = "2026-11-27T10:00:00+01:00"
SOURCE = Source("inventory/demo/events/a.yaml", 4)


def _change(verb: EventVerb, units: int, reason: str = "", was: int | None = None) -> EventChange:
    return EventChange(verb, units, reason, AT, SOURCE, was)


def _action(*events: EventChange, sold: tuple[int, int] | None = None, after: int = 39) -> Action:
    is_count = any(one.verb is EventVerb.COUNTED for one in events)
    since = SoldSince(AT, *sold) if sold else None
    action = factories.action("A", 30, after)
    cause = Cause.COUNTED if is_count else Cause.ADJUSTED
    return replace(action, cause=cause, correction=after - 30, sold_since=since, events=events)


COUNT = _change(EventVerb.COUNTED, 44)
DELIVERY = _change(EventVerb.ADJUSTED, 20, "delivery PO-123")


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([DELIVERY], "+20 delivery PO-123"),
        ([_change(EventVerb.ADJUSTED, -3)], "-3"),
        (
            [_change(EventVerb.TAKEN_BACK, -20, "delivery PO-123")],
            "-20 delivery PO-123 taken back",
        ),
        ([_change(EventVerb.EDITED, 5, "PO-1", 20)], "+5 PO-1 corrected +20 -> +25"),
        ([_change(EventVerb.EDITED, -5, "PO-1", -20)], "-5 PO-1 corrected -20 -> -25"),
        ([_change(EventVerb.RECOUNTED, 100, "", 11)], "count corrected 11 -> 111"),
        ([DELIVERY, _change(EventVerb.ADJUSTED, -3, "broken")], "+20 delivery PO-123; -3 broken"),
    ],
)
def test_events_why_of_a_change_has_units_and_reason(events: list[EventChange], said: str) -> None:
    """An edited event also has its earlier number."""
    assert events_why(_action(*events)) == said


@pytest.mark.parametrize(
    ("sold", "said"),
    [
        ((5, 4), "44 counted Nov 27 10:00; 5 sold since in 4 orders"),
        ((1, 1), "44 counted Nov 27 10:00; 1 sold since in 1 order"),
        ((0, 0), "44 counted Nov 27 10:00; none sold since"),
        (None, "44 counted Nov 27 10:00"),
    ],
)
def test_events_why_of_a_count_has_time_and_sales(sold: tuple[int, int] | None, said: str) -> None:
    """The time is as in the file. Offline, sales are left out."""
    assert events_why(_action(COUNT, sold=sold)) == said


def test_events_why_puts_deliveries_after_sales() -> None:
    """The order is that of the sum: counted, less sold, plus came in."""
    assert events_why(_action(COUNT, DELIVERY, sold=(5, 4))) == (
        "44 counted Nov 27 10:00; 5 sold since in 4 orders; +20 delivery PO-123"
    )


@pytest.mark.parametrize(("sold", "short"), [(70, 6), (65, 1), (64, 0)])
def test_events_why_of_a_count_below_zero_has_the_shortfall(sold: int, short: int) -> None:
    """0 is written, and the text has the number of missing units."""
    said = events_why(_action(COUNT, DELIVERY, sold=(sold, 9), after=0))

    assert (f"{short} more sold than there were, so 0" in said) == bool(short)
    assert ("more sold" in said) == bool(short)
