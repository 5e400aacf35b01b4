"""Run git's plumbing commands, without changing the work tree or running code from it.

The `git` command is used because it supports every kind of repository: shallow and partial clones,
worktrees, submodules, and alternates.

The work tree is hostile: a folder in it may look like a bare repository with a configuration of
its own. So git always runs at the top of the work tree, where `.git` is, and never below it.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from reconciler.errors import HistoryError
from reconciler.git.fast_export import Commit, parse_export
from reconciler.git.process import REMOTE_SECONDS, complaint_of, run_git


class Repository:
    """One repository. `top` is the folder of its work tree that holds `.git`.

    `promisor` is the remote that has what a partial clone lacks, or "".
    """

    def __init__(self, top: Path, *, is_shallow: bool, promisor: str = "") -> None:
        self.top = top
        self.is_shallow = is_shallow
        self.promisor = promisor

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return the output of a git command; raise HistoryError with git's message if it fails."""
        done = run_git(self.top, *arguments, given=given)
        if done.returncode:
            raise HistoryError(f"`git {arguments[0]}` failed: {complaint_of(done)}.")
        return done.stdout

    def run_remote(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return the output of a git command that contacts a remote; raise HistoryError."""
        done = run_git(self.top, *arguments, given=given, seconds=REMOTE_SECONDS)
        if done.returncode:
            raise HistoryError(f"`git {arguments[0]}` failed: {complaint_of(done)}.")
        return done.stdout

    def ask(self, *arguments: str) -> str:
        """Return the output of a git command without white space at the ends; '' if it fails."""
        done = run_git(self.top, *arguments)
        return "" if done.returncode else done.stdout.decode("utf-8", "replace").strip()

    def find_commit(self, ref: str) -> str | None:
        """Return the full id of the commit that *ref* resolves to, or None."""
        done = run_git(
            self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        commits = done.stdout.decode().split()
        # A range resolves to several commits, and excluded ones begin with `^`.
        return commits[0] if len(commits) == 1 and commits[0].isalnum() else None

    def find_ref(self, ref: str) -> str | None:
        """Return the full id of the commit at exactly this *ref*, or None."""
        done = run_git(self.top, "show-ref", "--verify", "--hash", ref)
        return done.stdout.decode().strip() or None

    def descends(self, commit: str, ancestor: str) -> bool | None:
        """Return whether *commit* is or descends from *ancestor*; None if unknown.

        It is unknown if *ancestor* is missing here, as in a shallow clone.
        """
        code = run_git(self.top, "merge-base", "--is-ancestor", ancestor, commit).returncode
        if code not in {0, 1}:  # one of them is missing here
            return None
        return not code or (None if self.is_shallow else False)

    def fork_point(self, ref: str) -> str | None:
        """Return the merge base of HEAD and *ref*, or None."""
        done = run_git(self.top, "merge-base", "--", ref, "HEAD")
        return done.stdout.decode().strip() or None

    def commits_since(self, since: str, until: str, folder: Path) -> tuple[str, ...]:
        """Return the commits that changed *folder* after *since*, newest first, a line each.

        The result is empty if *since* is missing here.
        """
        what = ("log", "--no-ext-diff", "--format=%h %s", f"{since}..{until}")
        done = run_git(self.top, *what, "--", str(folder.resolve()))
        return tuple(done.stdout.decode("utf-8", "replace").splitlines())

    def differs(self, folder: Path) -> bool:
        """Return whether *folder* differs from the checked-out commit."""
        # Looking into submodules would run git there. Inventory files can't come from one anyway.
        flags = ["--porcelain", "--untracked-files=all", "--ignored=matching"]
        flags.append("--ignore-submodules=dirty")
        return bool(self.run("status", *flags, "--", str(folder.resolve())))

    def mode_at(self, commit: str, path: str) -> str:
        """Return the mode of *path* in *commit*: `040000` folder, `120000` link, '' missing."""
        listed = self.run("ls-tree", "--full-tree", commit, "--", path)
        return listed.split(b" ", 1)[0].decode() if listed else ""

    def tracked_files(self, name: str) -> list[Path]:
        """Return the tracked files called *name*."""
        listed = self.run("ls-files", "-z", "--full-name", "--", ".")
        paths = listed.decode("utf-8", "surrogateescape").split("\0")
        return [self.top / path for path in paths if path.rpartition("/")[2] == name]

    def fetch_missing(self, *revisions: str, paths: Sequence[str] = (), walk: bool = False) -> None:
        """Fetch the files at and below *paths* in *revisions*, with *walk* also in their ancestors.

        A partial clone lacks them, and git fetches each one by itself when it is read.

        Raises:
            HistoryError: The remote can't be reached.
        """
        if not self.promisor:
            return
        how = ("--objects", "--missing=print", *(() if walk else ("--no-walk",)))
        which = ("--end-of-options", *revisions, "--", *filter(None, paths))
        listed = self.ask("rev-list", *how, *which)
        missing = [line[1:] for line in listed.splitlines() if line.startswith("?")]
        if not missing:
            return
        # As git does for one object, and without telling the remote what is here.
        command = ("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags")
        flags = (
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--filter=blob:none",
            "--stdin",
        )
        names = "".join(f"{name}\n" for name in missing).encode()
        self.run_remote(*command, *flags, "--", self.promisor, given=names)

    def size_of(self, ref: str, *names: str) -> int:
        """Return the total size in bytes of the files at and below *names* in *ref*."""
        self.fetch_missing(ref, paths=names)
        how = ("-r", "-l", "--full-tree", "--end-of-options")
        done = run_git(self.top, "ls-tree", *how, ref, "--", *names)
        sizes = [line.split()[3] for line in done.stdout.splitlines() if len(line.split()) > 3]
        return sum(int(size) for size in sizes if size.isdigit())

    def files_with(self, commit: str, text: str, name: str) -> list[str]:
        """Return the paths of the files called *name* in *commit* that contain *text*."""
        done = run_git(self.top, "grep", "-l", "-z", "-F", "--full-name", "-e", text, commit)
        paths = [line.decode("utf-8", "replace") for line in done.stdout.split(b"\0") if line]
        return [path.split(":", 1)[1] for path in paths if path.endswith(f"/{name}")]

    def read_commit(self, ref: str, *paths: str) -> Commit | None:
        """Return the commit *ref* with its files at and below *paths*, or None if there is none.

        `fast-export` reads each object once, `cat-file --batch` twice. With loose objects, that is
        half of the time.

        Raises:
            HistoryError: The commit can't be read.
        """
        if ".." in ref:  # a range, or a search for a message
            ref = self.find_commit(ref) or ""
        self.fetch_missing(ref, paths=paths)
        how = ("--full-tree", "--reencode=no", "--show-original-ids")
        # Export the whole commit, even if it changed nothing at these paths, and list submodules.
        # The first dashes end the command's own flags, the second the revisions.
        which = ("--no-walk", "--ignore-submodules=none", "--", f"{ref}^{{commit}}", "--")
        done = run_git(self.top, "fast-export", *how, *which, *filter(None, paths))
        if done.returncode == 0 and done.stdout:
            return parse_export(done.stdout)
        commit = self.find_commit(ref)
        if commit is None:
            return None
        raise HistoryError(
            f"`git fast-export` can't read the files of {commit[:7]}: {complaint_of(done)}. If the"
            " clone is incomplete, clone the repository again."
        )

    def set_ref(self, ref: str, commit: str, before: str | None) -> None:
        """Move *ref* to *commit* if it still is at *before* (None: it must not exist)."""
        self.run("update-ref", ref, commit, before or "")

    def reset_ref(self, ref: str, commit: str, before: str | None) -> None:
        """Move *ref* from *commit* back to *before* (None: delete it)."""
        if before is None:
            self.run("update-ref", "-d", ref, commit)
        else:
            self.run("update-ref", ref, before, commit)

    def has(self, commit: str) -> bool:
        """Return whether this repository has *commit*."""
        # Newer versions of git fetch nothing from a partial clone's remote then.
        lazy = {"GIT_NO_LAZY_FETCH": "1"}
        done = run_git(self.top, "cat-file", "-e", f"{commit}^{{commit}}", more=lazy)
        return not done.returncode


def open_repository(folder: Path) -> Repository | None:
    """Return the repository whose work tree contains *folder*, or None outside of one.

    Raises:
        HistoryError: Git refuses the folder, for example because another user owns it, or git's
            configuration includes a file of the work tree.
    """
    top = find_top(folder)
    if top is None:
        return None
    flags = ("--is-inside-work-tree", "--is-shallow-repository", "--git-common-dir")
    done = run_git(top, "rev-parse", *flags)
    if done.returncode:
        if not done.stderr or b"not a git repository" in done.stderr:
            return None
        advice = " To trust it, run `git config --global --add safe.directory FOLDER`."
        complaint = complaint_of(done)
        raise HistoryError(
            f"Git can't open the repository: {complaint}.{advice if 'dubious' in complaint else ''}"
        )
    inside, shallow, common = done.stdout.decode("utf-8", "surrogateescape").split("\n", 2)
    if inside != "true":
        return None
    settings = _read_settings(top)
    _refuse_foreign_configuration(top, (top / common.removesuffix("\n")).resolve(), settings)
    return Repository(top, is_shallow=shallow == "true", promisor=_find_promisor(settings))


def find_top(folder: Path) -> Path | None:
    """Return the nearest folder, from *folder* upwards, that holds `.git`, or None.

    Git itself would prefer any folder on the way that looks like a bare repository. No commit can
    contain a path called `.git`, so a pull request can't influence this choice.
    """
    start = folder.resolve()
    return next(
        (place for place in (start, *start.parents) if os.path.lexists(place / ".git")), None
    )


class _Setting(NamedTuple):
    """The name of a setting of git, and where it comes from, as `file:PATH`."""

    origin: str
    name: str


def _read_settings(top: Path) -> list[_Setting]:
    done = run_git(top, "config", "--list", "--show-origin", "--name-only", "-z")
    parts = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [_Setting(*pair) for pair in zip(parts[::2], parts[1::2], strict=False)]


def _find_promisor(settings: list[_Setting]) -> str:
    """Return the remote from which a partial clone was made, or ""."""
    names = (re.fullmatch(r"remote\.(.+)\.promisor", one.name) for one in settings)
    return next((found[1] for found in names if found), "")


def _refuse_foreign_configuration(top: Path, common: Path, settings: list[_Setting]) -> None:
    """Raise HistoryError if a file of the work tree is part of git's configuration.

    Git includes such a file if a setting like `include.path` names it. The author of a pull
    request could then choose the commands that git runs.
    """
    home = Path(os.environ.get("HOME") or "/").resolve()
    own = {home / ".gitconfig", home / ".config/git/config"}
    for path in _configuration_files(top, settings):
        is_inside = path.is_relative_to(top) and not path.is_relative_to(common)
        if is_inside and (path not in own or _is_tracked(top, path)):
            shown = path.relative_to(top)
            raise HistoryError(
                f"Git's configuration includes {shown}, a file of the work tree. A commit could"
                " change the commands that git runs. Remove that `include.path`."
            )


def _is_tracked(top: Path, path: Path) -> bool:
    """Return whether a commit brought *path*; the home folder may be the work tree."""
    return bool(run_git(top, "ls-files", "--", str(path)).stdout)


def _configuration_files(top: Path, settings: list[_Setting]) -> Iterator[Path]:
    """Yield each file that git reads settings from."""
    for origin in dict.fromkeys(one.origin for one in settings):
        kind, _, path = origin.partition(":")
        if kind == "file":
            yield (top / path).resolve()
