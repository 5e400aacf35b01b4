"""The shop's time, from the header `Date` of its answers."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.retry_after import told_time

# `Date` has whole seconds, and an answer takes some time.
_SAME: Final = timedelta(seconds=2)


def count_seconds() -> float:
    """Return seconds since a fixed moment, including the time that the machine slept."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux only
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class ShopClock:
    """The shop's clock. Before the first answer, it is the clock of this machine.

    It is thread-safe. *clock* counts seconds and is monotonic.
    """

    def __init__(self, clock: Callable[[], float] = count_seconds) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._time, self._at = datetime.now(UTC), clock()
        self.is_known = False
        """Whether an answer has contained the shop's time."""

    def read(self) -> float:
        """Return the seconds of *clock*, to note when a request was sent."""
        return self._clock()

    def learn(self, headers: Mapping[str, str], sent_at: float) -> None:
        """Read the time from the headers of an answer, if they have one.

        The time counts from *sent_at*. A paused process may read the answer late. If the clock
        started then, it would be slow, and the process could write after its deadline.
        """
        answered_at = told_time(headers)
        if answered_at is None:
            return
        with self._lock:
            self._time, self._at, self.is_known = answered_at, sent_at, True

    def now(self) -> datetime:
        """Return the time. If both clocks agree, use this machine's, which is finer."""
        with self._lock:
            theirs = self._time + timedelta(seconds=max(0.0, self._clock() - self._at))
        ours = datetime.now(UTC)
        return ours if abs(ours - theirs) <= _SAME else theirs
