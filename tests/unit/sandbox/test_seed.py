"""Seeds: the site that a sandbox starts with."""

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
    """Return the SKU of a seed with one product and one SKU with *fields*."""
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
def test_build_seed_accepts_stock_as_number_word_or_object(
    stock: Any, stored: tuple[str, Any]
) -> None:
    """A shop may have stock that can't be declared."""
    sku = _sku(stock=stock)

    assert (sku.inventory_type, sku.quantity) == stored


@pytest.mark.parametrize("stock", ["5", "none", [5], float("nan"), float("inf")])
def test_build_seed_invalid_stock_raises(stock: Any) -> None:
    """A typo does not become an empty stock."""
    with pytest.raises(ValueError, match="stock"):
        _sku(stock=stock)


def test_build_seed_ids_are_stable() -> None:
    """Ids are 24 hex digits that depend on the names, and are unique."""
    entries = [{"name": "Tee", "skus": [STOCK, STOCK]}, {"name": "Mug", "skus": [STOCK]}]
    one, two = (build_seed({**seed({}), "products": entries}) for _ in range(2))
    ids = [sku.id for product in one.products for sku in product.skus]

    assert one == two
    assert len(set(ids)) == len(ids) == 3
    assert all(len(sku_id) == 24 and int(sku_id, 16) for sku_id in ids)


@pytest.mark.parametrize(("fields", "code"), [({"sku": "A"}, "A"), ({"sku": 12}, "12"), ({}, None)])
def test_build_seed_code_is_optional(fields: dict[str, Any], code: str | None) -> None:
    """Without a code, the field is missing, as in the API."""
    assert _sku(**fields).data["fieldData"].get("sku") == code


def test_build_seed_sku_has_id_and_values() -> None:
    """A given id is used. The values are in the name and in the options."""
    sku = _sku(id="5" * 24, values=["Extra Large"])

    assert (sku.id, sku.data["id"]) == ("5" * 24, "5" * 24)
    assert sku.data["fieldData"]["name"] == "Tee Extra Large"
    assert sku.data["fieldData"]["sku-values"] == {"size": "extra-large"}


def test_build_seed_has_site_collection_and_behaviour() -> None:
    """A missing collection id is derived from the site."""
    data = seed({"A": 1}, behaviour={"below_zero": "clamp"})
    named = build_seed(data)
    derived = build_seed({**data, "sku_collection_id": None})

    assert (named.site_id, named.sku_collection_id) == (SITE, COLLECTION)
    assert named.behaviour == Behaviour(below_zero="clamp")
    assert derived.sku_collection_id == make_id(SITE, "skus")


def test_build_seed_products_have_category_and_archived() -> None:
    """Products of one category share its id."""
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
def test_read_seed_invalid_file_is_named(tmp_path: Path, content: str) -> None:
    """Each mistake raises SandboxError."""
    path = tmp_path / "sandbox.json"
    path.write_text(content, "utf-8")

    with pytest.raises(SandboxError, match=r"sandbox\.json"):
        read_seed(path)


def test_read_seed_missing_file_is_named(tmp_path: Path) -> None:
    """A missing file is an error, not an empty shop."""
    with pytest.raises(SandboxError, match=r"gone\.json"):
        read_seed(tmp_path / "gone.json")
