"""What people do in Webflow's own pages: the sandbox's shop is as it is after that."""

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


def test_add_product_comes_first_and_shifts_the_others(shop: Shop) -> None:
    """A page that is read after it begins with a product of the page before."""
    before = _products(shop)
    add_product(shop)

    assert _products(shop)[1:] == before
    assert (shop.count_products(), shop.count_skus()) == (4, 4)


def test_add_product_twice_adds_two(shop: Shop) -> None:
    """Each new product and its SKU have ids of their own."""
    for _ in range(2):
        add_product(shop)

    assert (len(set(_products(shop))), shop.count_skus()) == (5, 5)


def test_add_product_with_code_can_be_listed_and_sold(shop: Shop) -> None:
    """It has the stock it was given."""
    add_product(shop, "NEW", 7)
    listed = shop.products(1, 0)[0]

    assert shop.sell("NEW", 2) == ("finite", 5)
    assert listed["skus"][0]["fieldData"]["sku"] == "NEW"


def test_add_product_to_empty_shop(tmp_path: Path) -> None:
    """A shop whose last product was deleted can have a first one again."""
    with Shop(tmp_path / "empty.sqlite", lambda: build_seed(seed({"A": 1}))) as shop:
        delete_product(shop)
        add_product(shop, "NEW", 7)
        assert shop.stocks() == {"NEW": 7}


def test_delete_product_takes_the_first_with_its_skus(shop: Shop) -> None:
    """The pages shift by one."""
    delete_product(shop)

    assert (list(shop.stocks()), shop.count_products()) == (["B", "C"], 2)


def test_delete_sku_keeps_its_product_until_the_last(shop: Shop) -> None:
    """A product has at least one SKU."""
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
    """It belongs to the same product, under its own code."""
    copy_sku(shop, "A", "A-XL", 3)
    skus = shop.products(1, 0)[0]["skus"]

    assert [sku["fieldData"]["sku"] for sku in skus] == ["A", "A-XL"]
    assert (shop.stocks()["A"], shop.stocks()["A-XL"]) == (5, 3)


def test_copy_sku_makes_its_code_ambiguous(shop: Shop) -> None:
    """Two SKUs of one code are told apart by id alone."""
    sku_id = shop.find("A")
    copy_sku(shop, "A")

    assert (shop.knows("A"), shop.knows(sku_id), shop.count_skus()) == (False, True, 4)
    with pytest.raises(SandboxError, match="A"):
        shop.find("A")


def test_rename_product_changes_the_name_alone(shop: Shop) -> None:
    """Code and stock stay."""
    product_id = _products(shop)[0]
    rename_product(shop, product_id, "New name")
    product = shop.product(product_id)

    assert product is not None and product["product"]["fieldData"]["name"] == "New name"
    assert (product["skus"][0]["fieldData"]["sku"], shop.stocks()) == ("A", STOCKS)


@pytest.mark.parametrize("by_id", [True, False])
def test_change_code_keeps_id_and_stock(shop: Shop, by_id: bool) -> None:
    """The SKU is the same one under its new code, also in the listing."""
    sku_id = shop.find("A")
    change_code(shop, sku_id if by_id else "A", "Z")
    (listed,) = [each["skus"][0] for each in shop.products(1, 0)]

    assert (shop.find("Z"), shop.code(sku_id), shop.knows("A")) == (sku_id, "Z", False)
    assert (listed["id"], listed["fieldData"]["sku"]) == (sku_id, "Z")
    assert shop.stocks() == {"Z": 5, "B": None, "C": "infinite"}


@pytest.mark.parametrize("name", STOCKS)
def test_restock_sets_quantity_and_enters_an_edit(shop: Shop, name: str) -> None:
    """Whatever the SKU had, it is counted now; the ledger tells it from a write and a sale."""
    restock(shop, name, 80)
    (entry,) = shop.ledger()

    assert shop.stocks() == {**STOCKS, name: 80}
    assert (entry.kind, entry.quantity) == ("edit", 80)


@pytest.mark.parametrize("edit", [copy_sku, delete_sku, archive_product])
def test_edit_of_unknown_sku_is_refused(shop: Shop, edit: Any) -> None:
    """A name that means no SKU changes nothing."""
    with pytest.raises(SandboxError, match="NOPE"):
        edit(shop, "NOPE")

    assert (shop.stocks(), shop.ledger()) == (STOCKS, [])
