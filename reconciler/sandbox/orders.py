"""The orders of the sandbox with their time, lines, and status."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, get_args

from reconciler.errors import SandboxError
from reconciler.model import format_time

OrderStatus = Literal["pending", "unfulfilled", "fulfilled", "disputed", "dispute-lost", "refunded"]
STATUSES: Final[tuple[OrderStatus, ...]] = get_args(OrderStatus)

_TABLE = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY, accepted_at TEXT NOT NULL, status TEXT NOT NULL,
    refunded_at TEXT NOT NULL, lines TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_time ON orders (accepted_at, number);
"""
_PAGE = "SELECT * FROM orders WHERE :status IN ('', status) ORDER BY "
_OLDEST_FIRST = _PAGE + "accepted_at, number LIMIT :limit OFFSET :offset"
_NEWEST_FIRST = _PAGE + "accepted_at DESC, number DESC LIMIT :limit OFFSET :offset"


class Line(NamedTuple):
    """A line of an order: a SKU, its code at that time, and the number of units."""

    sku_id: str
    code: str
    count: Any


class NewOrder(NamedTuple):
    """An order to insert."""

    accepted_at: datetime
    lines: Sequence[Line]
    status: OrderStatus = "unfulfilled"
    refunded_at: datetime | None = None


class SoldOrder(NamedTuple):
    """A stored order. Times are UTC as text. `refunded_at` is '' if it is not refunded."""

    order_id: str
    accepted_at: str
    status: str
    refunded_at: str
    lines: tuple[Line, ...]


class OrderTable:
    """The orders in a shop's file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def create(self) -> None:
        """Create the table if it is missing, as in data of an earlier version."""
        for statement in _TABLE.split(";"):
            self._db.execute(statement)

    def insert(self, orders: Iterable[NewOrder]) -> None:
        """Insert *orders* without a change of stock."""
        self._db.executemany(
            "INSERT INTO orders (accepted_at, status, refunded_at, lines) VALUES (?, ?, ?, ?)",
            map(_row, orders),
        )

    def insert_one(self, order: NewOrder) -> str:
        """Insert *order* without a change of stock, and return its id."""
        self.insert([order])
        (number,) = self._db.execute("SELECT max(number) FROM orders").fetchone()
        return _order_id(number)

    def mark_refunded(self, order_id: str, at: datetime) -> tuple[Line, ...]:
        """Mark an order as refunded and return its lines.

        Raises:
            SandboxError: The order does not exist, or is refunded already.
        """
        number = _number(order_id)
        row = self._db.execute(
            "UPDATE orders SET status = 'refunded', refunded_at = ?"
            " WHERE number = ? AND status <> 'refunded' RETURNING lines",
            (format_time(at.astimezone(UTC)), number),
        ).fetchone()
        if row is None:
            raise SandboxError(f"The sandbox has no refundable order {order_id}.")
        return _lines(row[0])

    def count(self, status: str = "") -> int:
        """Return the number of orders with *status*, or of all for ''."""
        query = "SELECT count(*) FROM orders WHERE :status IN ('', status)"
        return int(self._db.execute(query, {"status": status}).fetchone()[0])

    def page(
        self, limit: int, offset: int, status: str = "", *, newest_first: bool = True
    ) -> list[SoldOrder]:
        """Return a page of the orders with *status*, sorted by their time."""
        query = _NEWEST_FIRST if newest_first else _OLDEST_FIRST
        given = {"limit": limit, "offset": offset, "status": status}
        return [
            SoldOrder(_order_id(number), accepted_at, status, refunded_at, _lines(lines))
            for number, accepted_at, status, refunded_at, lines in self._db.execute(query, given)
        ]


def _row(order: NewOrder) -> tuple[str, str, str, str]:
    refunded_at = format_time(order.refunded_at.astimezone(UTC)) if order.refunded_at else ""
    accepted_at = format_time(order.accepted_at.astimezone(UTC))
    return accepted_at, order.status, refunded_at, json.dumps(order.lines)


def _lines(text: str) -> tuple[Line, ...]:
    return tuple(Line(*line) for line in json.loads(text))


def _order_id(number: int) -> str:
    """Return an id in Webflow's format, like `dfa-3f1`."""
    return f"{number >> 12:03x}-{number & 0xFFF:03x}"


def _number(order_id: str) -> int:
    try:
        high, low = order_id.split("-")
        return (int(high, 16) << 12) + int(low, 16)
    except ValueError:
        return 0
