"""Slots of a window: sums without a clock."""

import pytest

from reconciler.webflow.rate_limit import Pace


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


def test_refusal_holds_every_request() -> None:
    """After a 429 nothing starts until the store's time is over; then one at a time."""
    pace = Pace()
    pace.start(0.0)
    pace.end(0.0)
    pace.refuse("GET", 2.0, 0.0, now=10.0)

    assert (pace.start(11.0), pace.start(12.0), pace.start(12.0)) == (1.0, 0.0, 0.06)
    pace.answered("GET")
    assert pace.start(12.0) == 0.0


def test_pauses_grow_where_the_store_names_no_time() -> None:
    """1, 2, 4, 8, 16, 30, 30 … seconds: a minute and a half takes seven requests."""
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(8):
        pace.refuse("GET", None, 0.0, now)
        pauses.append(pace.start(now))
        now += pauses[-1]

    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert pace.refusals == 8


def test_refusals_of_one_moment_are_one() -> None:
    """Eight requests that were under way together do not make the pause eight times as long."""
    pace = Pace()
    for _ in range(8):
        pace.refuse("GET", None, 0.0, 5.0)

    assert (pace.refusals, pace.start(5.0)) == (1, 1.0)


def test_time_that_was_too_short_twice_is_believed_no_more() -> None:
    """`Retry-After: 0` for ever is no busy loop."""
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(5):
        pace.refuse("GET", 0.0, 0.1, now)
        pauses.append(pace.start(now))
        now += pauses[-1]

    assert pauses == pytest.approx([0.1, 0.1, 4.1, 8.1, 16.1])


def test_longer_pause_is_not_cut_by_a_shorter_one() -> None:
    """What one answer asked for holds, whatever a later one says."""
    pace = Pace()
    pace.refuse("GET", 20.0, 0.0, 0.0)
    pace.refuse("GET", 1.0, 0.0, 1.0)

    assert pace.start(2.0) == 18.0


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


def test_answered_reads_do_not_end_the_pauses_of_writes() -> None:
    """A network may refuse writes alone: their pauses grow, although each read before is fine."""
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(6):
        pace.refuse("PATCH", None, 0.0, now)
        pauses.append(pace.start(now))
        now += pauses[-1]
        pace.answered("GET")

    assert pauses == [1, 2, 4, 8, 16, 30]
    pace.answered("PATCH")
    assert pace.refusals == 0
