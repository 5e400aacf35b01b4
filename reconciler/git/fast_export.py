"""Parse the output of `git fast-export` for one commit: its id, its day, and its files.

The stream has all blobs first, then the commit with the paths that refer to them. The format is
described in git-fast-import(1).
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
    """A file of a commit: its path from the top, and its content in bytes.

    The content is None for links and submodules.
    """

    path: str
    content: bytes | None


class Commit(NamedTuple):
    """A commit: its full id, its day (ISO 8601), and its files, sorted."""

    id: str
    day: str
    files: list[Blob]


def parse_export(stream: bytes) -> Commit:
    """Return the one commit in a *stream* with complete content and original ids.

    Raises:
        HistoryError: The stream holds no commit.
    """
    contents: dict[bytes, bytes] = {}
    at = 0
    while stream.startswith(b"blob\n", at):
        start, end = _data_after(stream, at)
        mark = stream[at:start].split(b"\n", 2)[1].removeprefix(b"mark ")
        contents[mark] = stream[start:end]
        at = end + 1  # skip the line feed after the content
    if at >= len(stream):
        raise HistoryError("`git fast-export` returned no commit. Clone the repository again.")
    start, end = _data_after(stream, at)  # the message of the commit
    head = stream[at:start]
    files = []
    for line in stream[end:].split(b"\n"):
        if line.startswith(b"M "):
            _, mode, mark, path = line.split(b" ", 3)
            name = _unquoted(path).decode("utf-8", "surrogateescape")
            files.append(Blob(name, contents[mark] if mode in _REGULAR else None))
    return Commit(_ID.findall(head)[0].decode(), _day(head), sorted(files))


def _day(head: bytes) -> str:
    """Return the day of a commit in its own time zone, or '' if out of range."""
    seconds, sign, hours, minutes = _MADE.findall(head)[0]
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == b"-" else offset)
        return datetime.fromtimestamp(int(seconds), zone).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _data_after(stream: bytes, at: int) -> tuple[int, int]:
    """Return the start and end of the next data block after *at*."""
    size = stream.index(b"\ndata ", at) + 6
    start = stream.index(b"\n", size) + 1
    return start, start + int(stream[size : start - 1])


def _unquoted(path: bytes) -> bytes:
    """Return a path without the quotes and escapes that git adds for special characters."""
    if not path.startswith(b'"'):
        return path
    return _ESCAPE.sub(_unescaped, path[1:-1])


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) if len(code) == 3 else _ESCAPED.get(code[0], code[0])])
