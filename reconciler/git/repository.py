"""Run git's plumbing commands, without changing the work tree or running code from it.

The `git` command is used because it supports every kind of repository: shallow and partial clones,
worktrees, submodules, and alternates.

The work tree is hostile: a folder in it may look like a bare repository with a configuration of
its own. So git always runs at the top of the work tree, where `.git` is, and never below it.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from reconciler.errors import HistoryError
from reconciler.git.fast_export import Commit, parse_export

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    # Ignore replacement objects in this clone.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reconciler"), ("EMAIL", "reconciler@localhost"))
}


# These settings override every configuration file, also for git processes that git starts.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "log.showSignature=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "protocol.ext.allow=never",
    "safe.bareRepository=explicit",
)
# Protocols for fetches (also of a partial clone) and pushes. `ext` is out: it runs any command.
_PROTOCOLS = "file:git:http:https:ssh"
_REMOTE_SECONDS = 120.0


class Repository:
    """A git repository. `top` is the folder of its work tree that holds `.git`."""

    def __init__(self, top: Path, *, is_shallow: bool) -> None:
        self.top = top
        self.is_shallow = is_shallow

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Return the output of a git command; raise HistoryError with git's message if it fails."""
        done = _git(self.top, *arguments, given=given)
        if done.returncode:
            raise HistoryError(f"`git {arguments[0]}` failed: {_complaint(done)}.")
        return done.stdout

    def run_remote(self, *arguments: str) -> bytes:
        """Return the output of a git command that contacts a remote; raise HistoryError."""
        done = _git(self.top, *arguments, seconds=_REMOTE_SECONDS)
        if done.returncode:
            raise HistoryError(f"`git {arguments[0]}` failed: {_complaint(done)}.")
        return done.stdout

    def ask(self, *arguments: str) -> str:
        """Return the output of a git command without white space at the ends; '' if it fails."""
        done = _git(self.top, *arguments)
        return "" if done.returncode else done.stdout.decode("utf-8", "replace").strip()

    def find_commit(self, ref: str) -> str | None:
        """Return the full id of the commit that *ref* resolves to, or None."""
        done = _git(
            self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        commits = done.stdout.decode().split()
        # A range resolves to several commits, and excluded ones begin with `^`.
        return commits[0] if len(commits) == 1 and commits[0].isalnum() else None

    def find_ref(self, ref: str) -> str | None:
        """Return the full id of the commit at exactly this *ref*, or None."""
        done = _git(self.top, "show-ref", "--verify", "--hash", ref)
        return done.stdout.decode().strip() or None

    def descends(self, commit: str, ancestor: str) -> bool | None:
        """Return whether *commit* is *ancestor* or descends from it; None if unknown.

        It is unknown if *ancestor* is missing here, as in a shallow clone.
        """
        code = _git(self.top, "merge-base", "--is-ancestor", ancestor, commit).returncode
        if code not in {0, 1}:  # one of them is missing here
            return None
        return not code or (None if self.is_shallow else False)

    def fork_point(self, ref: str) -> str | None:
        """Return the merge base of HEAD and *ref*, or None."""
        done = _git(self.top, "merge-base", "--", ref, "HEAD")
        return done.stdout.decode().strip() or None

    def commits_since(self, since: str, until: str, folder: Path) -> tuple[str, ...]:
        """Return the commits that changed *folder* after *since*, newest first, a line each.

        The result is empty if *since* is missing here.
        """
        what = ("log", "--no-ext-diff", "--format=%h %s", f"{since}..{until}")
        done = _git(self.top, *what, "--", str(folder.resolve()))
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

    def size_of(self, ref: str, *names: str) -> int:
        """Return the total size in bytes of the files at and below *names* in *ref*."""
        how = ("-r", "-l", "--full-tree", "--end-of-options")
        done = _git(self.top, "ls-tree", *how, ref, "--", *names)
        sizes = [line.split()[3] for line in done.stdout.splitlines() if len(line.split()) > 3]
        return sum(int(size) for size in sizes if size.isdigit())

    def files_with(self, commit: str, text: str, name: str) -> list[str]:
        """Return the paths of the files called *name* in *commit* that contain *text*."""
        done = _git(self.top, "grep", "-l", "-z", "-F", "--full-name", "-e", text, commit)
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
        how = ("--full-tree", "--reencode=no", "--show-original-ids")
        # Export the whole commit, even if it changed nothing at these paths, and list submodules.
        # The first dashes end the command's own flags, the second the revisions.
        which = ("--no-walk", "--ignore-submodules=none", "--", f"{ref}^{{commit}}", "--")
        done = _git(self.top, "fast-export", *how, *which, *filter(None, paths))
        if done.returncode == 0 and done.stdout:
            return parse_export(done.stdout)
        commit = self.find_commit(ref)
        if commit is None:
            return None
        raise HistoryError(
            f"`git fast-export` can't read the files of {commit[:7]}: {_complaint(done)}. If the"
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
        return not _git(self.top, "cat-file", "-e", f"{commit}^{{commit}}").returncode


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
    done = _git(top, "rev-parse", *flags)
    if done.returncode:
        if not done.stderr or b"not a git repository" in done.stderr:
            return None
        advice = " To trust it, run `git config --global --add safe.directory FOLDER`."
        complaint = _complaint(done)
        raise HistoryError(
            f"Git can't open the repository: {complaint}.{advice if 'dubious' in complaint else ''}"
        )
    inside, shallow, common = done.stdout.decode("utf-8", "surrogateescape").split("\n", 2)
    if inside != "true":
        return None
    _refuse_foreign_configuration(top, (top / common.removesuffix("\n")).resolve())
    return Repository(top, is_shallow=shallow == "true")


def find_top(folder: Path) -> Path | None:
    """Return the nearest folder, from *folder* upwards, that holds `.git`, or None.

    Git itself would prefer any folder on the way that looks like a bare repository. No commit can
    contain a path called `.git`, so a pull request can't influence this choice.
    """
    start = folder.resolve()
    return next(
        (place for place in (start, *start.parents) if os.path.lexists(place / ".git")), None
    )


def _refuse_foreign_configuration(top: Path, common: Path) -> None:
    """Raise HistoryError if a file of the work tree is part of git's configuration.

    Git includes such a file if a setting like `include.path` names it. The author of a pull
    request could then choose the commands that git runs.
    """
    home = Path(os.environ.get("HOME") or "/").resolve()
    own = {home / ".gitconfig", home / ".config/git/config"}
    for path in _configuration_files(top):
        is_inside = path.is_relative_to(top) and not path.is_relative_to(common)
        if is_inside and (path not in own or _is_tracked(top, path)):
            shown = path.relative_to(top)
            raise HistoryError(
                f"Git's configuration includes {shown}, a file of the work tree. A commit could"
                " change the commands that git runs. Remove that `include.path`."
            )


def _is_tracked(top: Path, path: Path) -> bool:
    """Return whether *path* is tracked. The home folder may be the work tree."""
    return bool(_git(top, "ls-files", "--", str(path)).stdout)


def _configuration_files(top: Path) -> Iterator[Path]:
    """Yield the configuration files that git reads."""
    done = _git(top, "config", "--list", "--show-origin", "--name-only", "-z")
    origins = done.stdout.decode("utf-8", "surrogateescape").split("\0")[::2]
    for origin in dict.fromkeys(origins):
        kind, _, path = origin.partition(":")
        if kind == "file":
            yield (top / path).resolve()


def shown_remote(text: str) -> str:
    """Return *text* with users, passwords, and tokens in its addresses replaced by `***`."""
    text = re.sub(r"//[^\s']*@", "//***@", text)
    text = re.sub(r"(//[^\s'?]+)\?[^\s']+", r"\1?***", text)
    return re.sub(r"(?<![\w/*])[^\s/@':]+:(?!//)[^\s@']+@", "***@", text)


def _environment(top: Path) -> dict[str, str]:
    """Return git's environment: without the shop's tokens and variables that redirect git."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _REDIRECTS and not name.startswith("WEBFLOW_")
    }
    kept.setdefault("GIT_ALLOW_PROTOCOL", _PROTOCOLS)
    return {**kept, **_IDENTITY, **_QUIET, "GIT_CEILING_DIRECTORIES": str(top.parent)}


_REDIRECTS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_DATE",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)


def _complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return git's error message on one line, without hints, passwords, and a full stop."""
    lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines()]
    message = ""
    for line in lines:
        if line and not line.startswith("hint:"):
            is_continued = line[0].islower() and not line.split()[0].endswith(":")
            message += f"{' ' if is_continued else '. '}{line.rstrip('.')}"
    return shown_remote(message.removeprefix(". ")) or f"exit code {done.returncode}"


def _git(
    top: Path, *arguments: str, given: bytes = b"", seconds: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = ["git", *(word for setting in _SETTINGS for word in ("-c", setting)), *arguments]
    try:
        return subprocess.run(  # noqa: S603  no shell, and a fixed command
            command,
            cwd=top,
            input=given,
            capture_output=True,
            check=False,
            start_new_session=True,  # only this program handles Ctrl-C
            env=_environment(top),
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        message = f"no answer within {seconds:.0f} seconds".encode()
        return subprocess.CompletedProcess(command, 128, b"", message)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 128, b"", b"")
    except OSError as error:
        raise HistoryError(
            f"Can't start git: {error.strerror}. Check that git is installed."
        ) from None
