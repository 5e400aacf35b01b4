"""Format times for people."""

from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def short_day(at: str) -> str:
    """Return a day like `2026-11-27…` as `Nov 27`."""
    try:
        day = date.fromisoformat(at[:10])
    except ValueError:
        return at[:10]
    return f"{_MONTHS[day.month - 1]} {day.day}"


def short_time(at: str) -> str:
    """Return a time, `2026-11-27T10:00:00+01:00`, as `Nov 27 10:00`."""
    return f"{short_day(at)} {at[11:16]}".rstrip()
