"""Fake clocks and shops."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from reconciler.model import Stock, Target


class FakeClock:
    """A clock that advances only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class FakeStore:
    """A shop in memory with a list of faults, one per write.

    A fault gets the shop, the target, and the stock to write. It returns the answer or raises.
    After the last fault, writes work normally.
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
        """None: there is no limit."""
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
