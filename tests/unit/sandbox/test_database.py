"""The sandbox's shop: writes, sales, and the ledger, shared by processes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import COLLECTION, SITE, seed

from reconciler.errors import SandboxError
from reconciler.sandbox.api_options import NotAccepted
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import build_seed

STOCKS: dict[str, Any] = {"A": 5, "B": None, "C": "infinite"}


def _open(path: Path, stocks: Any = None, *, reset: bool = False) -> Shop:
    return Shop(path, lambda: build_seed(seed(stocks or STOCKS)), reset=reset)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.sqlite"


@pytest.fixture
def shop(path: Path) -> Iterator[Shop]:
    with _open(path) as opened:
        yield opened


def _patch(quantity: Any) -> dict[str, Any]:
    return {"inventoryType": "finite", "quantity": quantity}


def _kinds(shop: Shop) -> list[tuple[str, Any]]:
    return [(entry.kind, entry.quantity) for entry in shop.ledger()]


def test_shop_starts_with_seed(shop: Shop) -> None:
    """Site, products, and stocks are those of the seed, and the ledger is empty."""
    assert (shop.meta("site_id"), shop.meta("sku_collection_id")) == (SITE, COLLECTION)
    assert shop.stocks() == STOCKS
    assert (shop.count_products(), shop.count_skus(), shop.ledger()) == (3, 3, [])


def test_shop_reopened_keeps_sales(shop: Shop, path: Path) -> None:
    """The seed fills only an empty file. A reset starts over."""
    shop.sell("A", 2)
    with _open(path, {"OTHER": 1}) as again:
        assert again.stocks()["A"] == 3
    with _open(path, {"OTHER": 1}, reset=True) as fresh:
        assert (fresh.stocks(), fresh.ledger()) == ({"OTHER": 1}, [])


def test_write_is_readable_and_in_ledger(shop: Shop) -> None:
    """A write returns the new stock, and each step has a line."""
    sku_id = shop.find("A")

    assert shop.write(sku_id, _patch(9)) == shop.read(sku_id) == ("finite", 9)
    assert shop.stocks()["A"] == 9
    assert _kinds(shop) == [("write", 9), ("read", 9)]
    assert shop.ledger()[0].body == _patch(9)


def test_write_invalid_changes_nothing(shop: Shop) -> None:
    """Stock and ledger stay the same, and the file is not locked."""
    with pytest.raises(NotAccepted):
        shop.write(shop.find("A"), _patch("many"))

    assert (shop.stocks(), shop.ledger()) == (STOCKS, [])
    assert shop.write(shop.find("A"), _patch(1)) == ("finite", 1)


def test_unknown_sku_returns_none(shop: Shop) -> None:
    """The ledger gets no line."""
    found = [shop.read("x"), shop.write("x", _patch(1)), shop.read_stale("x", 5), shop.product("x")]

    assert (found, shop.ledger(), shop.code("x")) == ([None] * 4, [], "")


@pytest.mark.parametrize(
    ("sku", "units", "after"), [("A", 2, ("finite", 3)), ("A", 5, ("finite", 0))]
)
def test_sell_reduces_stock(shop: Shop, sku: str, units: int, after: tuple[str, int]) -> None:
    """The stock may become 0."""
    assert shop.sell(sku, units) == after
    assert shop.stocks()[sku] == after[1]
    assert _kinds(shop) == [("sale", after[1])]


def test_sell_infinite_sku_keeps_stock(shop: Shop) -> None:
    """Any number can be sold."""
    assert shop.sell("C", 99)[0] == "infinite"
    assert shop.stocks()["C"] == "infinite"


@pytest.mark.parametrize(("sku", "units"), [("A", 6), ("B", 1), ("NOPE", 1)])
def test_sell_more_than_stock_raises(shop: Shop, sku: str, units: int) -> None:
    """No stock becomes negative, and the error contains the SKU."""
    with pytest.raises(SandboxError, match=sku):
        shop.sell(sku, units)
    assert (shop.stocks(), shop.ledger()) == (STOCKS, [])


def test_read_stale_returns_stock_before_writes(shop: Shop) -> None:
    """A shop that lags returns an old stock, and without a lag the current one."""
    sku_id = shop.find("A")
    shop.read(sku_id)
    shop.write(sku_id, _patch(9))

    assert shop.read_stale(sku_id, 3600) == ("finite", 5)
    assert shop.read_stale(sku_id, -3600) == ("finite", 9)
    assert [kind for kind, _ in _kinds(shop)] == ["read", "write", "stale", "read"]


def test_products_are_paged(shop: Shop) -> None:
    """Each product is on one page, and a page after the end is empty."""
    ids = [each["product"]["id"] for each in shop.products(10, 0)]
    paged = [each["product"]["id"] for each in shop.products(2, 0) + shop.products(2, 2)]

    assert (len(ids), paged) == (3, ids)
    assert shop.products(10, 3) == []


def test_reset_to_invalid_seed_changes_nothing(shop: Shop, path: Path) -> None:
    """A seed with a duplicate id is rejected as a whole."""
    data = seed([("X", 1), ("Y", 2)])
    for product in data["products"]:
        product["skus"][0]["id"] = "5" * 24
    shop.sell("A", 2)

    with pytest.raises(SandboxError):
        Shop(path, lambda: build_seed(data), reset=True)
    assert shop.stocks() == {**STOCKS, "A": 3}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW v AS SELECT 1",
        "CREATE TRIGGER t AFTER UPDATE ON skus BEGIN SELECT 1; END",
        "UPDATE meta SET value = '[' WHERE key = 'behaviour'",
        "DELETE FROM meta",
    ],
)
def test_shop_in_manipulated_file_raises(path: Path, statement: str) -> None:
    """No code from a pull request runs."""
    with _open(path):
        pass
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()

    with pytest.raises(SandboxError):
        _open(path)


def test_shop_in_other_file_raises(path: Path) -> None:
    """A file that is not a database is never overwritten."""
    path.write_text("no database" * 99, "utf-8")

    with pytest.raises(SandboxError, match=path.name):
        _open(path)
    assert path.read_text("utf-8") == "no database" * 99
