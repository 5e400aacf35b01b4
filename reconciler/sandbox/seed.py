"""Read a seed file: the site, products, and SKUs that a sandbox starts with.

A seed contains what differs between shops. Ids, slugs, and dates are derived from it.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from reconciler.errors import SandboxError
from reconciler.model.codec import load_noun
from reconciler.sandbox.api_options import Behaviour

_CREATED = "2026-01-05T09:00:00.000Z"


class SeedSku(Struct, frozen=True):
    """One SKU as the API returns it, and its stock."""

    id: str
    data: Mapping[str, Any]
    inventory_type: str
    quantity: Any


class SeedProduct(Struct, frozen=True):
    """One product as the API returns it, with its SKUs."""

    id: str
    data: Mapping[str, Any]
    skus: tuple[SeedSku, ...]


class Seed(Struct, frozen=True):
    """A site with its products and options."""

    site_id: str
    name: str
    sku_collection_id: str
    products: tuple[SeedProduct, ...]
    behaviour: Behaviour
    categories: Mapping[str, str]
    """The names of the products' categories by id."""


def read_seed(path: Path) -> Seed:
    """Return the seed in a JSON file. Raises SandboxError if it is unreadable or invalid."""
    try:
        return build_seed(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SandboxError(
            f"Can't read {path}: {error.strerror}. The sandbox starts from this file."
        ) from None
    except KeyError as error:
        raise SandboxError(
            f"{path} is not a seed: {error} is missing. Compare it with the demo's."
        ) from None
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise SandboxError(f"{path} is not a seed: {error}. Compare it with the demo's.") from None


def build_seed(data: Mapping[str, Any]) -> Seed:
    """Return the seed in *data*. Raises KeyError, TypeError, or ValueError if it is invalid."""
    site = data["site"]
    site_id = str(site["id"])
    return Seed(
        site_id=site_id,
        name=str(site["name"]),
        sku_collection_id=str(data.get("sku_collection_id") or make_id(site_id, "skus")),
        products=tuple(_product(site_id, entry) for entry in data["products"]),
        behaviour=load_noun(data.get("behaviour", {}), Behaviour),
        categories={
            _category_id(site_id, str(entry["category"])): str(entry["category"])
            for entry in data["products"]
            if entry.get("category")
        },
    )


def make_id(*parts: str) -> str:
    """Return an id of 24 hex digits that is derived from *parts*."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:24]


def _category_id(site_id: str, name: str) -> str:
    return make_id(site_id, "category", name)


def _product(site_id: str, entry: Mapping[str, Any]) -> SeedProduct:
    name = str(entry["name"])
    options = [str(option) for option in entry.get("options", ())]
    product_id = str(entry.get("id") or make_id(site_id, name))
    skus = tuple(
        _sku(product_id, name, options, sku, number) for number, sku in enumerate(entry["skus"])
    )
    properties = [
        {
            "id": _slug(option),
            "name": option,
            "enum": [
                {"id": _slug(value), "name": value, "slug": _slug(value)}
                for value in dict.fromkeys(str(sku["values"][index]) for sku in entry["skus"])
            ],
        }
        for index, option in enumerate(options)
    ]
    data = {
        "id": product_id,
        "cmsLocaleId": None,
        "createdOn": _CREATED,
        "lastUpdated": _CREATED,
        "lastPublished": _CREATED,
        "isArchived": bool(entry.get("archived", False)),
        "isDraft": False,
        "fieldData": {
            "name": name,
            "slug": _slug(name),
            "shippable": bool(entry.get("shippable", True)),
            "category": [_category_id(site_id, str(entry["category"]))]
            if entry.get("category")
            else [],
            "sku-properties": properties,
            "default-sku": skus[0].id,
        },
    }
    return SeedProduct(product_id, data, skus)


def _sku(
    product_id: str, product: str, options: list[str], entry: Mapping[str, Any], number: int
) -> SeedSku:
    values = [str(value) for value in entry.get("values", ())]
    name = " ".join([product, *values])
    stock = entry["stock"]
    quantity: Any
    if stock == "infinite":
        inventory_type, quantity = "infinite", 0
    elif isinstance(stock, Mapping):
        inventory_type, quantity = str(stock["inventoryType"]), stock.get("quantity")
    else:
        inventory_type, quantity = "finite", stock
    if not (quantity is None or (isinstance(quantity, int | float) and math.isfinite(quantity))):
        raise ValueError(f"stock must be a number or infinite, not {stock!r}")
    data = {
        "id": str(entry.get("id") or make_id(product_id, str(number))),
        "cmsLocaleId": None,
        "createdOn": _CREATED,
        "lastUpdated": _CREATED,
        "lastPublished": _CREATED,
        "fieldData": {
            "name": name,
            "slug": _slug(name),
            "price": {"value": int(entry.get("price", 2400)), "unit": "EUR", "currency": "EUR"},
            "sku-values": {
                _slug(option): _slug(value) for option, value in zip(options, values, strict=True)
            },
            "main-image": {
                "fileId": make_id(product_id, "image"),
                "url": "https://example.invalid/i.png",
                "alt": None,
            },
            "weight": 0.5,
            **({"sku": str(entry["sku"])} if "sku" in entry else {}),
        },
    }
    return SeedSku(str(data["id"]), data, inventory_type, quantity)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
