"""Decide whether to retry, and compute the wait."""

import random

READ_TRIES = 8
CONNECT_TRIES = 3
MAX_BACKOFF = 8.0
START_BUDGET = 100


class Budget:
    """The number of retries that a run has left: a start value, plus one for each success.

    A flaky connection earns what it needs. A shop that is down ends the run soon.
    """

    def __init__(self, start: int = START_BUDGET) -> None:
        self._left = start

    def earn(self) -> None:
        """Add a retry for a request that succeeded."""
        self._left += 1

    def spend(self) -> bool:
        """Take one retry, and return whether there was one left."""
        self._left -= 1
        return self._left >= 0


def backoff(attempt: int, chance: random.Random) -> float:
    """Return the seconds to wait after the failed *attempt*, counted from 1.

    Uses full jitter, so that threads that failed together don't retry together.
    """
    return chance.uniform(0, min(MAX_BACKOFF, 0.25 * 2**attempt))
