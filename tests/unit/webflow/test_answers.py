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
def test_parse_products_invalid_id_raises(identity: Any) -> None:
    """Ids that can't be sent, like lone surrogates or line breaks, raise AnswerError."""
    item = {"product": {"id": "p"}, "skus": [{"id": identity, "fieldData": {}}]}
    with pytest.raises(AnswerError):
        parse_products({"items": [item], "pagination": {"total": 1}})


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
