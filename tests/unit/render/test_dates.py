"""Format times for people."""

import pytest

from reconciler.render.dates import short_day, short_time


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-11-27", "Nov 27"),
        ("2026-01-02T03:04:05Z", "Jan 2"),
        ("2026-13-01", "2026-13-01"),
        ("", ""),
    ],
)
def test_short_day_is_month_and_day(at: str, text: str) -> None:
    """A malformed day is shown as it is, since a record may be forged."""
    assert short_day(at) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2026-11-27T10:00:00+01:00", "Nov 27 10:00"),
        ("2026-11-27T10:00:00.000Z", "Nov 27 10:00"),
        ("2026-11-27", "Nov 27"),
        ("", ""),
    ],
)
def test_short_time_keeps_the_time_zone(at: str, text: str) -> None:
    """The hour is that of the file's author."""
    assert short_time(at) == text
