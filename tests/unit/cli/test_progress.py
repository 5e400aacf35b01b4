"""How far the work is, in words."""

from dataclasses import dataclass

import pytest
from factories import action
from fakes import FakeClock

from reconciler.cli.console import make_progress
from reconciler.cli.progress import LineProgress
from reconciler.model import Outcome, Result


@dataclass
class Counted:
    """A client that has made some requests."""

    requests: int = 0
    limit: int | None = None
    waiting: int = 0


def test_without_a_terminal_there_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Done, requests, their rate, and the time left as the store's limit asks."""
    clock, client = FakeClock(), Counted(limit=60)
    progress = LineProgress("Reading SKU", 240, client, clock)
    for done in range(1, 41):
        clock.sleep(0.5)
        client.requests += 1
        progress(done)

    assert capsys.readouterr().err.splitlines() == [
        "Reading SKU 20 of 240: 20 requests, 120 a minute, about 4 min left",
        "Reading SKU 40 of 240: 40 requests, 120 a minute, about 3 min left",
    ]


def test_without_a_limit_the_rate_so_far_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """Half done in twenty seconds leaves twenty."""
    clock = FakeClock()
    progress = LineProgress("Reading SKU", 10, Counted(5), clock)
    clock.sleep(20)
    progress(5)

    assert "about 20 s left" in capsys.readouterr().err


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither lines nor a bar."""
    with make_progress("Reading SKU", 10, Counted(), quiet=True) as progress:
        progress(5)

    assert capsys.readouterr().err == ""


def test_a_terminal_shows_what_is_written_and_what_waits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that moves, with names made safe."""
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
    said = capsys.readouterr().err

    assert "writing B, 3 waiting for the rate limit" in said
    assert "1/2" in said
    assert "\x1b[2J" not in said.replace("\x1b[2K", "")
