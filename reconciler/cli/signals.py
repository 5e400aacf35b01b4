"""SIGINT and SIGTERM → an orderly end, with the exit code that shells expect."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.cli.console import print_error

_NOTICED = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """Notices the first signal; the second one ends the process at once."""

    def __init__(self) -> None:
        self._received: int | None = None

    def noticed(self) -> bool:
        """Return whether a signal has come."""
        return self._received is not None

    @property
    def exit_code(self) -> int | None:
        """Return 130 or 143, or None as long as no signal has come."""
        return None if self._received is None else 128 + self._received

    def handle(self, number: int, _: FrameType | None) -> None:
        """Take a signal."""
        if self._received is not None:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self._received = number
        print_error("Interrupted: finishing what is under way. Once more stops at once.")


@contextmanager
def noticing_signals() -> Iterator[Signals]:
    """Yield what notices SIGINT and SIGTERM for as long as the block lasts."""
    signals = Signals()
    before = {number: signal.signal(number, signals.handle) for number in _NOTICED}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_on_sigterm() -> None:
    """Let SIGTERM unwind the program like SIGINT does, so that what is open gets closed."""
    signal.signal(signal.SIGTERM, _exit)


def _exit(number: int, _: FrameType | None) -> None:
    print_error("Interrupted.")
    raise SystemExit(128 + number)
