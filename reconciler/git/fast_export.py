"""What `git fast-export` prints of one commit → its id, day and files.

The stream holds each blob first, then the commit with the paths that point at them; its format is
that of git-fast-import(1).
"""

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from reconciler.errors import HistoryError

_REGULAR = (b"100644", b"100755")
_ID = re.compile(rb"\noriginal-oid ([0-9a-f]+)\n")
_MADE = re.compile(rb"\ncommitter [^\n]*> (\d+) ([+-])(\d\d)(\d\d)\n")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))


class Blob(NamedTuple):
    """A file of a commit: its path from the top, and its bytes.

    The content is None for what is no regular file.
    """

    path: str
    content: bytes | None


class Commit(NamedTuple):
    """A commit: its full id, the day on which it was made, and its files, sorted."""

    id: str
    day: str
    files: list[Blob]


def parse_export(stream: bytes) -> Commit:
    """Return the one commit in a *stream* that was exported whole, with the original ids.

    Raises HistoryError where there is no commit in it.
    """
    contents: dict[bytes, bytes] = {}
    at = 0
    while stream.startswith(b"blob\n", at):
        start, end = _data_after(stream, at)
        mark = stream[at:start].split(b"\n", 2)[1].removeprefix(b"mark ")
        contents[mark] = stream[start:end]
        at = end + 1  # the line feed after the content
    if at >= len(stream):
        raise HistoryError("git exported no commit. Clone the repository again.")
    start, end = _data_after(stream, at)  # of the commit: its message
    head = stream[at:start]
    files = []
    for line in stream[end:].split(b"\n"):
        if line.startswith(b"M "):
            _, mode, mark, path = line.split(b" ", 3)
            name = _unquoted(path).decode("utf-8", "surrogateescape")
            files.append(Blob(name, contents[mark] if mode in _REGULAR else None))
    return Commit(_ID.findall(head)[0].decode(), _day(head), sorted(files))


def _day(head: bytes) -> str:
    """Return the day of a commit where it was made, or '' where no calendar has it."""
    seconds, sign, hours, minutes = _MADE.findall(head)[0]
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset)
        return datetime.fromtimestamp(int(seconds), zone).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _data_after(stream: bytes, at: int) -> tuple[int, int]:
    """Return where the next data after *at* begins and ends."""
    size = stream.index(b"\ndata ", at) + 6
    start = stream.index(b"\n", size) + 1
    return start, start + int(stream[size : start - 1])


def _unquoted(path: bytes) -> bytes:
    """Return a path, which git puts into quotes if it holds a quote, a backslash or a control."""
    if not path.startswith(b'"'):
        return path
    return _ESCAPE.sub(_unescaped, path[1:-1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) if len(code) == 3 else _ESCAPED.get(code[0], code[0])])
