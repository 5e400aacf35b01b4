"""So many requests a window, in windows that are fixed or slide."""

import pytest

from reconciler.sandbox.limiter import Limiter, WindowKind


def _allowed(kind: WindowKind, *moments: float, limit: int = 2) -> list[bool]:
    limiter = Limiter(limit, 60, kind)
    return [limiter.take(now).allowed for now in moments]


@pytest.mark.parametrize(
    ("kind", "moments", "allowed"),
    [
        ("sliding", [0, 1, 2], [True, True, False]),
        ("sliding", [50, 59, 61, 109, 110], [True, True, False, False, True]),
        ("sliding", [0, 0, 59.999, 60], [True, True, False, True]),
        ("fixed", [0, 1, 2], [True, True, False]),
        ("fixed", [50, 59, 60, 61, 62], [True, True, True, True, False]),
        ("fixed", [60, 60, 119.999, 120], [True, True, False, True]),
    ],
)
def test_take_lets_so_many_through_a_window(
    kind: WindowKind, moments: list[float], allowed: list[bool]
) -> None:
    """A sliding window looks back; a fixed one begins anew on the minute."""
    assert _allowed(kind, *moments) == allowed


@pytest.mark.parametrize("kind", ["sliding", "fixed"])
def test_take_does_not_count_what_it_refuses(kind: WindowKind) -> None:
    """Asking too often does not lengthen the wait."""
    assert _allowed(kind, 0, *range(1, 59), 60, limit=1) == [True, *[False] * 58, True]


@pytest.mark.parametrize(
    ("kind", "waits"), [("sliding", [60.0, 50.0, 40.0]), ("fixed", [50.0, 40.0, 30.0])]
)
def test_take_tells_what_is_left_and_how_long_to_wait(kind: WindowKind, waits: list[float]) -> None:
    """What the headers say is what the limiter does: after the wait a request goes through."""
    limiter = Limiter(2, 60, kind)
    told = [limiter.take(now) for now in (10, 20, 30)]

    assert [(one.limit, one.remaining) for one in told] == [(2, 1), (2, 0), (2, 0)]
    assert [one.retry_after for one in told] == waits
    assert limiter.take(30 + waits[-1]).allowed
