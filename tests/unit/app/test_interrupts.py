"""The first signal ends a run in order, the second one at once."""

import signal
import time
from collections.abc import Iterator

import pytest

from reconciler.app.interrupts import StopSignal, exit_on_sigterm
from reconciler.exit_codes import ExitCode

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Restore all signal handlers."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
        (signal.SIGHUP, ExitCode.HUNG_UP),
    ],
)
def test_first_signal_sets_reason_and_raises_nothing(number: int, code: ExitCode) -> None:
    """A write in progress is not cut off."""
    said: list[str] = []
    stop = StopSignal(said.append)
    assert (stop.reason(), stop.exit_code) == (None, None)
    with stop.noticing("ending after this SKU"):
        signal.raise_signal(number)

    assert (bool(stop.reason()), stop.exit_code, stop.is_abandoned) == (True, code, False)
    assert ["ending after this SKU" in text for text in said] == [True]


def test_second_signal_interrupts() -> None:
    """Waits end at once, and a third signal would kill the process."""
    stop = StopSignal(lambda _: None)
    with pytest.raises(KeyboardInterrupt), stop.noticing("x"):
        signal.raise_signal(signal.SIGTERM)
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            assert [signal.getsignal(number) for number in SIGNALS] == [signal.SIG_DFL] * 3

    assert (stop.is_abandoned, stop.exit_code) == (True, ExitCode.TERMINATED)


def test_noticing_restores_handlers() -> None:
    """Also after an error in the block."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(ZeroDivisionError), StopSignal(lambda _: None).noticing("x"):
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ZeroDivisionError

    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_ignored_signal_stays_ignored() -> None:
    """Under `nohup`, a run outlives its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = StopSignal(lambda _: None)
    with stop.noticing("x"):
        signal.raise_signal(signal.SIGHUP)

    assert stop.exit_code is None


def test_time_limit_ends_the_run_without_exit_code() -> None:
    """A time limit is not an interruption. Signals come first as the reason."""
    stop = StopSignal(lambda _: None, 0.0, "10m")
    stop.end_within(1e9, "later")

    assert ("10m" in (stop.reason() or ""), stop.exit_code, stop.max_seconds) == (True, None, 0.0)
    with stop.noticing("x"):
        signal.raise_signal(signal.SIGINT)
    assert "10m" not in (stop.reason() or "")


def test_sleep_ends_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal and the time limit both end a wait."""
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        assert len(naps) < 9, "the sleep does not end"
        if len(naps) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(time, "sleep", nap)
    stop = StopSignal(lambda _: None)
    with stop.noticing("x"):
        stop.sleep(1e9)
        stop.sleep(1e9)
    StopSignal(lambda _: None, 0.0).sleep(1e9)

    assert len(naps) == 2
    assert max(naps) < 1


def test_sigterm_unwinds_with_its_exit_code() -> None:
    """Resources are closed, and shells see 143."""
    said: list[str] = []
    exit_on_sigterm(said.append)
    with pytest.raises(SystemExit) as caught:
        signal.raise_signal(signal.SIGTERM)

    assert (caught.value.code, len(said)) == (ExitCode.TERMINATED, 1)


def test_ignored_sigterm_stays_ignored() -> None:
    """A signal that the parent process ignores stays ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    exit_on_sigterm(lambda _: None)
    signal.raise_signal(signal.SIGTERM)
