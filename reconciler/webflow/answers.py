"""Parse the bodies of the API. A body that can't be parsed raises AnswerError.

Source: the published OpenAPI document. No field is required there: a quantity is a `number`, may be
missing or null, and means nothing for an infinite SKU.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

from reconciler.errors import AnswerError
from reconciler.masking import mask
from reconciler.model import INFINITE, LiveSku, Stock, finite

MAX_WHOLE = 2**53


class Page(NamedTuple):
    """One page of the listing of products, and the total number of products.

    `malformed` are the names (or ids) of products whose SKUs can't be read, by product id.
    """

    product_ids: tuple[str, ...]
    skus: tuple[LiveSku, ...]
    total: int
    malformed: Mapping[str, str] = MappingProxyType({})


def parse_json(content: bytes) -> Any:
    """Parse *content* as strict JSON, without NaN and Infinity."""
    try:
        return json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise AnswerError(
            "The answer is not JSON. Check that WEBFLOW_API_URL is Webflow's API."
        ) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def parse_stock(body: Any) -> Stock:
    """Return the stock in the answer to GET or PATCH of a SKU's inventory."""
    match body:
        case {"inventoryType": "infinite"}:
            return INFINITE
        case {"inventoryType": "finite"}:
            return finite(_quantity(body.get("quantity")))
    raise AnswerError("The answer has no inventory type.")


def _quantity(value: Any) -> int | float | None:
    """Return a quantity: 12.0 becomes 12, and a fraction stays a fraction."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_WHOLE:
        raise AnswerError("The answer's quantity is not a valid number.")
    return int(value) if value == int(value) else value


def parse_collections(body: Any) -> str | None:
    """Return the id of the SKU collection of a site, found by slug, else by name."""
    return _collection(body, (("slug", "sku"), ("singularName", "SKU"), ("displayName", "SKUs")))


def parse_category_collection(body: Any) -> str | None:
    """Return the id of the category collection of a site, or None."""
    return _collection(body, (("slug", "category"), ("singularName", "Category")))


def _collection(body: Any, names: Sequence[tuple[str, str]]) -> str | None:
    collections = [entry for entry in _list(body, "collections") if isinstance(entry, Mapping)]
    for key, wanted in names:
        for entry in collections:
            if entry.get(key) == wanted:
                return _id(entry.get("id"))
    return None


def parse_items(body: Any) -> tuple[dict[str, str], int]:
    """Return the item names on a page by id, and the total number of items."""
    try:
        total = body["pagination"]["total"]
        names = {
            _id(item["id"]): _text((item.get("fieldData") or {}).get("name"))
            for item in body["items"]
        }
    except (KeyError, TypeError, AttributeError):
        raise AnswerError("The answer is not a page of items.") from None
    if isinstance(total, bool) or not isinstance(total, int):
        raise AnswerError("The answer has no total of items.")
    return names, total


def parse_products(body: Any) -> Page:
    """Return one page of products with all their SKUs."""
    try:
        total = body["pagination"]["total"]
        items = _list(body, "items")
        product_ids = tuple(_id(item["product"]["id"]) for item in items)
    except (KeyError, TypeError):
        raise AnswerError("The answer is not a page of products.") from None
    if isinstance(total, bool) or not isinstance(total, int):
        raise AnswerError("The answer has no total of products.")
    skus: list[LiveSku] = []
    malformed: dict[str, str] = {}
    for product_id, item in zip(product_ids, items, strict=True):
        try:
            skus += parse_product(item)
        except AnswerError:
            malformed[product_id] = _name(item["product"]) or product_id
    return Page(product_ids, tuple(skus), total, malformed)


def parse_product(body: Any) -> tuple[LiveSku, ...]:
    """Return the SKUs of one product."""
    try:
        return tuple(_skus(body))
    except (KeyError, TypeError, AttributeError):
        raise AnswerError("The answer is not a product.") from None


def _name(product: Mapping[str, Any]) -> str:
    fields = product.get("fieldData")
    return _text(fields.get("name")) if isinstance(fields, Mapping) else ""


def _skus(item: Mapping[str, Any]) -> Iterator[LiveSku]:
    """Yield the SKUs of one product. Without variants, it has one hidden default SKU."""
    product = item["product"]
    fields = product.get("fieldData") or {}
    title = _text(fields.get("name"))
    variants = _variant_names(fields.get("sku-properties"))
    within = fields.get("category")
    categories = tuple(map(_text, within)) if isinstance(within, list) else ()
    for sku in item["skus"]:
        data = sku.get("fieldData") or {}
        values = data.get("sku-values") or {}
        variant = " ".join(variants.get((key, value), "") for key, value in values.items()).strip()
        name = f"{title} / {variant}" if title and variant else title or _text(data.get("name"))
        yield LiveSku(
            _id(sku["id"]),
            _text(data.get("sku")),
            name,
            product.get("isArchived") is True,
            _id(product["id"]),
            title,
            categories,
        )


def _variant_names(properties: Any) -> dict[tuple[str, str], str]:
    """Return the name of each option value, by option id and value id."""
    return {
        (entry["id"], value["id"]): _text(value.get("name"))
        for entry in properties or ()
        for value in entry.get("enum") or ()
    }


def _list(body: Any, key: str) -> list[Any]:
    if isinstance(body, Mapping) and isinstance(body.get(key), list):
        return list(body[key])
    raise AnswerError(f"The answer has no list of {key}.")


def _id(value: Any) -> str:
    """Return an id. The API uses 24 hex digits, but any printable text is accepted."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise AnswerError("The answer has an invalid id.")
    return mask(value)


def _text(value: Any) -> str:
    """Return a printable text. Lone surrogates are replaced."""
    return mask(value.encode("utf-8", "replace").decode()) if isinstance(value, str) else ""
