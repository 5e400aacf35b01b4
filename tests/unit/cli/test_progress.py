"""Progress as lines and as a bar."""

from dataclasses import dataclass

import pytest
from factories import action
from fakes import FakeClock
from syrupy.assertion import SnapshotAssertion

from reconciler.cli.console import make_progress
from reconciler.cli.progress import LineProgress
from reconciler.model import Outcome, Result


@dataclass
class Counted:
    """A meter with fixed numbers."""

    requests: int = 0
    limit: int | None = None
    waiting: int = 0


def test_line_progress_prints_every_ten_seconds(
    capsys: pytest.CaptureFixture[str], wording: SnapshotAssertion
) -> None:
    """A line has the finished items, the requests, their rate, and the time left."""
    clock, client = FakeClock(), Counted(limit=60)
    progress = LineProgress("Reading SKU", 240, client, clock)
    for done in range(1, 41):
        clock.sleep(0.5)
        client.requests += 1
        progress(done)

    assert capsys.readouterr().err == wording


def test_line_progress_without_limit_uses_speed_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    """Half of the work in 20 s leaves 20 s."""
    clock = FakeClock()
    progress = LineProgress("Reading SKU", 10, Counted(5), clock)
    clock.sleep(20)
    progress(5)

    assert "20 s" in capsys.readouterr().err


def test_make_progress_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """There are no lines and no bar."""
    with make_progress("Reading SKU", 10, Counted(), quiet=True) as progress:
        progress(5)

    assert capsys.readouterr().err == ""


def test_terminal_progress_shows_writes_and_waits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SKUs are escaped."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    written = action("A\x1b[2J", 3, 5)
    done = Outcome(written.sku, Result.APPLIED, written.before, written.after)
    with make_progress("Applying change", 2, Counted(waiting=3), quiet=False) as progress:
        progress.sending(written)
        progress.finished(written, done)
        progress.sending(action("B", 3, 5))
    shown = capsys.readouterr().err

    assert "writing B" in shown and "3 waiting" in shown
    assert "1/2" in shown
    assert "\x1b[2J" not in shown.replace("\x1b[2K", "")
