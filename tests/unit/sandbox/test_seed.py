"""A seed → the site that a sandbox starts with, the same each time."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import COLLECTION, SITE, seed

from reconciler.errors import SandboxError
from reconciler.sandbox.api_options import Behaviour
from reconciler.sandbox.seed import SeedSku, build_seed, make_id, read_seed

STOCK: dict[str, Any] = {"stock": 5}


def _sku(**fields: Any) -> SeedSku:
    """Return the SKU of a seed's only product, whose entry has these *fields*."""
    product: dict[str, Any] = {"name": "Tee", "skus": [{**STOCK, **fields}]}
    if "values" in fields:
        product["options"] = ["Size"]
    return build_seed({**seed({}), "products": [product]}).products[0].skus[0]


@pytest.mark.parametrize(
    ("stock", "stored"),
    [
        (5, ("finite", 5)),
        (0, ("finite", 0)),
        (-1, ("finite", -1)),
        (2.5, ("finite", 2.5)),
        (None, ("finite", None)),
        ("infinite", ("infinite", 0)),
        ({"inventoryType": "infinite", "quantity": 7}, ("infinite", 7)),
        ({"inventoryType": "finite"}, ("finite", None)),
    ],
)
def test_build_seed_takes_a_stock_as_number_word_or_object(
    stock: Any, stored: tuple[str, Any]
) -> None:
    """A shop may hold what no declaration can."""
    sku = _sku(stock=stock)

    assert (sku.inventory_type, sku.quantity) == stored


@pytest.mark.parametrize("stock", ["5", "none", [5], float("nan"), float("inf")])
def test_build_seed_of_another_stock_is_refused(stock: Any) -> None:
    """A typo is not taken for a shop without stock."""
    with pytest.raises(ValueError, match="stock"):
        _sku(stock=stock)


def test_build_seed_gives_the_same_ids_each_time() -> None:
    """Ids are 24 hex digits that follow from the names; two SKUs have two."""
    entries = [{"name": "Tee", "skus": [STOCK, STOCK]}, {"name": "Mug", "skus": [STOCK]}]
    one, two = (build_seed({**seed({}), "products": entries}) for _ in range(2))
    ids = [sku.id for product in one.products for sku in product.skus]

    assert one == two
    assert len(set(ids)) == len(ids) == 3
    assert all(len(sku_id) == 24 and int(sku_id, 16) for sku_id in ids)


@pytest.mark.parametrize(("fields", "code"), [({"sku": "A"}, "A"), ({"sku": 12}, "12"), ({}, None)])
def test_build_seed_sku_may_have_no_code(fields: dict[str, Any], code: str | None) -> None:
    """As in the store's own object, where the field is missing then."""
    assert _sku(**fields).data["fieldData"].get("sku") == code


def test_build_seed_sku_has_its_id_and_values() -> None:
    """An id that is named counts; the values make the name and lead to the options."""
    sku = _sku(id="5" * 24, values=["Extra Large"])

    assert (sku.id, sku.data["id"]) == ("5" * 24, "5" * 24)
    assert sku.data["fieldData"]["name"] == "Tee Extra Large"
    assert sku.data["fieldData"]["sku-values"] == {"size": "extra-large"}


def test_build_seed_tells_site_collection_and_behaviour() -> None:
    """What is not named follows from the site."""
    data = seed({"A": 1}, behaviour={"below_zero": "clamp"})
    named = build_seed(data)
    derived = build_seed({**data, "sku_collection_id": None})

    assert (named.site_id, named.sku_collection_id) == (SITE, COLLECTION)
    assert named.behaviour == Behaviour(below_zero="clamp")
    assert derived.sku_collection_id == make_id(SITE, "skus")


def test_build_seed_products_have_category_and_archive() -> None:
    """Products of one category share its id, whose name is told."""
    entries = [
        {"name": "Tee", "category": "Wear", "archived": True, "skus": [STOCK]},
        {"name": "Cap", "category": "Wear", "skus": [STOCK]},
        {"name": "Mug", "skus": [STOCK]},
    ]
    site = build_seed({**seed({}), "products": entries})
    ((category, name),) = site.categories.items()

    assert name == "Wear"
    assert [product.data["fieldData"]["category"] for product in site.products] == [
        [category],
        [category],
        [],
    ]
    assert [product.data["isArchived"] for product in site.products] == [True, False, False]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not JSON",
        "[]",
        "5",
        "{}",
        '{"site": {}}',
        json.dumps({**seed({}), "products": 5}),
        json.dumps({**seed({}), "products": [{"name": "Tee", "skus": []}]}),
        json.dumps({**seed({}), "products": [{"name": "Tee", "skus": ["A"]}]}),
        json.dumps({**seed({}), "behaviour": {"typo": "x"}}),
        json.dumps(seed({"A": "many"})),
    ],
)
def test_read_seed_of_nonsense_names_the_file(tmp_path: Path, content: str) -> None:
    """Whatever is wrong with it ends in one kind of error."""
    path = tmp_path / "sandbox.json"
    path.write_text(content, "utf-8")

    with pytest.raises(SandboxError, match=r"sandbox\.json"):
        read_seed(path)


def test_read_seed_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    """A missing file is no empty shop."""
    with pytest.raises(SandboxError, match=r"gone\.json"):
        read_seed(tmp_path / "gone.json")
