"""The sandbox's shop in a SQLite file: products, stock, orders, and a ledger.

Processes may share the file. The ledger lists all reads, writes, and sales in order, so that a test
can trace each unit.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from reconciler.errors import SandboxError
from reconciler.model import Quantity
from reconciler.model.codec import as_data, load_noun
from reconciler.sandbox.api_options import Behaviour, apply_patch
from reconciler.sandbox.orders import Line, NewOrder, OrderStatus, OrderTable
from reconciler.sandbox.seed import Seed

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE products (position INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, data TEXT NOT NULL);
CREATE TABLE skus (
    position INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, code TEXT NOT NULL,
    product_id TEXT NOT NULL, data TEXT NOT NULL,
    inventory_type TEXT NOT NULL, quantity TEXT NOT NULL
);
CREATE INDEX skus_by_product ON skus (product_id);
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, sku_id TEXT NOT NULL,
    body TEXT, inventory_type TEXT NOT NULL, quantity TEXT NOT NULL
);
"""


class Entry(NamedTuple):
    """One line of the ledger.

    `kind` is read, stale (a read that returned an old stock), write, sale, refund, or edit. The
    stock is the one afterwards, or the one that a read returned.
    """

    kind: str
    sku_id: str
    body: Any
    inventory_type: str
    quantity: Quantity


class Sale(NamedTuple):
    """A new order, and the stock after each of its lines."""

    order_id: str
    stocks: list[tuple[str, Quantity]]


