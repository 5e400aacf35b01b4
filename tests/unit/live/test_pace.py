"""Slots of a window: sums without a clock."""

import pytest

from reconciler.live.pace import Pace


def test_without_a_limit_everything_goes() -> None:
    """A store that names no limit has none; but until it has answered, there is one at a time."""
    pace = Pace()

    assert [pace.start(0.0), pace.start(0.0)] == [0.0, 0.06]
    pace.end(0.0)
    assert [pace.start(0.0) for _ in range(1000)] == [0.0] * 1000


def test_a_windows_allowance_goes_at_once_and_then_waits() -> None:
    """The limit goes through without spacing; the next waits for the window of the first to end."""
    pace = Pace(60.0)
    pace.learn(2, None, 0.0)

    assert pace.start(0.0) == 0.0
    pace.end(1.0)
    assert pace.start(1.0) == 0.0
    pace.end(3.0)
    assert pace.start(4.0) == pytest.approx(57.06)
    assert pace.start(61.06) == 0.0
    assert pace.start(61.06) == pytest.approx(2.0)


def test_requests_under_way_keep_their_slots() -> None:
    """A request on its way counts until a window after it ended."""
    pace = Pace(60.0)
    pace.learn(1, None, 0.0)
    pace.start(0.0)

    assert pace.start(100.0) > 0
    pace.end(100.0)
    assert pace.start(159.0) == pytest.approx(1.06)


def test_a_pause_holds_everybody() -> None:
    """After a 429 nothing starts until the store's time is over."""
    pace = Pace()
    pace.pause(2.0, now=10.0)

    assert (pace.start(11.0), pace.start(12.0)) == (1.0, 0.0)


def test_what_others_take_is_left_to_them() -> None:
    """Fewer remaining than we account for: somebody else uses the key, for one window."""
    pace = Pace(60.0)
    pace.start(0.0)
    pace.learn(5, 1, 0.5)
    pace.end(0.5)

    assert pace.start(1.0) == 0.0
    assert pace.start(1.0) == pytest.approx(59.56)
    assert pace.start(60.6) == 0.0


def test_our_own_requests_are_not_taken_for_others() -> None:
    """What the store counts of ours makes no difference."""
    pace = Pace(60.0)
    for number in range(3):
        pace.start(0.0)
        pace.learn(5, 4 - number, 0.0)
        pace.end(0.0)

    assert [pace.start(1.0), pace.start(1.0)] == [0.0, 0.0]
    assert pace.start(1.0) > 0


def test_what_belongs_together_starts_together() -> None:
    """Two slots are taken at once or not at all; what is not needed is given back."""
    pace = Pace(60.0)
    pace.start(0.0)
    pace.learn(4, None, 0.0)
    pace.end(0.0)

    assert pace.start(1.0, 2) == 0.0
    assert pace.start(1.0, 2) > 0
    pace.give_back(1)
    assert pace.start(1.0, 2) == 0.0


def test_a_limit_of_one_still_lets_two_through() -> None:
    """What belongs together is not waited for in vain."""
    pace = Pace(60.0)
    pace.start(0.0)
    pace.learn(1, None, 0.0)
    pace.end(0.0)

    assert pace.start(60.5, 2) == 0.0
