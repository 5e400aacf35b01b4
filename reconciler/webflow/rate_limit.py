"""How many requests may go now: sums without a clock.

The API allows `limit` requests in a window of a minute. A request takes a slot when it starts
and gives it back one window after it *ended*, so that however long each was on its way, the
store never sees more than `limit` of them in any window, be it fixed or sliding. A thousandth of
the window is added, since the store's clock may be a little slower than ours.
"""

from collections import deque

WINDOW = 60.0
# How often in a row the store may say "too many" or "not now" before the run ends.
MAX_REFUSALS = 12
_FIRST_PAUSE = 1 / 60
_LONGEST_PAUSE = 1 / 2
# A server that names a time is believed this often before pauses grow beyond it.
_BELIEVED = 2


class Pace:
    """Slots of one window; every moment is in seconds of one clock that never goes back."""

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
        """How many pauses in a row ended with another refusal."""
        self._refused: set[str] = set()

    def start(self, now: float, slots: int = 1) -> float:
        """Take *slots* and return 0, or return how many seconds to wait before asking again.

        There is one at a time until the first request has ended and perhaps named the limit, and
        after a pause, to see whether it is over.
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
        """Give back the slots whose window is over."""
        for slots in (self._ended, self._others):
            while slots and slots[0] + self._held <= now:
                slots.popleft()

    def end(self, now: float) -> None:
        """Say that a request that had started is over."""
        self._under_way -= 1
        self._has_ended = True
        self._ended.append(now)

    def give_back(self, slots: int) -> None:
        """Say that *slots* that were taken are not needed."""
        self._under_way -= slots

    def learn(self, limit: int, remaining: int | None, now: float) -> None:
        """Take the *limit* that the store named, and how many it says are *remaining*.

        Where fewer remain than our own requests account for, others use the same key: what they
        took is not ours to take for one window.
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
        """Return whether the store asked to send nothing now."""
        return now < self._paused_until

    def refuse(self, method: str, asked: float | None, jitter: float, now: float) -> None:
        """Start nothing for a while, since the store refused a *method* as too many, or for now.

        *asked* is how many seconds it asked for, None if it did not say. Pauses grow: for a server
        that says nothing from a second to half a window, for others if they keep refusing.
        """
        if now >= self._paused_until:  # several requests may meet the same refusal
            self.refusals += 1
        self._refused.add(method)
        grown = self.window * min(_FIRST_PAUSE * 2 ** (self.refusals - 1), _LONGEST_PAUSE)
        if asked is None or self.refusals > _BELIEVED:
            asked = max(asked or 0.0, grown)
        self._paused_until = max(self._paused_until, now + asked + jitter)

    def answered(self, method: str) -> None:
        """Say that the store took a request: it does not refuse this *method* any more.

        A read that is answered says nothing about writes, which a network may refuse alone.
        """
        self._refused.discard(method)
        if not self._refused:
            self.refusals = 0
