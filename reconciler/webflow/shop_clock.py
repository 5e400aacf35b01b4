"""The shop's own time, from the header `Date` of its answers."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.retry_after import told_time

# `Date` tells whole seconds, and an answer takes a while.
_SAME: Final = timedelta(seconds=2)


def count_seconds() -> float:
    """Return the seconds since some moment, those included that the machine slept."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux alone has it
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class ShopClock:
    """Tells the time by the shop's clock, by this machine's until the shop has answered.

    Several threads may ask. *clock* counts seconds and is never set.
    """

    def __init__(self, clock: Callable[[], float] = count_seconds) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told, self._at = datetime.now(UTC), clock()
        self.is_told = False
        """Whether the shop has said what time it is."""

    def read(self) -> float:
        """Return the seconds of the clock, to note when a request was sent."""
        return self._clock()

    def learn(self, headers: Mapping[str, str], sent_at: float) -> None:
        """Take the time from the headers of an answer, if they tell one.

        It counts from when the request was sent: the answer may have waited for a process that was
        paused, and a clock set back would let that write after its deadline.
        """
        told = told_time(headers)
        if told is None:
            return
        with self._lock:
            self._told, self._at, self.is_told = told, sent_at, True

    def now(self) -> datetime:
        """Return the time; where both clocks agree, this machine's has the finer steps."""
        with self._lock:
            theirs = self._told + timedelta(seconds=max(0.0, self._clock() - self._at))
        ours = datetime.now(UTC)
        return ours if abs(ours - theirs) <= _SAME else theirs
