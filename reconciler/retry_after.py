"""Parse the header `Retry-After`."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait, or None if `Retry-After` is missing or malformed.

    It holds seconds or a date (RFC 9110, section 10.2.3). A date counts from the server's own
    `Date`, since its clock and ours may differ.
    """
    text = headers.get("Retry-After", "").strip()
    seconds: float | None = None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        seconds = float(text)
    elif (until := _date(text)) is not None:
        seconds = (until - server_time(headers)).total_seconds()
    return None if seconds is None else max(seconds, 0.0)


def server_time(headers: Mapping[str, str]) -> datetime:
    """Return the time of the answer, by the server's clock if it sent a `Date`."""
    return told_time(headers) or datetime.now(UTC)


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the `Date` of the answer, or None if missing or malformed."""
    return _date(headers.get("Date", ""))


def _date(text: str) -> datetime | None:
    """Return the time of an HTTP date, or None if malformed."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return None if moment.tzinfo is None else moment
