"""Read the versions of the files in a folder with `git log` and `git cat-file`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from reconciler.git.repository import Repository
from reconciler.model import format_time

_FIELDS = 4
_NO_BLOB = frozenset("0")


class FileVersion(NamedTuple):
    """A file in a commit: when (UTC, ISO 8601), by whom, and why. `blob` is '' if deleted."""

    commit: str
    at: str
    author: str
    subject: str
    path: str
    blob: str


def read_versions(repository: Repository, folder: Path) -> Iterator[FileVersion]:
    """Yield each change of a file in *folder* up to HEAD, oldest first.

    Raises:
        HistoryError: git fails.
    """
    how = ("log", "--no-merges", "--reverse", "--raw", "--no-abbrev", "--no-renames", "-z")
    fields = "--format=%x01%H%x02%aI%x02%an%x02%s"
    text = repository.run(*how, "--no-ext-diff", fields, "HEAD", "--", str(folder.resolve()))
    for chunk in text.split(b"\x01")[1:]:
        head, *rest = chunk.decode("utf-8", "replace").split("\0")
        fields_of_commit = head.rstrip("\n").split("\x02")
        if len(fields_of_commit) != _FIELDS:
            continue
        commit, at, author, subject = fields_of_commit
        tokens = iter(token.lstrip("\n") for token in rest)
        for token in tokens:
            if token.startswith(":"):
                blob = token.split()[3]
                path = next(tokens, "")
                is_gone = _NO_BLOB.issuperset(blob)
                yield FileVersion(commit, _utc(at), author, subject, path, "" if is_gone else blob)


def _utc(text: str) -> str:
    try:
        return format_time(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError):
        return ""


def read_blobs(repository: Repository, names: Iterable[str]) -> dict[str, bytes]:
    """Return the contents of the objects *names* (`id` or `commit:path`) that exist.

    Raises:
        HistoryError: git fails.
    """
    wanted = list(dict.fromkeys(name for name in names if "\n" not in name))
    if not wanted:
        return {}
    out = repository.run("cat-file", "--batch", given="".join(f"{n}\n" for n in wanted).encode())
    found: dict[str, bytes] = {}
    at = 0
    for name in wanted:
        end = out.index(b"\n", at)
        head = out[at:end].split(b" ")
        at = end + 1
        if head[-1] == b"missing" or not head[-1].isdigit():
            continue
        size = int(head[-1])
        found[name] = out[at : at + size]
        at += size + 1
    return found
