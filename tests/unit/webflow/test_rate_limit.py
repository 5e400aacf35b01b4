"""Slots of a window, without a clock."""

import pytest

from reconciler.webflow.rate_limit import Pace


def test_pace_without_limit_allows_all() -> None:
    """Until the first answer, requests run one at a time."""
    pace = Pace()

    assert [pace.start(0.0), pace.start(0.0)] == [0.0, 0.06]
    pace.end(0.0)
    assert [pace.start(0.0) for _ in range(1000)] == [0.0] * 1000


def test_pace_allows_limit_at_once_then_waits() -> None:
    """Requests within the limit need no spacing. The next waits for the first one's window."""
    pace = Pace(60.0)
    pace.learn(2, None, 0.0)

    assert pace.start(0.0) == 0.0
    pace.end(1.0)
    assert pace.start(1.0) == 0.0
    pace.end(3.0)
    assert pace.start(4.0) == pytest.approx(57.06)
    assert pace.start(61.06) == 0.0
    assert pace.start(61.06) == pytest.approx(2.0)


def test_pace_pending_request_keeps_slot() -> None:
    """A request counts until one window after it ended."""
    pace = Pace(60.0)
    pace.learn(1, None, 0.0)
    pace.start(0.0)

    assert pace.start(100.0) > 0
    pace.end(100.0)
    assert pace.start(159.0) == pytest.approx(1.06)


def test_pace_after_refusal_pauses_all() -> None:
    """Nothing starts before the requested time. Then requests run one at a time."""
    pace = Pace()
    pace.start(0.0)
    pace.end(0.0)
    pace.refuse("GET", 2.0, 0.0, now=10.0)

    assert (pace.start(11.0), pace.start(12.0), pace.start(12.0)) == (1.0, 0.0, 0.06)
    pace.answered("GET")
    assert pace.start(12.0) == 0.0


def test_pace_without_requested_time_grows_pauses() -> None:
    """Pauses are 1, 2, 4, 8, 16, 30, 30 … seconds."""
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(8):
        pace.refuse("GET", None, 0.0, now)
        pauses.append(pace.start(now))
        now += pauses[-1]

    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert pace.refusals == 8


def test_pace_simultaneous_refusals_count_once() -> None:
    """Eight concurrent requests don't make the pause eight times as long."""
    pace = Pace()
    for _ in range(8):
        pace.refuse("GET", None, 0.0, 5.0)

    assert (pace.refusals, pace.start(5.0)) == (1, 1.0)


def test_pace_short_requested_times_grow_pauses() -> None:
    """An endless `Retry-After: 0` is no busy loop."""
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(5):
        pace.refuse("GET", 0.0, 0.1, now)
        pauses.append(pace.start(now))
        now += pauses[-1]

    assert pauses == pytest.approx([0.1, 0.1, 4.1, 8.1, 16.1])


def test_pace_longer_pause_wins() -> None:
    """A later answer with a shorter time changes nothing."""
    pace = Pace()
    pace.refuse("GET", 20.0, 0.0, 0.0)
    pace.refuse("GET", 1.0, 0.0, 1.0)

    assert pace.start(2.0) == 18.0


def test_pace_leaves_slots_of_other_programs() -> None:
    """If fewer remain than our requests explain, another program uses the token."""
    pace = Pace(60.0)
    pace.start(0.0)
    pace.learn(5, 1, 0.5)
    pace.end(0.5)

    assert pace.start(1.0) == 0.0
    assert pace.start(1.0) == pytest.approx(59.56)
    assert pace.start(60.6) == 0.0


def test_pace_counts_own_requests_once() -> None:
    """Our own requests are not mistaken for those of others."""
    pace = Pace(60.0)
    for number in range(3):
        pace.start(0.0)
        pace.learn(5, 4 - number, 0.0)
        pace.end(0.0)

    assert [pace.start(1.0), pace.start(1.0)] == [0.0, 0.0]
    assert pace.start(1.0) > 0


def test_pace_takes_two_slots_or_none() -> None:
    """Unused slots can be returned."""
    pace = Pace(60.0)
    pace.start(0.0)
    pace.learn(4, None, 0.0)
    pace.end(0.0)

    assert pace.start(1.0, 2) == 0.0
    assert pace.start(1.0, 2) > 0
    pace.give_back(1)
    assert pace.start(1.0, 2) == 0.0


def test_pace_limit_of_one_allows_two_slots() -> None:
    """Otherwise a read with its write would wait forever."""
    pace = Pace(60.0)
    pace.start(0.0)
    pace.learn(1, None, 0.0)
    pace.end(0.0)

    assert pace.start(60.5, 2) == 0.0


def test_pace_answered_reads_keep_pauses_of_writes() -> None:
    """A network may refuse only writes. Their pauses grow although reads work."""
    pace, now, pauses = Pace(), 0.0, []
    for _ in range(6):
        pace.refuse("PATCH", None, 0.0, now)
        pauses.append(pace.start(now))
        now += pauses[-1]
        pace.answered("GET")

    assert pauses == [1, 2, 4, 8, 16, 30]
    pace.answered("PATCH")
    assert pace.refusals == 0
