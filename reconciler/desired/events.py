"""Build events from valid event files."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from reconciler.desired.files import EVENTS_FOLDER
from reconciler.desired.reader.document import Document
from reconciler.desired.reader.keys import find_hidden
from reconciler.desired.reader.scalars import shown
from reconciler.desired.reader.walk import find_places
from reconciler.errors import Problem
from reconciler.model import Event, EventFile, format_time

EARLIEST = 2000
# The record has the name of each file.
MAX_NAME = 500
_AT = re.compile(rb"^at[ \t]*:", re.MULTILINE)


def is_event_file(path: str, folder: str) -> bool:
    """Return whether the file at *path*, in a store's *folder*, is an event file."""
    return path.startswith(f"{folder}/{EVENTS_FOLDER}/")


def find_misplaced(path: str, content: bytes, folder: str) -> Problem | None:
    """Return the problem of an event file outside `events/` of a store's *folder*, or None."""
    found = _AT.search(content)
    if found is None:
        return None
    line = content.count(b"\n", 0, found.start()) + 1
    name = path.rpartition("/")[2]
    message = (
        "A file with `at` is an event file, and belongs below events/. Move it to"
        f" {folder}/{EVENTS_FOLDER}/{name}."
    )
    return Problem(path, line, 1, message)


def build_events(
    document: Document, folder: str, problems: list[Problem], *, is_past: bool = False
) -> list[Event]:
    """Return the events in *document*, which is valid for its schema.

    Problems that no schema finds are added to *problems*. In a file of the past, a time in the
    future is no problem.
    """
    data = document.data
    at = _parse_time(data["at"])
    faults = [] if at is not None and is_past else list(_time_faults(data["at"], at))
    if len(document.path) - len(folder) > MAX_NAME:
        message = f"The path of this file has more than {MAX_NAME} characters. Shorten it."
        problems.append(Problem(document.path, 0, 0, message))
        return []
    if (hidden := find_hidden(data.get("reason", ""))) is not None:
        code = f"U+{ord(data['reason'][hidden]):04X}"
        faults.append((("reason",), f"The character {code} is invisible. Delete it."))
    if any(sign in document.text for sign in "'\""):
        faults += _quoted_units(document)
    if faults or at is None:
        top = find_places(document.text)
        for keys, message in faults:
            place = (top.find(keys) or top).value
            problems.append(Problem(document.path, place.line, place.column, message))
        return []
    name = document.path.removeprefix(f"{folder}/")
    file = EventFile(document.path, name, format_time(at), data["at"], data.get("reason", ""))
    pairs = zip(data["skus"].items(), document.lines["skus"], strict=True)
    return [
        Event(sku, isinstance(units, int), int(units), file, line) for (sku, units), line in pairs
    ]


def _parse_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time_faults(text: str, at: datetime | None) -> Iterator[tuple[tuple[str, ...], str]]:
    if at is None:
        yield ("at",), f"{shown(text)} is not a date. Write when it happened."
    elif at.year < EARLIEST:
        yield ("at",), f"{shown(text)} is too long ago. Write when it happened."
    elif at > datetime.now(UTC) + timedelta(days=1):
        yield ("at",), f"{shown(text)} is in the future. Write when it happened."


def _quoted_units(document: Document) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield problems of quoted adjustments: editors take `"+20"` for text, `+20` for a number."""
    top = find_places(document.text)
    for sku, units in document.data["skus"].items():
        node = top.find(("skus", sku))
        if isinstance(units, str) and node is not None and node.quoted:
            message = f"{shown(units)} is in quotes, so it is text. Write it without quotes."
            yield ("skus", sku), message
