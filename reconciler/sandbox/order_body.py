"""Build orders as the API returns them, including personal data.

Field names follow the OpenAPI document (list-orders). Every personal value contains `CANARY`, so
that tests can search any output for it.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from reconciler.sandbox.orders import Line, SoldOrder

CANARY: Final = "CANARY-customer-7f3a"
_PRICE = 2400
_UNKNOWN: Final[dict[str, Any]] = {"product_id": "", "name": "", "slug": "", "price": _PRICE}


def order_bodies(db: sqlite3.Connection, orders: Iterable[SoldOrder]) -> list[dict[str, Any]]:
    """Return the bodies of *orders*. Deleted SKUs have no names."""
    details: dict[str, dict[str, Any]] = {}
    bodies = []
    for order in orders:
        for line in order.lines:
            if line.sku_id not in details:
                details[line.sku_id] = _read_details(db, line.sku_id)
        items = [_item(line, details[line.sku_id]) for line in order.lines]
        bodies.append(_order_body(order, items))
    return bodies


def _read_details(db: sqlite3.Connection, sku_id: str) -> dict[str, Any]:
    row = db.execute(
        "SELECT products.id, products.data, skus.data FROM skus"
        " JOIN products ON products.id = skus.product_id WHERE skus.id = ?",
        (sku_id,),
    ).fetchone()
    if row is None:
        return _UNKNOWN
    product, sku = json.loads(row[1])["fieldData"], json.loads(row[2])["fieldData"]
    return {
        "product_id": row[0],
        "name": product.get("name", ""),
        "slug": product.get("slug", ""),
        "variant_name": sku.get("name", ""),
        "variant_slug": sku.get("slug", ""),
        "image": sku.get("main-image"),
        "price": sku.get("price", {}).get("value", _PRICE),
    }


def _item(line: Line, details: dict[str, Any]) -> dict[str, Any]:
    units = line.count if isinstance(line.count, int | float) else 0
    return {
        "count": line.count,
        "rowTotal": _money(details["price"] * units),
        "productId": details["product_id"],
        "productName": details["name"],
        "productSlug": details["slug"],
        "variantId": line.sku_id,
        "variantName": details.get("variant_name", ""),
        "variantSlug": details.get("variant_slug", ""),
        "variantSKU": line.code,
        "variantImage": details.get("image"),
        "variantPrice": _money(details["price"]),
        "weight": 0.5,
        "length": None,
        "height": None,
        "width": None,
    }


def _money(cents: int | float) -> dict[str, Any]:
    return {"unit": "EUR", "value": cents, "string": f"€ {cents / 100:.2f}"}


def _order_body(order: SoldOrder, items: list[dict[str, Any]]) -> dict[str, Any]:
    paid = _money(sum(item["rowTotal"]["value"] for item in items))
    fulfilled = order.accepted_at if order.status == "fulfilled" else None
    disputed = order.accepted_at if order.status.startswith("dispute") else None
    return {
        "orderId": order.order_id,
        "status": order.status,
        "comment": CANARY,
        "orderComment": CANARY,
        "acceptedOn": order.accepted_at or None,
        "fulfilledOn": fulfilled,
        "refundedOn": order.refunded_at or None,
        "disputedOn": disputed,
        "disputeUpdatedOn": disputed,
        "disputeLastStatus": None,
        "customerPaid": paid,
        "netAmount": paid,
        "applicationFee": _money(0),
        "shippingProvider": None,
        "shippingTracking": CANARY,
        "shippingTrackingURL": f"https://example.invalid/{CANARY}",
        "purchasedItems": items,
        "purchasedItemsCount": sum(item["count"] or 0 for item in items),
        "isShippingRequired": True,
        "hasDownloads": False,
        "downloadFiles": [],
        "isCustomerDeleted": False,
        "paymentProcessor": "stripe",
        "totals": {"subtotal": paid, "extras": [], "total": paid},
        "metadata": {"isBuyNow": False},
        **_personal(),
    }


def _personal() -> dict[str, Any]:
    """Return the personal fields: customer, payment, and addresses."""
    billing, shipping = _address("billing"), _address("shipping")
    return {
        "allAddresses": [billing, shipping],
        "billingAddress": billing,
        "shippingAddress": shipping,
        "customerInfo": {"fullName": CANARY, "email": f"{CANARY}@example.invalid"},
        "customData": [{"name": "Gift for", "textInput": CANARY}],
        "stripeDetails": {
            "subscriptionId": None,
            "paymentMethod": CANARY,
            "paymentIntentId": CANARY,
            "customerId": CANARY,
            "chargeId": CANARY,
            "disputeId": None,
            "refundId": None,
            "refundReason": None,
        },
        "stripeCard": {
            "last4": "4242",
            "brand": "Visa",
            "ownerName": CANARY,
            "expires": {"year": 2030, "month": 1},
        },
        "paypalDetails": None,
    }


def _address(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "japanType": None,
        "addressee": CANARY,
        "line1": f"1 {CANARY} Street",
        "line2": CANARY,
        "city": CANARY,
        "state": CANARY,
        "country": "DE",
        "postalCode": CANARY,
    }
