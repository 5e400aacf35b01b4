"""Attempts → batches: what a minute may write, announced before its first write."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from reconciler.apply.attempts import Attempt
from reconciler.model import Action, Outcome

# Where a store names no rate limit: as many as a record can hold in less than a megabyte.
MAX_SIZE: Final = 2000


class Announcer(Protocol):
    """Says in public what a run is about to write, so that another one knows if it dies."""

    def announce(self, actions: Sequence[Action], outcomes: Mapping[str, Outcome]) -> None:
        """Announce *actions*, with all *outcomes* so far; it may wait for a minute to be over.

        Raises:
            LockedError: Another run has the store now.
            HistoryError: It can't be said.
        """

    def may_write(self) -> bool:
        """Return whether the deadline of what was announced last is far enough away."""


def size_of_batch(limit: int | None) -> int:
    """Return how many SKUs a minute may write: each is read and written.

    A tenth more, so that it takes longer than the minute for which the next one waits.
    """
    return MAX_SIZE if limit is None else max(1, min(MAX_SIZE, limit // 2 + limit // 20))


def take_batch(queue: deque[Attempt], size: int) -> list[Attempt]:
    """Take the next batch from *queue*: *size* attempts, and all whose answer was lost."""
    batch: list[Attempt] = []
    while queue and (len(batch) < size or queue[0].lost is not None):
        batch.append(queue.popleft())
    return batch