class Shop:
    """The data of one shop. Each method is one transaction."""

    def __init__(self, path: Path, seed: Callable[[], Seed], *, reset: bool = False) -> None:
        """Open the shop in the file *path*. Fill it from *seed* if it is empty, or if *reset*.

        Raises:
            SandboxError: The file is not a shop, or the seed contradicts itself.
        """
        try:
            self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self.db.execute("PRAGMA busy_timeout = 10000")
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = OFF")
            self.orders = OrderTable(self.db)
            with self.transaction():
                if reset or not self.db.execute("SELECT 1 FROM sqlite_master").fetchone():
                    self._fill(seed())
                self._refuse_foreign_schema()
                if self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                    self.orders.create()
        except sqlite3.IntegrityError:
            raise SandboxError("The seed has the same id for two products or two SKUs.") from None
        except sqlite3.OperationalError as error:
            raise SandboxError(
                f"{path}: {error}. Wait for other commands, and check the file."
            ) from None
        except sqlite3.DatabaseError as error:
            raise SandboxError(f"{path}: {error}. Delete it to start over.") from None
        try:
            self.behaviour = load_noun(json.loads(self.meta("behaviour")), Behaviour)
        except (ValueError, TypeError, RecursionError, sqlite3.Error):
            raise SandboxError(f"{path} is not a sandbox database. Delete it.") from None

    def _refuse_foreign_schema(self) -> None:
        """Raise SandboxError for views and triggers, which could run forever."""
        rows = self.db.execute("SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')")
        if rows.fetchone():
            raise SandboxError("The sandbox database has a view or a trigger. Delete the file.")

    def _fill(self, seed: Seed) -> None:
        for table in ("meta", "products", "skus", "orders", "ledger"):
            self.db.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in _TABLES.split(";"):
            self.db.execute(statement)
        meta = {
            "site_id": seed.site_id,
            "name": seed.name,
            "sku_collection_id": seed.sku_collection_id,
            "behaviour": json.dumps(as_data(seed.behaviour)),
            "categories": json.dumps(dict(seed.categories)),
        }
        self.db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        for product in seed.products:
            data = json.dumps(product.data)
            self.db.execute("INSERT INTO products (id, data) VALUES (?, ?)", (product.id, data))
            self.db.executemany(
                "INSERT INTO skus (id, code, product_id, data, inventory_type, quantity)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        sku.id,
                        sku.data["fieldData"].get("sku", ""),
                        product.id,
                        json.dumps(sku.data),
                        sku.inventory_type,
                        json.dumps(sku.quantity),
                    )
                    for sku in product.skus
                ],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def meta(self, key: str) -> str:
        """Return one of `site_id`, `name`, `sku_collection_id`, `behaviour`, `categories`."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise SandboxError("The sandbox is incomplete. Run `reconciler sandbox reset`.")
        return str(row[0])

    def categories(self) -> dict[str, str]:
        """Return the names of the categories by id."""
        row = self.db.execute("SELECT value FROM meta WHERE key = 'categories'").fetchone()
        return dict(json.loads(row[0])) if row else {}  # missing in data of an earlier version

    def count_products(self) -> int:
        """Return the number of products."""
        return int(self.db.execute("SELECT count(*) FROM products").fetchone()[0])

    def count_skus(self) -> int:
        """Return the number of SKUs."""
        return int(self.db.execute("SELECT count(*) FROM skus").fetchone()[0])

    def products(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """Return `{product, skus}` for a page of products."""
        rows = self.db.execute(
            "SELECT id, data FROM products ORDER BY position LIMIT ? OFFSET ?", (limit, offset)
        ).fetchall()
        return [self._with_skus(*row) for row in rows]

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Return `{product, skus}` for one product, or None."""
        row = self.db.execute(
            "SELECT id, data FROM products WHERE id = ?", (product_id,)
        ).fetchone()
        return self._with_skus(*row) if row else None

    def _with_skus(self, product_id: str, data: str) -> dict[str, Any]:
        rows = self.db.execute(
            "SELECT data FROM skus WHERE product_id = ? ORDER BY position", (product_id,)
        )
        return {"product": json.loads(data), "skus": [json.loads(row[0]) for row in rows]}

    def read(self, sku_id: str) -> tuple[str, Quantity] | None:
        """Return the inventory type and quantity of a SKU, or None if it is unknown."""
        with self.transaction():
            stock = self._stock(sku_id)
            if stock is not None:
                self.enter("read", sku_id, None, stock)
        return stock

    def write(self, sku_id: str, body: Any) -> tuple[str, Quantity] | None:
        """Apply a PATCH and return the stock afterwards, or None for an unknown SKU.

        Raises:
            NotAccepted: The body is invalid. The API answers it with 400.
        """
        with self.transaction():
            before = self._stock(sku_id)
            if before is None:
                return None
            after = apply_patch(self.behaviour, before, body)
            self._set(sku_id, after)
            self.enter("write", sku_id, body, after)
        return after

    def find(self, name: str) -> str:
        """Return the id of the one SKU with the code or id *name*, else raise SandboxError."""
        return self._find(name)

    def knows(self, name: str) -> bool:
        """Return whether exactly one SKU has the code or id *name*."""
        try:
            self._find(name)
        except SandboxError:
            return False
        return True

    def sell(
        self,
        name: str,
        units: int,
        *,
        at: datetime | None = None,
        status: OrderStatus = "unfulfilled",
    ) -> tuple[str, Quantity]:
        """Place an order of *units* of one SKU, and return its stock afterwards. See `order`."""
        return self.order([(name, units)], at=at, status=status).stocks[0]

    def order(
        self,
        sales: Sequence[tuple[str, int]],
        *,
        at: datetime | None = None,
        status: OrderStatus = "unfulfilled",
    ) -> Sale:
        """Place one order. *sales* are pairs of a code or id, and units. *at* defaults to now.

        Raises:
            SandboxError: A SKU is unknown or ambiguous, or has fewer units left. Nothing is sold.
        """
        now = datetime.now(UTC)
        refunded_at = now if status == "refunded" else None
        with self.transaction():
            taken = [self._take(name, units) for name, units in sales]
            lines = [line for line, _ in taken]
            order_id = self.orders.insert_one(NewOrder(at or now, lines, status, refunded_at))
        return Sale(order_id, [stock for _, stock in taken])

    def _take(self, name: str, units: int) -> tuple[Line, tuple[str, Quantity]]:
        """Reduce the stock of a SKU by *units*."""
        if units < 1:
            raise SandboxError(f"Can't sell {units} of {name}. Sell at least 1.")
        sku_id = self._find(name)
        kind, quantity = self._stock(sku_id) or ("infinite", 0)
        if kind == "finite":
            if quantity is None or quantity < units:
                raise SandboxError(f"{name} has {quantity or 0} left. Can't sell {units}.")
            quantity -= units
            self._set(sku_id, (kind, quantity))
        self.enter("sale", sku_id, units, (kind, quantity))
        return Line(sku_id, self.code(sku_id), units), (kind, quantity)

    def refund(self, order_id: str, at: datetime | None = None) -> None:
        """Refund an order. Its units return if the option `refund_restocks` is set.

        Raises:
            SandboxError: The order does not exist, or is refunded already.
        """
        with self.transaction():
            lines = self.orders.mark_refunded(order_id, at or datetime.now(UTC))
            for line in lines if self.behaviour.refund_restocks else ():
                kind, quantity = self._stock(line.sku_id) or ("infinite", 0)
                if kind == "finite":
                    after = (kind, (quantity or 0) + line.count)
                    self._set(line.sku_id, after)
                    self.enter("refund", line.sku_id, line.count, after)

    def read_stale(self, sku_id: str, seconds: float) -> tuple[str, Quantity] | None:
        """Return the stock of a SKU *seconds* ago, as far as the ledger goes back."""
        with self.transaction():
            now = self._stock(sku_id)
            row = self.db.execute(
                "SELECT inventory_type, quantity FROM ledger WHERE sku_id = ? AND kind <> 'stale'"
                " ORDER BY at > ?, CASE WHEN at > ? THEN number ELSE -number END LIMIT 1",
                (sku_id, time.time() - seconds, time.time() - seconds),
            ).fetchone()
            stock = (row[0], json.loads(row[1])) if row else now
            if stock is not None:
                self.enter("stale" if stock != now else "read", sku_id, None, stock)
        return stock

    def code(self, sku_id: str) -> str:
        """Return the code of a SKU, or '' if it has none."""
        row = self.db.execute("SELECT code FROM skus WHERE id = ?", (sku_id,)).fetchone()
        return str(row[0]) if row else ""

    def stocks(self) -> dict[str, Quantity | str]:
        """Return the quantity (or `infinite`) of each SKU by its code, else by its id."""
        rows = self.db.execute(
            "SELECT code, id, inventory_type, quantity FROM skus ORDER BY position"
        )
        return {
            code or sku_id: json.loads(quantity) if inventory_type == "finite" else inventory_type
            for code, sku_id, inventory_type, quantity in rows
        }

    def ledger(self) -> list[Entry]:
        """Return all entries in order."""
        rows = self.db.execute(
            "SELECT kind, sku_id, body, inventory_type, quantity FROM ledger ORDER BY number"
        )
        return [
            Entry(kind, sku_id, json.loads(body), inventory_type, json.loads(quantity))
            for kind, sku_id, body, inventory_type, quantity in rows
        ]

    def _find(self, name: str) -> str:
        rows = self.db.execute(
            "SELECT id FROM skus WHERE id = ? OR code = ?", (name, name)
        ).fetchall()
        if len(rows) != 1:
            how_many = "No SKU has" if not rows else f"{len(rows)} SKUs have"
            raise SandboxError(f"{how_many} the code or id {name} in this sandbox.")
        return str(rows[0][0])

    def _stock(self, sku_id: str) -> tuple[str, Quantity] | None:
        row = self.db.execute(
            "SELECT inventory_type, quantity FROM skus WHERE id = ?", (sku_id,)
        ).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def _set(self, sku_id: str, stock: tuple[str, Quantity]) -> None:
        self.db.execute(
            "UPDATE skus SET inventory_type = ?, quantity = ? WHERE id = ?",
            (stock[0], json.dumps(stock[1]), sku_id),
        )

    def enter(self, kind: str, sku_id: str, body: Any, stock: tuple[str, Quantity]) -> None:
        """Add a line to the ledger."""
        self.db.execute(
            "INSERT INTO ledger (at, kind, sku_id, body, inventory_type, quantity)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), kind, sku_id, json.dumps(body), stock[0], json.dumps(stock[1])),
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Lock the file for a transaction. An exception rolls it back."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
