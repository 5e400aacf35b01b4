"""How many requests may go now: sums without a clock. Pure.

The API allows `limit` requests in a window of a minute. A request takes a slot when it starts
and gives it back one window after it *ended*, so that however long each was on its way, the
store never sees more than `limit` of them in any window, be it fixed or sliding.
"""

from collections import deque

WINDOW = 60.0


class Pace:
    """Slots of one window; every moment is in seconds of one clock that never goes back."""

    def __init__(self, window: float = WINDOW) -> None:
        self.window = window
        self.limit: int | None = None
        self._under_way = 0
        self._ended: deque[float] = deque()
        self._paused_until = 0.0

    def start(self, now: float) -> float:
        """Take a slot and return 0, or return how many seconds to wait before asking again."""
        while self._ended and self._ended[0] + self.window <= now:
            self._ended.popleft()
        if now < self._paused_until:
            return self._paused_until - now
        if self.limit is None or self._under_way + len(self._ended) < self.limit:
            self._under_way += 1
            return 0.0
        if self._ended:
            return self._ended[0] + self.window - now
        return self.window / 100

    def end(self, now: float) -> None:
        """Say that a request that had started is over."""
        self._under_way -= 1
        self._ended.append(now)

    def learn(self, limit: int) -> None:
        """Take the limit that the store named; a store that names none has none."""
        if limit > 0:
            self.limit = limit

    def pause(self, seconds: float, now: float) -> None:
        """Start nothing for *seconds*, as the store asked by a 429."""
        self._paused_until = max(self._paused_until, now + seconds)
