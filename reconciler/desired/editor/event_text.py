"""Write event files."""

import os
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from reconciler.desired.editor.generate import file_name
from reconciler.desired.editor.serialize import LANGUAGE_SERVER, quote
from reconciler.desired.files import EVENTS_FOLDER


class NewEvent(NamedTuple):
    """An event to write: its time, its reason, and the counts or adjustments of SKUs."""

    at: datetime
    reason: str
    units: Mapping[str, int]
    is_count: bool


def name_event(event: NewEvent, taken: Collection[str]) -> str:
    """Return the path of an event file below the store's folder, by date and reason.

    *taken* are names in use.
    """
    # Without a reason, the events of two people on one day need different files.
    kind = "count" if event.is_count else "adjustment"
    what = file_name(event.reason) or f"{event.at:%H%M%S}-{kind}-{os.urandom(2).hex()}"
    stem = f"{EVENTS_FOLDER}/{event.at:%Y-%m}/{event.at:%d}-{what}"
    numbers = ("", *(f"-{number}" for number in range(2, len(taken) + 3)))
    names = (f"{stem}{number}.yaml" for number in numbers)
    return next(name for name in names if name not in taken)


def write_event(event: NewEvent, schema: str) -> str:
    """Return the text of an event file. *schema* is the path of the schema for editors."""
    sign = "" if event.is_count else "+"
    lines = "".join(f"  {quote(sku)}: {units:{sign}}\n" for sku, units in event.units.items())
    reason = f"reason: {_quote_reason(event.reason)}\n" if event.reason else ""
    at = event.at.isoformat(timespec="seconds")
    return f"{LANGUAGE_SERVER.format(schema=schema)}at: {at}\n{reason}skus:\n{lines}"


# Words that every YAML parser reads as text, without quotes.
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ /-][A-Za-z0-9]+)+")


def _quote_reason(text: str) -> str:
    return text if _WORDS.fullmatch(text) else quote(text)
