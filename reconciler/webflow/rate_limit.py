"""Compute how many requests may start now, without a clock of its own.

The API allows `limit` requests in a window of a minute. A request takes a slot when it starts, and
returns it one window after it *ended*. So the shop never gets more than `limit` requests in any
window, fixed or sliding, however long each request takes. A thousandth of the window is added,
because the shop's clock may be a little slower.
"""

from collections import deque

WINDOW = 60.0
# Refusals in a row (429, or 503 with a time) after which the run ends.
MAX_REFUSALS = 12
_FIRST_PAUSE = 1 / 60
_LONGEST_PAUSE = 1 / 2
# Pauses in a row that use the requested time. After that, they grow beyond it.
_BELIEVED = 2


class Pace:
    """The slots of one window. All times are seconds of one monotonic clock."""

    def __init__(self, window: float = WINDOW) -> None:
        self.window = window
        self._held = window * 1.001
        self.limit: int | None = None
        self._under_way = 0
        self._ended: deque[float] = deque()
        self._others: deque[float] = deque()
        self._paused_until = 0.0
        self._has_ended = False
        self.refusals = 0
        """Number of pauses in a row that ended with another refusal."""
        self._refused: set[str] = set()

    def start(self, now: float, slots: int = 1) -> float:
        """Take *slots* and return 0, or return the seconds to wait before another try.

        Requests run one at a time until the first one has ended, which may bring the limit. The
        same holds after a pause, to find out whether the shop accepts requests again.
        """
        self._forget(now)
        if now < self._paused_until:
            return self._paused_until - now
        if self._under_way and (self.refusals or not self._has_ended):
            return self.window / 1000
        taken = self._under_way + len(self._ended) + len(self._others)
        # A limit below the slots that belong together would never be reached.
        if self.limit is None or taken + slots <= max(self.limit, slots):
            self._under_way += slots
            return 0.0
        first = min((slots[0] for slots in (self._ended, self._others) if slots), default=None)
        return self.window / 100 if first is None else first + self._held - now

    def _forget(self, now: float) -> None:
        """Free the slots whose window is over."""
        for slots in (self._ended, self._others):
            while slots and slots[0] + self._held <= now:
                slots.popleft()

    def end(self, now: float) -> None:
        """Record that a started request has ended."""
        self._under_way -= 1
        self._has_ended = True
        self._ended.append(now)

    def give_back(self, slots: int) -> None:
        """Return *slots* that were taken and not used."""
        self._under_way -= slots

    def learn(self, limit: int, remaining: int | None, now: float) -> None:
        """Update the limit from an answer's *limit* and *remaining*.

        If fewer remain than our own requests explain, other programs use the same token. Their
        slots stay taken for one window.
        """
        if limit <= 0:
            return
        self.limit = limit
        if remaining is None:
            return
        self._forget(now)
        ours = self._under_way + len(self._ended)
        used_by_others = limit - remaining - ours
        self._others.extend([now] * (min(used_by_others, limit) - len(self._others)))

    def is_paused(self, now: float) -> bool:
        """Return whether the shop has asked for a pause that is not over."""
        return now < self._paused_until

    def refuse(self, method: str, asked: float | None, jitter: float, now: float) -> None:
        """Pause after the shop refused a request of *method* (429, or 503 with a time).

        *asked* is the requested wait in seconds, or None. Without it, pauses grow from a second to
        half a window. With it, they grow only if the shop keeps refusing.
        """
        if now >= self._paused_until:  # several requests may meet the same refusal
            self.refusals += 1
        self._refused.add(method)
        grown = self.window * min(_FIRST_PAUSE * 2 ** (self.refusals - 1), _LONGEST_PAUSE)
        if asked is None or self.refusals > _BELIEVED:
            asked = max(asked or 0.0, grown)
        self._paused_until = max(self._paused_until, now + asked + jitter)

    def answered(self, method: str) -> None:
        """Record that the shop accepted a request of *method*.

        An accepted read proves nothing for writes: a network may refuse only writes.
        """
        self._refused.discard(method)
        if not self._refused:
            self.refusals = 0
