"""Law 9: never more than the limit goes through in any window, as the store counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.limiter import Limiter
from reconciler.webflow.rate_limit import Pace

WINDOW = 10.0


@given(
    limit=st.integers(1, 6),
    kind=st.sampled_from(["fixed", "sliding"]),
    requests=st.lists(
        st.tuples(st.floats(0, 3), st.floats(0, 8), st.floats(0, 8)), min_size=1, max_size=40
    ),
)
def test_no_window_sees_more_than_the_limit(
    limit: int, kind: str, requests: list[tuple[float, float, float]]
) -> None:
    """However long each request was on its way there and back, the store refuses none."""
    pace, now = Pace(WINDOW), 0.0
    pace.learn(limit, None, now)
    arrivals: list[float] = []
    ends: list[float] = []
    for gap, there, back in requests:
        now += gap
        while True:
            for end in sorted(end for end in ends if end <= now):
                pace.end(end)
                ends.remove(end)
            wait = pace.start(now)
            if not wait:
                break
            now = min([now + wait, *ends])
        arrivals.append(now + there)
        ends.append(now + there + back)
    limiter = Limiter(limit, WINDOW, kind)  # type: ignore[arg-type]  # one of the two
    assert all(limiter.take(arrival).allowed for arrival in sorted(arrivals))


@given(limit=st.integers(1, 20), count=st.integers(1, 60))
def test_the_allowance_is_used_up(limit: int, count: int) -> None:
    """Without latency, *count* requests take one window less than they fill, and no more."""
    pace, now = Pace(WINDOW), 0.0
    pace.learn(limit, None, now)
    for _ in range(count):
        while wait := pace.start(now):
            now += wait
        pace.end(now)

    assert now == pytest.approx(1.001 * WINDOW * ((count - 1) // limit))
