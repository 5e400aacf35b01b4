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


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow connections to loopback only."""
    monkeypatch.setattr(socket.socket, "connect", _connect_to_loopback)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete variables of the developer's shell."""
    for name in (
        "WEBFLOW_TOKEN",
        "WEBFLOW_API_URL",
        "WEBFLOW_RATE_WINDOW",
        "NO_COLOR",
        "FORCE_COLOR",
        "GITHUB_OUTPUT",
        "GITHUB_STEP_SUMMARY",
        "GITHUB_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _short_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lock of a crashed run expire soon, because a takeover waits for that."""
    for name, seconds in SHORT_LOCKS.items():
        monkeypatch.setattr(recording, name, seconds)


@pytest.fixture
def workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Workspace]:
    """Return an empty working folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    yield Workspace(tmp_path, capsys)
