"""Stores and clocks that do as they are told."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from reconciler.model import Stock, Target


class FakeClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class FakeStore:
    """A store in memory. A script of faults is worked off write by write.

    A fault is called with the store, the target and the stock to write, and returns the answer
    or raises; after the script, writes take effect and are answered.
    """

    def __init__(
        self,
        stocks: dict[str, Stock],
        faults: Iterable[Callable[["FakeStore", Target, Stock], Stock]] = (),
    ) -> None:
        self.stocks = stocks
        self.faults = list(faults)
        self.writes: list[tuple[str, Stock]] = []
        self.reads: list[str] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        yield

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, tzinfo=UTC)

    @property
    def limit(self) -> int | None:
        """It names none."""
        return None

    def read_stock(self, target: Target) -> Stock:
        self.reads.append(target.sku_id)
        return self.stocks[target.sku_id]

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        self.writes.append((target.sku_id, stock))
        if self.faults:
            return self.faults.pop(0)(self, target, stock)
        self.stocks[target.sku_id] = stock
        return stock
