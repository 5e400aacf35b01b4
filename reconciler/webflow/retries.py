"""When to ask again, and how long to wait before: sums without a clock."""

import random

READ_TRIES = 8
CONNECT_TRIES = 3
MAX_BACKOFF = 8.0
START_BUDGET = 100


class Budget:
    """How many more tries a run may make: some to begin with, and one for each success.

    A flaky line earns what it needs; a store that is down ends the run, however many SKUs wait.
    """

    def __init__(self, start: int = START_BUDGET) -> None:
        self._left = start

    def earn(self) -> None:
        """Say that a request was answered."""
        self._left += 1

    def spend(self) -> bool:
        """Take one more try, and return whether it was still there."""
        self._left -= 1
        return self._left >= 0


def backoff(attempt: int, chance: random.Random) -> float:
    """Return the seconds to wait after the failed *attempt*, counted from 1.

    Full jitter: many threads that failed together must not come back together.
    """
    return chance.uniform(0, min(MAX_BACKOFF, 0.25 * 2**attempt))
