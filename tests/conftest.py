"""Shared fixtures. Tests can connect only to loopback."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import SHORT_LOCKS, Workspace
from hypothesis import settings
from snapshots import TextSnapshot
from syrupy.assertion import SnapshotAssertion

from reconciler.app import recording

# No deadline, because machines may be slow. A failure prints how to reproduce it.
settings.register_profile("ours", deadline=None, print_blob=True)
settings.load_profile("ours")

# If the parent ignores SIGINT (`make test &` in a script), all children would ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The same holds for SIGHUP under nohup.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

_connect = socket.socket.connect


def _connect_to_loopback(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
        raise AssertionError(f"a test tried to connect to {address}")
    _connect(self, address)


@pytest.fixture
def wording(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return the snapshot of the test, which compares equal to the same text."""
    return snapshot.use_extension(TextSnapshot)


# Deleted from the developer's shell. Tests set the ones they need.
_VARIABLES = (
    "WEBFLOW_TOKEN",
    "WEBFLOW_API_URL",
    "WEBFLOW_RATE_WINDOW",
    "NO_COLOR",
    "FORCE_COLOR",
    "GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_TOKEN",
    # Without a cache of compiled modules, each command of a test would compile the package.
    "PYTHONDONTWRITEBYTECODE",
)


@pytest.fixture(autouse=True, scope="session")
def _isolation() -> Iterator[None]:
    """Once, because 3 000 tests take a millisecond or less: loopback only, and no variables.

    The lock of a crashed run expires soon, because a takeover waits for that.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect_to_loopback)
        for name in _VARIABLES:
            patch.delenv(name, raising=False)
        for name, seconds in SHORT_LOCKS.items():
            patch.setattr(recording, name, seconds)
        yield


@pytest.fixture
def workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Workspace]:
    """Return an empty working folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    yield Workspace(tmp_path, capsys)
