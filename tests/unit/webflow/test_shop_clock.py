"""The shop's own time: whose clock counts, and how it goes on between answers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reconciler.webflow.shop_clock import ShopClock


class Seconds:
    """A clock that the test moves."""

    value = 100.0

    def __call__(self) -> float:
        return self.value


def _date(at: datetime) -> dict[str, str]:
    return {"Date": format_datetime(at.replace(microsecond=0), usegmt=True)}


def _seconds_off(clock: ShopClock) -> float:
    return (clock.now() - datetime.now(UTC)).total_seconds()


def test_now_before_an_answer_is_this_machines() -> None:
    """Nothing else is known."""
    assert abs(_seconds_off(ShopClock(Seconds()))) < 1


@pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
def test_now_follows_a_shop_whose_clock_differs(hours: int) -> None:
    """An hour, or a year: the shop's time counts, and goes on."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    clock.learn(_date(datetime.now(UTC) + timedelta(hours=hours)), seconds())
    before = clock.now()
    seconds.value += 90

    assert round(_seconds_off(clock) / 3600) == hours
    assert (clock.now() - before) == timedelta(seconds=90)


def test_now_has_finer_steps_where_the_clocks_agree() -> None:
    """Whole seconds would be up to one behind."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    clock.learn(_date(datetime.now(UTC)), seconds())

    assert abs(_seconds_off(clock)) < 0.5


def test_now_after_an_answer_without_date_is_this_machines() -> None:
    """The header may be missing."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    clock.learn({}, seconds())

    assert abs(_seconds_off(clock)) < 1
    assert not clock.is_known


def test_answer_that_was_read_after_a_pause_sets_no_clock_back() -> None:
    """It was sent before; the process slept for an hour before it read it."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    sent_at, header = seconds(), _date(datetime.now(UTC) + timedelta(hours=5))
    seconds.value += 3600
    clock.learn(header, sent_at)

    assert round(_seconds_off(clock) / 3600) == 6
