"""The header `Retry-After`: how long a server asks to wait."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, None for none or junk.

    It is a number of seconds or a date, which counts from the server's own `Date`, since one of
    the two clocks may be wrong (RFC 9110, section 10.2.3).
    """
    text = headers.get("Retry-After", "").strip()
    seconds: float | None = None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        seconds = float(text)
    elif (until := _date(text)) is not None:
        seconds = (until - server_time(headers)).total_seconds()
    return None if seconds is None else max(seconds, 0.0)


def server_time(headers: Mapping[str, str]) -> datetime:
    """Return the time at which the server answered, by its own clock if it says so."""
    return told_time(headers) or datetime.now(UTC)


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the time at which the server says that it answered, None if it says none."""
    return _date(headers.get("Date", ""))


def _date(text: str) -> datetime | None:
    """Return the moment that an HTTP date names, or None."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return None if moment.tzinfo is None else moment
