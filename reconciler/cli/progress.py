"""How far the work is → a line on a terminal, or one every ten seconds elsewhere."""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from reconciler.cli.console import print_error
from reconciler.cli.options import Options
from reconciler.model import Action, Outcome

PROGRESS_SECONDS = 10.0
_TERMINAL_SECONDS = 0.1
Clock = Callable[[], float]


class Requests(Protocol):
    """What is known of the requests so far: how many, and how many a minute are allowed."""

    @property
    def requests(self) -> int:
        """Return how many there were."""

    @property
    def limit(self) -> int | None:
        """Return how many a minute the store allows, if it said so."""


class Progress:
    """Is told how many of *total* are done, and says so now and then on stderr."""

    def __init__(
        self,
        verb: str,
        total: int,
        client: Requests,
        options: Options,
        clock: Clock = time.monotonic,
    ) -> None:
        self._verb = verb
        self._total = total
        self._client = client
        self._clock = clock
        self._started = self._last = clock()
        self._requests = client.requests
        self._done = 0
        self._lock = threading.Lock()
        self._quiet = options.quiet
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, done: int) -> None:
        """Take note that *done* are done."""
        now = self._clock()
        is_over = done >= self._total
        every = _TERMINAL_SECONDS if self._terminal else PROGRESS_SECONDS
        if self._quiet or (now - self._last < every and not (is_over and self._terminal)):
            return
        self._last = now
        if self._terminal:
            print_error(f"\r\x1b[K{'' if is_over else self.sentence(done)}", end="")
        else:
            print_error(self.sentence(done))

    def begun(self, action: Action) -> None:
        """Do nothing: what counts is what is done."""

    def sending(self, action: Action) -> None:
        """Do nothing: the same."""

    def settled(self, action: Action, outcome: Outcome) -> None:
        """Count one more action as done."""
        with self._lock:
            self._done += 1
            self(self._done)

    def sentence(self, done: int) -> str:
        """Return what is done, at what rate, and how long the rest will take."""
        seconds = max(self._clock() - self._started, 0.001)
        requests = self._client.requests - self._requests
        left = self._seconds_left(done, seconds, requests)
        said = f"{self._verb} {done} of {self._total}"
        rate = f"{requests} requests, {requests * 60 / seconds:.0f} a minute"
        return f"{said}; {rate}{f'; about {_duration(left)} left' if done else ''}"

    def _seconds_left(self, done: int, seconds: float, requests: int) -> float:
        """Return how long the rest takes: as long as so far, or as the store's limit asks."""
        if not done:
            return 0.0
        left = self._total - done
        limit = self._client.limit
        by_rate = seconds / done * left
        return max(by_rate, requests / done * left * 60 / limit) if limit else by_rate


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
