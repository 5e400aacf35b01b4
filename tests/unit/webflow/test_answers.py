"""Bodies of the API → nouns."""

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
def test_stock_as_it_comes(body: Any, stock: Stock) -> None:
    """12.0 is 12, a negative number is a number, infinite has no quantity whatever stands there."""
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
def test_what_is_no_stock_is_refused(body: Any) -> None:
    """A body that does not say what the stock is, is no answer."""
    with pytest.raises(AnswerError):
        parse_stock(body)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"NaN", b'{"a": Infinity}', b"\xff", b"[" * 100_000, b"1" * 5000]
)
def test_json_is_read_strictly(content: bytes) -> None:
    """What is not JSON, or too deep or too long to be ours, is refused without a crash."""
    with pytest.raises(AnswerError):
        parse_json(content)


@pytest.mark.parametrize("identity", [None, "", 5, "\ud800", "a\nb"])
def test_an_id_that_cannot_be_sent_is_refused(identity: Any) -> None:
    """Half a surrogate pair, nothing or a line break is no id."""
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
def test_the_sku_collection_is_found_by_slug_or_name(entry: dict[str, str]) -> None:
    """The slug decides; the names are for sites where it differs."""
    body = {"collections": [{"id": "1", "slug": "product"}, {"id": "2", **entry}]}

    assert parse_collections(body) == "2"


def test_a_product_gives_its_skus_names_of_product_and_variant() -> None:
    """A variant is named by its options; a hidden default SKU by its product alone."""
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
def test_what_is_no_page_is_refused(body: Any) -> None:
    """A page without items or total is no page."""
    with pytest.raises(AnswerError):
        parse_products(body)


def test_categories_have_names() -> None:
    """Of the collection that is called so; a page that is none is refused."""
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
