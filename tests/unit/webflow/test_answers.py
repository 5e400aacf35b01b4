"""Parsers of the API's bodies."""

from typing import Any

import pytest

from reconciler.errors import AnswerError
from reconciler.model import INFINITE, LiveSku, Stock, finite
from reconciler.webflow.answers import (
    parse_category_collection,
    parse_collections,
    parse_items,
    parse_json,
    parse_products,
    parse_stock,
)


@pytest.mark.parametrize(
    ("body", "stock"),
    [
        ({"id": "x", "quantity": 100, "inventoryType": "finite"}, finite(100)),
        ({"quantity": 12.0, "inventoryType": "finite"}, finite(12)),
        ({"quantity": 2.5, "inventoryType": "finite"}, finite(2.5)),
        ({"quantity": -3, "inventoryType": "finite"}, finite(-3)),
        ({"quantity": None, "inventoryType": "finite"}, finite(None)),
        ({"inventoryType": "finite"}, finite(None)),
        ({"quantity": 0, "inventoryType": "infinite"}, INFINITE),
        ({"quantity": None, "inventoryType": "infinite"}, INFINITE),
        ({"inventoryType": "infinite"}, INFINITE),
    ],
)
def test_parse_stock_valid_body_returns_stock(body: Any, stock: Stock) -> None:
    """12.0 becomes 12, negative numbers are kept, and infinite stock has no quantity."""
    read = parse_stock(body)

    assert read == stock
    assert type(read.quantity) is type(stock.quantity)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        "x",
        {"quantity": 5},
        {"inventoryType": "tracked"},
        {"inventoryType": None},
        {"inventoryType": "finite", "quantity": "5"},
        {"inventoryType": "finite", "quantity": True},
        {"inventoryType": "finite", "quantity": 1e300},
        {"inventoryType": "finite", "quantity": [5]},
    ],
)
def test_parse_stock_invalid_body_raises(body: Any) -> None:
    """Bodies without a usable stock raise AnswerError."""
    with pytest.raises(AnswerError):
        parse_stock(body)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"NaN", b'{"a": Infinity}', b"\xff", b"[" * 100_000, b"1" * 5000]
)
def test_parse_json_invalid_content_raises(content: bytes) -> None:
    """Content that is not JSON, too deep, or too long raises AnswerError."""
    with pytest.raises(AnswerError):
        parse_json(content)


@pytest.mark.parametrize("identity", [None, "", 5, "\ud800", "a\nb"])
def test_parse_products_with_an_invalid_id(identity: Any) -> None:
    """An id can't be sent if it is empty, or has lone surrogates or line breaks.

    A product without a valid id makes the page malformed, one SKU only its product.
    """
    product = {"product": {"id": identity}, "skus": []}
    with pytest.raises(AnswerError):
        parse_products({"items": [product], "pagination": {"total": 1}})
    item = {"product": {"id": "p"}, "skus": [{"id": identity, "fieldData": {}}]}
    page = parse_products({"items": [item], "pagination": {"total": 1}})

    assert (page.skus, dict(page.malformed)) == ((), {"p": "p"})


@pytest.mark.parametrize(
    "entry",
    [
        {"slug": "sku"},
        {"singularName": "SKU", "slug": "skus"},
        {"displayName": "SKUs", "slug": "x"},
    ],
)
def test_parse_collections_finds_by_slug_or_name(entry: dict[str, str]) -> None:
    """The slug is tried first. The names are for sites with another slug."""
    body = {"collections": [{"id": "1", "slug": "product"}, {"id": "2", **entry}]}

    assert parse_collections(body) == "2"


def test_parse_products_names_variants() -> None:
    """A variant has the name of product and options, a default SKU that of the product."""
    properties = [{"id": "size", "name": "Size", "enum": [{"id": "m", "name": "M", "slug": "m"}]}]
    tee = {
        "product": {
            "id": "p1",
            "isArchived": True,
            "fieldData": {"name": "Tee", "sku-properties": properties, "category": ["c1", "c2"]},
        },
        "skus": [
            {
                "id": "s1",
                "fieldData": {"name": "Tee M", "sku": "TEE-M", "sku-values": {"size": "m"}},
            }
        ],
    }
    mug = {
        "product": {"id": "p2", "fieldData": {"name": "Mug"}},
        "skus": [{"id": "s2", "fieldData": {"name": "x"}}],
    }
    page = parse_products(
        {"items": [tee, mug], "pagination": {"limit": 100, "offset": 0, "total": 2}}
    )

    assert page.skus == (
        LiveSku("s1", "TEE-M", "Tee / M", True, "p1", "Tee", ("c1", "c2")),
        LiveSku("s2", "", "Mug", False, "p2", "Mug"),
    )
    assert (page.product_ids, page.total) == (("p1", "p2"), 2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": [{}], "pagination": {"total": 1}},
        {"items": [], "pagination": {"total": "1"}},
    ],
)
def test_parse_products_invalid_page_raises(body: Any) -> None:
    """A page without items or total raises AnswerError."""
    with pytest.raises(AnswerError):
        parse_products(body)


def test_parse_items_returns_names_by_id() -> None:
    """The category collection is found by slug. Invalid pages raise AnswerError."""
    body = {"collections": [{"id": "1", "slug": "sku"}, {"id": "2", "slug": "category"}]}
    assert parse_category_collection(body) == "2"
    assert parse_category_collection({"collections": []}) is None
    items = [{"id": "c1", "fieldData": {"name": "Mugs"}}, {"id": "c2", "fieldData": {"name": 3}}]
    assert parse_items({"items": items, "pagination": {"total": 2}}) == (
        {"c1": "Mugs", "c2": ""},
        2,
    )
    odd: list[Any] = [{}, {"items": [{}]}, {"items": [], "pagination": {"total": "1"}}]
    for body in odd:
        with pytest.raises(AnswerError):
            parse_items(body)


@pytest.mark.parametrize("skus", [None, "none", [{"id": 5}], [{"id": "1", "fieldData": 5}]])
def test_parse_products_keeps_products_around_a_malformed_one(skus: Any) -> None:
    """It is named, so that a plan can go on with the others."""
    good = {"product": {"id": "p1", "fieldData": {"name": "Mug"}}, "skus": [{"id": "s1"}]}
    bad = {"product": {"id": "p2", "fieldData": {"name": "Tee"}}, "skus": skus}
    nameless = {"product": {"id": "p3", "fieldData": 5}, "skus": skus}
    page = parse_products({"items": [good, bad, nameless], "pagination": {"total": 3}})

    assert [sku.sku_id for sku in page.skus] == ["s1"]
    assert (page.product_ids, page.total) == (("p1", "p2", "p3"), 3)
    assert page.malformed == {"p2": "Tee", "p3": "p3"}
