"""Git's own plumbing, as far as it is needed: nothing in the work tree is touched, no hook runs.

Everything is asked of the `git` command, since it alone knows all shapes that a repository may
have: shallow, bare, a worktree, a submodule, with alternates or a partial clone.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from reconciler.errors import HistoryError

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reconciler"), ("EMAIL", "reconciler@localhost"))
}
_REGULAR = (b"100644", b"100755")


class Blob(NamedTuple):
    """A file of a commit: its path from the top, and its bytes.

    The content is None for what is no regular file.
    """

    path: str
    content: bytes | None


class Repository:
    """One repository, seen from a folder in its work tree."""

    def __init__(self, folder: Path, prefix: str, *, is_shallow: bool) -> None:
        self.folder = folder
        self.prefix = prefix
        """The folder's path below the top of the work tree, '' or ending in a slash."""
        self.is_shallow = is_shallow

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return what a git command prints; raise HistoryError with what it complains of."""
        done = _git(self.folder, *arguments, given=given)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip() or f"it exited {done.returncode}"
            raise HistoryError(f"git {arguments[0]}: {said}")
        return done.stdout

    def find_commit(self, ref: str) -> str | None:
        """Return the full id of the commit that *ref* names, or None."""
        done = _git(
            self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        return done.stdout.decode().strip() or None

    def find_commit_and_day(self, ref: str) -> tuple[str, str] | None:
        """Return the full id and the day of the commit that *ref* names, or None."""
        named = f"{ref}^{{commit}}"
        done = _git(self.folder, "show", "-s", "--format=%H %cs", "--end-of-options", named, "--")
        commit, _, day = done.stdout.decode().strip().partition(" ")
        return (commit, day) if day else None

    def descends(self, commit: str, ancestor: str) -> bool | None:
        """Return whether *commit* is *ancestor* or was made after it; None where nobody knows.

        That is so in a shallow clone, whose history ends somewhere.
        """
        if self.find_commit(ancestor) is None:
            return None
        if not _git(self.folder, "merge-base", "--is-ancestor", ancestor, commit).returncode:
            return True
        return None if self.is_shallow else False

    def commits_since(self, since: str, until: str, folder: Path) -> tuple[str, ...]:
        """Return the commits that touched *folder* after *since*, newest first, a line each."""
        if self.find_commit(since) is None:
            return ()
        lines = self.run("log", "--format=%h %s", f"{since}..{until}", "--", str(folder.resolve()))
        return tuple(lines.decode("utf-8", "replace").splitlines())

    def differs(self, folder: Path) -> bool:
        """Return whether *folder* holds anything else than the commit checked out."""
        return bool(self.run("status", "--porcelain", "--", str(folder.resolve())))

    def read_files(self, commit: str, *paths: str) -> Iterator[Blob]:
        """Yield the files of *commit* at and below *paths*, by two processes for all of them."""
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *filter(None, paths))
        entries = [line.split(b"\t", 1) for line in listed.split(b"\0") if line]
        files = [(*meta.split(b" "), name) for meta, name in entries]
        wanted = [file for file in files if file[0] in _REGULAR]
        contents = self._read_blobs([identity for _, _, identity, _ in wanted])
        by_name = dict(zip((name for *_, name in wanted), contents, strict=True))
        for *_, name in files:
            yield Blob(name.decode("utf-8", "surrogateescape"), by_name.get(name))

    def _read_blobs(self, identities: list[bytes]) -> Iterator[bytes]:
        """Yield the contents of blobs in the order asked for."""
        if not identities:
            return
        answer = self.run("cat-file", "--batch", "--buffer", given=b"\n".join(identities) + b"\n")
        at = 0
        for identity in identities:
            end = answer.index(b"\n", at)
            head = answer[at:end].split(b" ")
            if len(head) != 3 or head[1] != b"blob":
                raise HistoryError(
                    f"git cannot read the object {identity.decode()}: the clone is not complete;"
                    " fetch it anew"
                )
            at = end + 1 + int(head[2])
            yield answer[end + 1 : at]
            at += 1

    def make_commit(self, files: dict[str, bytes], parents: list[str], message: str) -> str:
        """Write a commit that holds just *files*, and return its id; no ref points at it yet."""
        tree = b"".join(
            b"100644 blob "
            + self.run("hash-object", "-w", "--stdin", given=content).strip()
            + b"\t"
            + name.encode()
            + b"\n"
            for name, content in sorted(files.items())
        )
        tree_id = self.run("mktree", given=tree).decode().strip()
        flags = [flag for parent in parents for flag in ("-p", parent)]
        return self.run("commit-tree", tree_id, *flags, given=message.encode()).decode().strip()

    def set_ref(self, ref: str, commit: str, before: str | None) -> None:
        """Let *ref* point at *commit* if it still is where it was *before* (None: nowhere)."""
        self.run("update-ref", ref, commit, before or "0" * 40)

    def push(self, remote: str, ref: str, *, dry: bool = False) -> None:
        """Push *ref*; raise HistoryError if the remote's is not one that ours was made after."""
        flags = ["--dry-run"] if dry else []
        self.run(
            "push", "--no-verify", "--quiet", *flags, "--end-of-options", remote, f"{ref}:{ref}"
        )


def open_repository(folder: Path) -> Repository | None:
    """Return the repository that *folder* is in, or None outside of one.

    Raises HistoryError where git is there and refuses to look, as it does at a folder that
    belongs to somebody else.
    """
    done = _git(
        folder, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--show-prefix"
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        if "not a git repository" in said or not said:
            return None
        raise HistoryError(f"git rev-parse: {said.splitlines()[0]}")
    inside, shallow, *prefix = done.stdout.decode().splitlines()
    if inside != "true":
        return None
    return Repository(folder, prefix[0] if prefix else "", is_shallow=shallow == "true")


def _git(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false", *arguments]
    try:
        return subprocess.run(  # noqa: S603  no shell, and git is what we ask for
            command,
            cwd=folder,
            input=given,
            capture_output=True,
            check=False,
            env={**os.environ, **_IDENTITY, **_QUIET},
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 128, b"", b"")
    except OSError as error:
        raise HistoryError(f"git cannot be started: {error.strerror}") from None
