"""Split attempts into batches: what one minute can write, announced before its first write."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from reconciler.apply.attempts import Attempt
from reconciler.model import Action, Outcome

# For a shop without a rate limit: as many as a record holds in less than a megabyte.
MAX_SIZE: Final = 2000


class Announcer(Protocol):
    """Publishes what a run is about to write, so that the next run knows if this one crashes."""

    def announce(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Announce *actions*, with all *outcomes* so far. May wait until a minute has passed.

        Raises:
            LockedError: Another run holds the lock now.
            HistoryError: The announcement can't be written or pushed.
        """

    def may_write(self) -> bool:
        """Return whether the deadline of the last announcement is far enough away."""


def size_of_batch(limit: int | None) -> int:
    """Return how many SKUs one minute can write, at two requests each.

    The batch is a tenth larger, so that it outlasts the minute before the next announcement.
    """
    return MAX_SIZE if limit is None else max(1, min(MAX_SIZE, limit // 2 + limit // 20))


def take_batch(queue: deque[Attempt], size: int) -> list[Attempt]:
    """Take *size* attempts from *queue*, plus those behind them whose answer was lost."""
    batch: list[Attempt] = []
    while queue and (len(batch) < size or queue[0].lost is not None):
        batch.append(queue.popleft())
    return batch
