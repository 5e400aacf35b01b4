"""What a run gets from its caller: the shop, its orders, how to wait, and when to end."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from reconciler.model import Stock, Target


class Store(Protocol):
    """What an apply needs from the shop."""

    def turn(self) -> AbstractContextManager[None]:
        """Reserve two requests of the rate limit, so that a write follows its read at once."""

    @property
    def limit(self) -> int | None:
        """Return the rate limit in requests per minute, None if unknown."""

    def now(self) -> datetime:
        """Return the time by the shop's own clock."""

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU; raise StoreError if the request fails."""

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        """Send one absolute write of a SKU's stock, and return the stock in the answer."""


# SKU id, and the two times between which it was read (UTC, ISO 8601) → units sold since; None if
# the orders can't tell.
CountSold = Callable[[str, str, str], int | None]


class Bounds(Struct, frozen=True):
    """How a run waits, why it must end (None: it need not), and whether it may write now."""

    sleep: Callable[[float], None] = time.sleep
    must_end: Callable[[], str | None] = lambda: None
    may_write: Callable[[], bool] = lambda: True
