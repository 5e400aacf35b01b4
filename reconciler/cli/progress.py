"""Print the progress as a line every ten seconds."""

import threading
import time
from collections.abc import Callable
from typing import Self

from reconciler.app.reporter import Meter
from reconciler.apply.observers import NullObserver
from reconciler.cli.streams import print_error
from reconciler.model import Action, Outcome

PROGRESS_SECONDS = 10.0
Clock = Callable[[], float]


class LineProgress(NullObserver):
    """An Observer that prints how many of *total* are done on stderr every ten seconds."""

    def __init__(self, verb: str, total: int, meter: Meter, clock: Clock = time.monotonic) -> None:
        self._verb = verb
        self._total = total
        self.meter = meter
        self._clock = clock
        self._started = self._last = clock()
        self._requests = meter.requests
        self._lock = threading.Lock()
        self.done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def __call__(self, done: int) -> None:
        """Update the number of finished items, and print it if it is time."""
        now = self._clock()
        if now - self._last >= PROGRESS_SECONDS:
            self._last = now
            print_error(f"{self._verb} {done} of {self._total}: {self.rate(done)}")

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Count a finished action."""
        with self._lock:
            self.done += 1
            self(self.done)

    def rate(self, done: int) -> str:
        """Return the number of requests, their rate, and the estimated time left."""
        seconds = max(self._clock() - self._started, 0.001)
        requests = self.meter.requests - self._requests
        text = f"{requests} requests"
        if seconds >= 1:
            text += f", {requests * 60 / seconds:.0f} a minute"
        if done:
            text += f", about {_duration(self._seconds_left(done, seconds, requests))} left"
        return text

    def _seconds_left(self, done: int, seconds: float, requests: int) -> float:
        """Return the estimate by the speed so far, or by the rate limit if that is longer."""
        left = self._total - done
        limit = self.meter.limit
        by_rate = seconds / done * left
        return max(by_rate, requests / done * left * 60 / limit) if limit else by_rate


class SilentProgress(LineProgress):
    """Prints nothing."""

    def __call__(self, done: int) -> None:
        """Do nothing."""


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
