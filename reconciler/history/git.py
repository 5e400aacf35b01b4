"""Git's own plumbing, as far as it is needed: nothing in the work tree is touched, no hook runs.

Everything is asked of the `git` command, since it alone knows all shapes that a repository may
have: shallow, bare, a worktree, a submodule, with alternates or a partial clone.
"""

import os
import posixpath
import subprocess
from pathlib import Path

from reconciler.errors import HistoryError
from reconciler.history.export import Commit, parse_export

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    # What was committed counts, not what somebody put in its place in this clone.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reconciler"), ("EMAIL", "reconciler@localhost"))
}


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
            raise HistoryError(f"git {arguments[0]}: {_complaint(done)}")
        return done.stdout

    def find_commit(self, ref: str) -> str | None:
        """Return the full id of the commit that *ref* names, or None."""
        done = _git(
            self.folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        commits = done.stdout.decode().split()
        # A range is more than one, and what is left out has a sign before it.
        return commits[0] if len(commits) == 1 and commits[0].isalnum() else None

    def find_ref(self, ref: str) -> str | None:
        """Return the full id of the commit at just this *ref*, no tag of that name, or None."""
        done = _git(self.folder, "show-ref", "--verify", "--hash", ref)
        return done.stdout.decode().strip() or None

    def descends(self, commit: str, ancestor: str) -> bool | None:
        """Return whether *commit* is *ancestor* or was made after it; None where nobody knows.

        That is so in a shallow clone, whose history ends somewhere.
        """
        if self.find_commit(ancestor) is None:
            return None
        if not _git(self.folder, "merge-base", "--is-ancestor", ancestor, commit).returncode:
            return True
        return None if self.is_shallow else False

    def fork_point(self, ref: str) -> str | None:
        """Return the commit at which HEAD has left the line of *ref*, or None."""
        done = _git(self.folder, "merge-base", "--", ref, "HEAD")
        return done.stdout.decode().strip() or None

    def commits_since(self, since: str, until: str, folder: Path) -> tuple[str, ...]:
        """Return the commits that touched *folder* after *since*, newest first, a line each."""
        if self.find_commit(since) is None:
            return ()
        lines = self.run("log", "--format=%h %s", f"{since}..{until}", "--", str(folder.resolve()))
        return tuple(lines.decode("utf-8", "replace").splitlines())

    def differs(self, folder: Path) -> bool:
        """Return whether *folder* holds anything else than the commit checked out."""
        flags = ("--porcelain", "--untracked-files=all", "--ignored=matching")
        return bool(self.run("status", *flags, "--", str(folder.resolve())))

    def mode_at(self, commit: str, path: str) -> str:
        """Return what *path* is in *commit*: `040000` a folder, `120000` a link, `` nothing."""
        listed = self.run("ls-tree", "--full-tree", commit, "--", path)
        return listed.split(b" ", 1)[0].decode() if listed else ""

    def files_with(self, commit: str, text: str, name: str) -> list[str]:
        """Return the paths of the files called *name* in *commit* that hold *text*."""
        done = _git(self.folder, "grep", "-l", "-z", "-F", "--full-name", "-e", text, commit)
        paths = [line.decode("utf-8", "replace") for line in done.stdout.split(b"\0") if line]
        return [path.split(":", 1)[1] for path in paths if path.endswith(f"/{name}")]

    def read_commit(self, ref: str, *paths: str) -> Commit | None:
        """Return the commit that *ref* names, with its files at and below *paths*, or None.

        One process tells it all: `fast-export` reads each object once, `cat-file --batch` twice,
        and where each object is a file of its own, as after a commit, that is half of the time.
        Raises HistoryError for a commit that cannot be read.
        """
        if ".." in ref:  # a range, or a message that is searched for
            ref = self.find_commit(ref) or ""
        how = ("--full-tree", "--reencode=no", "--show-original-ids")
        # The commit alone and whole, even if it changed nothing at these paths; submodules too,
        # which are said to be where they are. The first dashes end the command's own flags, the
        # second the revisions.
        which = ("--no-walk", "--ignore-submodules=none", "--", f"{ref}^{{commit}}", "--")
        here = [posixpath.relpath(path, self.prefix or ".") for path in paths if path]
        done = _git(self.folder, "fast-export", *how, *which, *here)
        if done.returncode == 0 and done.stdout:
            return parse_export(done.stdout)
        commit = self.find_commit(ref)
        if commit is None:
            return None
        raise HistoryError(
            f"git cannot read the files of {commit[:7]} ({_complaint(done)}); if the clone is not"
            " complete, fetch it anew"
        )

    def make_root(self, message: str) -> str:
        """Write a commit that holds nothing and comes after nothing, and return its id."""
        return self.make_commit({}, [], message)

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
        self.run("update-ref", ref, commit, before or "")

    def reset_ref(self, ref: str, commit: str, before: str | None) -> None:
        """Let *ref*, which points at *commit*, point where it did *before* (None: nowhere)."""
        if before is None:
            self.run("update-ref", "-d", ref, commit)
        else:
            self.run("update-ref", ref, before, commit)

    def has_remote(self, name: str) -> bool:
        """Return whether *name* is a remote here."""
        return not _git(self.folder, "remote", "get-url", "--", name).returncode

    def push(self, remote: str, commit: str, ref: str, *, dry: bool = False) -> None:
        """Push *commit* to *ref*; raise HistoryError if what is there is no ancestor of it."""
        flags = ["--dry-run"] if dry else []
        self.run("push", "--no-verify", "--quiet", *flags, "--", remote, f"{commit}:{ref}")


def open_repository(folder: Path) -> Repository | None:
    """Return the repository that *folder* is in, or None outside of one.

    Raises HistoryError where git is there and refuses to look, as it does at a folder that
    belongs to somebody else.
    """
    done = _git(folder, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository")
    if done.returncode:
        if not done.stderr or b"not a git repository" in done.stderr:
            return None
        advice = "; say that it may be trusted: git config --global --add safe.directory FOLDER"
        said = _complaint(done)
        raise HistoryError(f"git: {said}{advice if 'dubious' in said else ''}")
    inside, shallow = done.stdout.decode().split()
    if inside != "true":
        return None
    prefix = _git(folder, "rev-parse", "--show-prefix").stdout.removesuffix(b"\n")
    return Repository(
        folder, prefix.decode("utf-8", "surrogateescape"), is_shallow=shallow == "true"
    )


def _environment() -> dict[str, str]:
    """Return the environment without what would lead git elsewhere, as it does in a hook."""
    return {name: value for name, value in os.environ.items() if name not in _LEADS_ELSEWHERE}


_LEADS_ELSEWHERE = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_DATE",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what git complains of, on one line and without its hints, which are for others."""
    lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines()]
    said = "; ".join(line.rstrip(".") for line in lines if line and not line.startswith("hint:"))
    return said or f"it exited {done.returncode}"


def _git(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    settings = ("core.hooksPath=/dev/null", "core.quotePath=false", "log.showSignature=false")
    command = ["git", *(word for setting in settings for word in ("-c", setting)), *arguments]
    try:
        return subprocess.run(  # noqa: S603  no shell, and git is what we ask for
            command,
            cwd=folder,
            input=given,
            capture_output=True,
            check=False,
            start_new_session=True,  # a signal of the terminal is for us to heed, and in order
            env={**_environment(), **_IDENTITY, **_QUIET},
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 128, b"", b"")
    except OSError as error:
        raise HistoryError(f"git cannot be started: {error.strerror}") from None
