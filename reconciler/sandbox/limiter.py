"""Count requests per window like a rate-limited API, without a clock of its own."""

from collections import deque
from typing import Literal, NamedTuple

WindowKind = Literal["fixed", "sliding"]


class Allowance(NamedTuple):
    """Whether a request passes, and the values of the rate-limit headers after it."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: float


class Limiter:
    """At most *limit* requests in *window* seconds, in fixed or sliding windows."""

    def __init__(self, limit: int, window: float, kind: WindowKind = "sliding") -> None:
        self.limit = limit
        self.window = window
        self.kind = kind
        self._taken: deque[float] = deque()

    def take(self, now: float) -> Allowance:
        """Count a request at the time *now*. Rejected requests don't count."""
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
