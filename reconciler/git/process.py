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
    # Read what was committed, not a replacement in this clone.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reconciler"), ("EMAIL", "reconciler@localhost"))
}


# These settings override every configuration file, and hold for the git processes that git starts.
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
# What a missing object of a partial clone, a fetch or a push may use; `ext` runs any command.
_PROTOCOLS = "file:git:http:https:ssh"
REMOTE_SECONDS = 120.0


def shown_remote(text: str) -> str:
    """Return *text* without the names, passwords, and tokens that its addresses may hold."""
    text = re.sub(r"//[^\s']*@", "//***@", text)
    text = re.sub(r"(//[^\s'?]+)\?[^\s']+", r"\1?***", text)
    return re.sub(r"(?<![\w/*])[^\s/@':]+:(?!//)[^\s@']+@", "***@", text)


def _environment(top: Path) -> dict[str, str]:
    """Return git's environment: without what leads it elsewhere, and without the shop's tokens."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _LEADS_ELSEWHERE and not name.startswith("WEBFLOW_")
    }
    kept.setdefault("GIT_ALLOW_PROTOCOL", _PROTOCOLS)
    return {**kept, **_IDENTITY, **_QUIET, "GIT_CEILING_DIRECTORIES": str(top.parent)}


_LEADS_ELSEWHERE = frozenset(
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
    """Return git's error message on one line, without hints and passwords."""
    lines = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines()]
    said = "; ".join(line.rstrip(".") for line in lines if line and not line.startswith("hint:"))
    return shown_remote(said) or f"it exited {done.returncode}"


def run_git(
    top: Path,
    *arguments: str,
    given: bytes = b"",
    seconds: float | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[bytes]:
    """Return what a git command in *top* printed, and its exit code.

    Raises:
        HistoryError: git can\'t be started.
    """
    command = ["git", *(word for setting in _SETTINGS for word in ("-c", setting)), *arguments]
    try:
        return subprocess.run(  # noqa: S603  no shell, and git is what we ask for
            command,
            cwd=top,
            input=given,
            capture_output=True,
            check=False,
            start_new_session=True,  # a terminal's signal is ours to handle, in order
            env={**_environment(top), **more},
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        said = f"no answer within {seconds:.0f} seconds".encode()
        return subprocess.CompletedProcess(command, 128, b"", said)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 128, b"", b"")
    except OSError as error:
        raise HistoryError(f"Can't start git: {error.strerror}.") from None
