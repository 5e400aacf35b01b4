"""Handle SIGINT, SIGTERM, and SIGHUP: end in order, with the exit code that shells expect."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from reconciler.exit_codes import ExitCode

Announce = Callable[[str], None]

LOOK_SECONDS = 0.05
_NOTICED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignal:
    """Whether the run must end, and why. Waits end early then.

    The first signal ends the run in order, the second interrupts it, the third kills the process.
    *max_seconds* limits the run from now on. *max_text* is the same time as the user wrote it.
    """

    def __init__(
        self, announce: Announce, max_seconds: float | None = None, max_text: str = ""
    ) -> None:
        self._announce = announce
        self._received: int | None = None
        self.is_abandoned = False
        """Whether a second signal arrived."""
        self.max_seconds = max_seconds or 0.0
        self._ends: list[tuple[float, str]] = []
        if max_seconds is not None:
            self.end_within(max_seconds, f"its time limit of {max_text} is over")

    def reason(self) -> str | None:
        """Return why the run must end as a phrase like "interrupted", or None."""
        if self._received is not None:
            return "interrupted"
        now = time.monotonic()
        return next((why for until, why in self._ends if now >= until), None)

    def end_within(self, seconds: float, why: str) -> None:
        """End the run after *seconds*, for the reason *why*."""
        self._ends.append((time.monotonic() + seconds, why))

    def sleep(self, seconds: float) -> None:
        """Wait for *seconds*, or until the run must end.

        It polls, because a signal handler that wakes sleepers can deadlock.
        """
        until = time.monotonic() + seconds
        while self.reason() is None and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))

    @property
    def exit_code(self) -> ExitCode | None:
        """Return 130, 143, or 129 after a signal, else None."""
        return None if self._received is None else ExitCode(128 + self._received)

    @contextmanager
    def noticing(self, action: str) -> Iterator[None]:
        """Handle signals during the block. *action* says what happens then, for people."""

        def handle(number: int, _: FrameType | None) -> None:
            if self._received is not None:
                self.is_abandoned = True
                for each in _NOTICED:
                    signal.signal(each, signal.SIG_DFL)
                raise KeyboardInterrupt
            self._received = number
            self._announce(f"Interrupted: {action}. A second signal stops at once.")

        noticed = [number for number in _NOTICED if not _is_ignored(number)]
        before = {number: signal.signal(number, handle) for number in noticed}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_ignored(number: int) -> bool:
    """Return whether a signal is ignored, as under `nohup`."""
    return signal.getsignal(number) is signal.SIG_IGN


def exit_on_sigterm(announce: Announce) -> None:
    """Make SIGTERM raise SystemExit, so that open resources are closed."""

    def leave(number: int, _: FrameType | None) -> None:
        announce("Interrupted.")
        raise SystemExit(128 + number)

    if not _is_ignored(signal.SIGTERM):
        signal.signal(signal.SIGTERM, leave)
