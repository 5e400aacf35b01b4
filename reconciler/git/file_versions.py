"""`git log` and `git cat-file` → the versions of the files of a folder, oldest first."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from reconciler.git.repository import Repository
from reconciler.model import format_time

_FIELDS = 4
_NO_BLOB = frozenset("0")


class FileVersion(NamedTuple):
    """A file as a commit made it: who, when (UTC, ISO 8601), and why; '' for a deleted file."""

    commit: str
    at: str
    author: str
    subject: str
    path: str
    blob: str


def read_versions(repository: Repository, folder: Path) -> Iterator[FileVersion]:
    """Yield what each commit up to HEAD made of the files in *folder*, oldest first.

    Raises:
        HistoryError: git can't tell.
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
    """Return the contents of the objects *names* (`id`, or `commit:path`) that are there.

    Raises:
        HistoryError: git can't tell.
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
