"""What a run is given: the store, its orders, how to wait, and when to end."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model import Stock, Target


class Store(Protocol):
    """What applying needs of a store."""

    def turn(self) -> AbstractContextManager[None]:
        """Hold a read and a write of the allowance, so that nothing has to wait in between."""

    @property
    def limit(self) -> int | None:
        """Return how many requests a minute the store allows, or None if it does not say."""

    def now(self) -> datetime:
        """Return the time by the shop's own clock."""

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU; raise StoreError."""

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        """Set a SKU's stock absolutely, once, and return what the store answers."""


# What was sold of a SKU, by its id, since it was read between two moments (UTC, ISO 8601); None if
# the orders can't tell.
CountSold = Callable[[str, str, str], int | None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How a run waits, why it must end, if it must, and whether it may write at this moment."""

    sleep: Callable[[float], None] = time.sleep
    must_end: Callable[[], str | None] = lambda: None
    may_write: Callable[[], bool] = lambda: True
