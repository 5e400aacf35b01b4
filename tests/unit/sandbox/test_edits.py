"""Edits of the sandbox's shop, as in Webflow's editor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import seed

from reconciler.errors import SandboxError
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import (
    add_product,
    archive_product,
    change_code,
    copy_sku,
    delete_product,
    delete_sku,
    rename_product,
    restock,
)
from reconciler.sandbox.seed import build_seed

STOCKS: dict[str, Any] = {"A": 5, "B": None, "C": "infinite"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed(STOCKS))) as opened:
        yield opened


def _products(shop: Shop) -> list[str]:
    return [each["product"]["id"] for each in shop.products(10, 0)]


def test_add_product_shifts_others(shop: Shop) -> None:
    """The new product is the first in the listing."""
    before = _products(shop)
    add_product(shop)

    assert _products(shop)[1:] == before
    assert (shop.count_products(), shop.count_skus()) == (4, 4)


def test_add_product_twice_adds_two(shop: Shop) -> None:
    """Each new product and SKU has its own id."""
    for _ in range(2):
        add_product(shop)

    assert (len(set(_products(shop))), shop.count_skus()) == (5, 5)


def test_add_product_with_code_is_listed_and_sellable(shop: Shop) -> None:
    """It has the given stock."""
    add_product(shop, "NEW", 7)
    listed = shop.products(1, 0)[0]

    assert shop.sell("NEW", 2) == ("finite", 5)
    assert listed["skus"][0]["fieldData"]["sku"] == "NEW"


def test_add_product_to_empty_shop_works(tmp_path: Path) -> None:
    """The last product can be deleted before."""
    with Shop(tmp_path / "empty.sqlite", lambda: build_seed(seed({"A": 1}))) as shop:
        delete_product(shop)
        add_product(shop, "NEW", 7)
        assert shop.stocks() == {"NEW": 7}


def test_delete_product_deletes_first_with_skus(shop: Shop) -> None:
    """The pages shift by one."""
    delete_product(shop)

    assert (list(shop.stocks()), shop.count_products()) == (["B", "C"], 2)


def test_delete_sku_keeps_product_until_last(shop: Shop) -> None:
    """A product always has at least one SKU."""
    copy_sku(shop, "B", "B2")
    delete_sku(shop, "B")
    assert (list(shop.stocks()), shop.count_products()) == (["A", "C", "B2"], 3)
    delete_sku(shop, "B2")
    assert (list(shop.stocks()), shop.count_products()) == (["A", "C"], 2)


def test_archive_product_keeps_code_and_stock(shop: Shop) -> None:
    """Only the product of that SKU is archived."""
    archive_product(shop, "B")
    archived = [each["product"]["isArchived"] for each in shop.products(10, 0)]

    assert (archived, shop.stocks()) == ([False, True, False], STOCKS)


def test_copy_sku_with_code_and_quantity_is_a_variant(shop: Shop) -> None:
    """It belongs to the same product and has its own code."""
    copy_sku(shop, "A", "A-XL", 3)
    skus = shop.products(1, 0)[0]["skus"]

    assert [sku["fieldData"]["sku"] for sku in skus] == ["A", "A-XL"]
    assert (shop.stocks()["A"], shop.stocks()["A-XL"]) == (5, 3)


def test_copy_sku_makes_code_ambiguous(shop: Shop) -> None:
    """Two SKUs with one code differ only by id."""
    sku_id = shop.find("A")
    copy_sku(shop, "A")

    assert (shop.knows("A"), shop.knows(sku_id), shop.count_skus()) == (False, True, 4)
    with pytest.raises(SandboxError, match="A"):
        shop.find("A")


def test_rename_product_keeps_code_and_stock(shop: Shop) -> None:
    """Only the name changes."""
    product_id = _products(shop)[0]
    rename_product(shop, product_id, "New name")
    product = shop.product(product_id)

    assert product is not None and product["product"]["fieldData"]["name"] == "New name"
    assert (product["skus"][0]["fieldData"]["sku"], shop.stocks()) == ("A", STOCKS)


@pytest.mark.parametrize("by_id", [True, False])
def test_change_code_keeps_id_and_stock(shop: Shop, by_id: bool) -> None:
    """Also in the listing, the same SKU has the new code."""
    sku_id = shop.find("A")
    change_code(shop, sku_id if by_id else "A", "Z")
    (listed,) = [each["skus"][0] for each in shop.products(1, 0)]

    assert (shop.find("Z"), shop.code(sku_id), shop.knows("A")) == (sku_id, "Z", False)
    assert (listed["id"], listed["fieldData"]["sku"]) == (sku_id, "Z")
    assert shop.stocks() == {"Z": 5, "B": None, "C": "infinite"}


@pytest.mark.parametrize("name", STOCKS)
def test_restock_sets_quantity_and_logs_edit(shop: Shop, name: str) -> None:
    """The SKU becomes finite. The ledger distinguishes edits from writes and sales."""
    restock(shop, name, 80)
    (entry,) = shop.ledger()

    assert shop.stocks() == {**STOCKS, name: 80}
    assert (entry.kind, entry.quantity) == ("edit", 80)


@pytest.mark.parametrize("edit", [copy_sku, delete_sku, archive_product])
def test_edit_unknown_sku_raises(shop: Shop, edit: Any) -> None:
    """Nothing changes, and the error contains the name."""
    with pytest.raises(SandboxError, match="NOPE"):
        edit(shop, "NOPE")

    assert (shop.stocks(), shop.ledger()) == (STOCKS, [])
