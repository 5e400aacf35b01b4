"""Requests a window, counted as an API may count them. Sums without a clock; pure."""

from collections import deque
from typing import Literal, NamedTuple

WindowKind = Literal["fixed", "sliding"]


class Allowance(NamedTuple):
    """What the rate-limit headers say after one request, and whether it goes through."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: float


class Limiter:
    """At most *limit* requests in *window* seconds, in windows that are fixed or slide."""

    def __init__(self, limit: int, window: float, kind: WindowKind = "sliding") -> None:
        self.limit = limit
        self.window = window
        self.kind = kind
        self._taken: deque[float] = deque()

    def take(self, now: float) -> Allowance:
        """Count a request at the moment *now*; one that is refused does not count."""
        start = now - now % self.window if self.kind == "fixed" else now - self.window
        while self._taken and self._taken[0] <= start - (self.kind == "fixed") * 1e-9:
            self._taken.popleft()
        allowed = len(self._taken) < self.limit
        if allowed:
            self._taken.append(now)
        first = start if self.kind == "fixed" else self._taken[0]
        return Allowance(
            allowed, self.limit, self.limit - len(self._taken), max(0.0, first + self.window - now)
        )
