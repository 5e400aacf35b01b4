"""How far the work is, in words."""

from dataclasses import dataclass

import pytest
from fakes import FakeClock

from reconciler.cli.options import Options
from reconciler.cli.progress import Progress


@dataclass
class Counted:
    """A client that has made some requests."""

    requests: int = 0
    limit: int | None = None


def test_without_a_terminal_there_is_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Done, requests, their rate, and the time left as the store's limit asks."""
    clock, client = FakeClock(), Counted(limit=60)
    progress = Progress("Reading SKU", 240, client, Options(), clock)
    for done in range(1, 41):
        clock.sleep(0.5)
        client.requests += 1
        progress(done)

    assert capsys.readouterr().err.splitlines() == [
        "Reading SKU 20 of 240; 20 requests, 120 a minute; about 4 min left",
        "Reading SKU 40 of 240; 40 requests, 120 a minute; about 3 min left",
    ]


def test_without_a_limit_the_rate_so_far_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """Half done in twenty seconds leaves twenty; quiet says nothing."""
    for quiet in (False, True):
        clock = FakeClock()
        progress = Progress("Reading SKU", 10, Counted(5), Options(quiet=quiet), clock)
        clock.sleep(20)
        progress(5)

    assert "about 20 s left" in capsys.readouterr().err
