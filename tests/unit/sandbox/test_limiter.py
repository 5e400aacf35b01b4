"""Requests per window, for fixed and sliding windows."""

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
def test_take_allows_limit_per_window(
    kind: WindowKind, moments: list[float], allowed: list[bool]
) -> None:
    """A sliding window looks back. A fixed one restarts on the minute."""
    assert _allowed(kind, *moments) == allowed


@pytest.mark.parametrize("kind", ["sliding", "fixed"])
def test_take_rejected_requests_do_not_count(kind: WindowKind) -> None:
    """They don't make the wait longer."""
    assert _allowed(kind, 0, *range(1, 59), 60, limit=1) == [True, *[False] * 58, True]


@pytest.mark.parametrize(
    ("kind", "waits"), [("sliding", [60.0, 50.0, 40.0]), ("fixed", [50.0, 40.0, 30.0])]
)
def test_take_returns_remaining_and_wait(kind: WindowKind, waits: list[float]) -> None:
    """After the returned wait, a request is allowed."""
    limiter = Limiter(2, 60, kind)
    taken = [limiter.take(now) for now in (10, 20, 30)]

    assert [(one.limit, one.remaining) for one in taken] == [(2, 1), (2, 0), (2, 0)]
    assert [one.retry_after for one in taken] == waits
    assert limiter.take(30 + waits[-1]).allowed
