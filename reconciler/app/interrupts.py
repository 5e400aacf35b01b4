"""SIGINT and SIGTERM → an orderly end, with the exit code that shells expect."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.app.reporter import Announce
from reconciler.exit_codes import ExitCode

LOOK_SECONDS = 0.05
_NOTICED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignal:
    """Whether the run is to end, and why; waits are cut short when it is.

    The first signal is noticed, the second one interrupts what waits, the third ends the process.
    A run may also have *max_seconds* from now on.
    """

    def __init__(
        self, announce: Announce, max_seconds: float | None = None, max_text: str = ""
    ) -> None:
        self._announce = announce
        self._received: int | None = None
        self.is_abandoned = False
        """Whether a second signal has come."""
        self.max_seconds = max_seconds or 0.0
        self._ends: list[tuple[float, str]] = []
        if max_seconds is not None:
            self.end_within(max_seconds, f"the time limit of {max_text} is over")

    def reason(self) -> str | None:
        """Return why the run is to end, or None."""
        if self._received is not None:
            return "interrupted"
        now = time.monotonic()
        return next((why for until, why in self._ends if now >= until), None)

    def end_within(self, seconds: float, why: str) -> None:
        """Let the run end in so many seconds, and say *why* then."""
        self._ends.append((time.monotonic() + seconds, why))

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond a signal, nor beyond the time that the run has.

        It looks now and then: a signal handler that wakes sleepers may itself wait for ever.
        """
        until = time.monotonic() + seconds
        while self.reason() is None and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))

    @property
    def exit_code(self) -> ExitCode | None:
        """Return 130, 143 or 129, or None as long as no signal has come."""
        return None if self._received is None else ExitCode(128 + self._received)

    @contextmanager
    def noticing(self, said: str) -> Iterator[None]:
        """Notice signals for as long as the block lasts; *said* tells people what happens then."""

        def handle(number: int, _: FrameType | None) -> None:
            if self._received is not None:
                self.is_abandoned = True
                for each in _NOTICED:
                    signal.signal(each, signal.SIG_DFL)
                raise KeyboardInterrupt
            self._received = number
            self._announce(f"Interrupted: {said}. Press again to stop at once.")

        noticed = [number for number in _NOTICED if not _is_ignored(number)]
        before = {number: signal.signal(number, handle) for number in noticed}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_ignored(number: int) -> bool:
    """Return whether the parent process ignores a signal, as `nohup` does."""
    return signal.getsignal(number) is signal.SIG_IGN


def exit_on_sigterm(announce: Announce) -> None:
    """Let SIGTERM unwind the program like SIGINT does, so that what is open gets closed."""

    def leave(number: int, _: FrameType | None) -> None:
        announce("Interrupted.")
        raise SystemExit(128 + number)

    if not _is_ignored(signal.SIGTERM):
        signal.signal(signal.SIGTERM, leave)
