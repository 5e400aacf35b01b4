"""One git process: its settings, its environment, and its error message."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from reconciler.errors import HistoryError

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
    # With a commit-graph, fast-export leaves out a commit that did not touch the paths.
    "core.commitGraph=false",
    "core.quotePath=false",
    "log.showSignature=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "protocol.ext.allow=never",
    "safe.bareRepository=explicit",
)
# Protocols for fetches (also of a partial clone) and pushes. `ext` is out: it runs any command.
_PROTOCOLS = "file:git:http:https:ssh"
REMOTE_SECONDS = 120.0
# The exit code that shells use for a missing command.
NOT_INSTALLED = 127


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


def complaint_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return git's error message on one line, without hints, passwords, and a full stop."""
    if done.returncode == NOT_INSTALLED:
        return "git is not installed"
    lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines()]
    message = ""
    for line in lines:
        if line and not line.startswith("hint:"):
            is_continued = line[0].islower() and not line.split()[0].endswith(":")
            message += f"{' ' if is_continued else '. '}{line.rstrip('.')}"
    return shown_remote(message.removeprefix(". ")) or f"exit code {done.returncode}"


def run_git(
    top: Path,
    *arguments: str,
    given: bytes = b"",
    seconds: float | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[bytes]:
    """Return what a git command in *top* printed, and its exit code.

    Raises:
        HistoryError: git can't be started.
    """
    command = ["git", *(word for setting in _SETTINGS for word in ("-c", setting)), *arguments]
    try:
        return subprocess.run(  # noqa: S603  no shell, and a fixed command
            command,
            cwd=top,
            input=given,
            capture_output=True,
            check=False,
            start_new_session=True,  # only this program handles Ctrl-C
            env={**_environment(top), **more},
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        message = f"no answer within {seconds:.0f} seconds".encode()
        return subprocess.CompletedProcess(command, 128, b"", message)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, NOT_INSTALLED, b"", b"")
    except OSError as error:
        raise HistoryError(
            f"Can't start git: {error.strerror}. Check that git is installed."
        ) from None
