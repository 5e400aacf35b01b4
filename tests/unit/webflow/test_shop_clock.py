"""The shop's clock before, at, and between answers."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reconciler.webflow.shop_clock import ShopClock


class Seconds:
    """A clock that the test advances."""

    value = 100.0

    def __call__(self) -> float:
        return self.value


def _date(at: datetime) -> dict[str, str]:
    return {"Date": format_datetime(at.replace(microsecond=0), usegmt=True)}


def _seconds_off(clock: ShopClock) -> float:
    return (clock.now() - datetime.now(UTC)).total_seconds()


def test_now_before_answer_is_local() -> None:
    """The clock of this machine is used."""
    assert abs(_seconds_off(ShopClock(Seconds()))) < 1


@pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
def test_now_follows_different_shop_clock(hours: int) -> None:
    """The shop's time is used, and advances."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    clock.learn(_date(datetime.now(UTC) + timedelta(hours=hours)), seconds())
    before = clock.now()
    seconds.value += 90

    assert round(_seconds_off(clock) / 3600) == hours
    assert (clock.now() - before) == timedelta(seconds=90)


def test_now_is_local_if_clocks_agree() -> None:
    """Whole seconds would be up to one second late."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    clock.learn(_date(datetime.now(UTC)), seconds())

    assert abs(_seconds_off(clock)) < 0.5


def test_now_after_answer_without_date_is_local() -> None:
    """The header may be missing."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    clock.learn({}, seconds())

    assert abs(_seconds_off(clock)) < 1
    assert not clock.is_known


def test_learn_after_pause_counts_from_request() -> None:
    """The process slept for an hour before it read the answer."""
    seconds = Seconds()
    clock = ShopClock(seconds)
    sent_at, header = seconds(), _date(datetime.now(UTC) + timedelta(hours=5))
    seconds.value += 3600
    clock.learn(header, sent_at)

    assert round(_seconds_off(clock) / 3600) == 6
