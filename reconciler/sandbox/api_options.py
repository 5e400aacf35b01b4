"""Undocumented behavior of the API as options. Tests run each variant."""

import math
from typing import Any, Literal

from msgspec import Struct

from reconciler.model import Quantity

MAX_NUMBER = 2**53


class Behaviour(Struct, frozen=True, forbid_unknown_fields=True):
    """How the sandbox answers in undocumented cases."""

    infinite_quantity: Literal["zero", "null", "absent"] = "zero"
    """The `quantity` of an infinite SKU."""
    both_given: Literal["quantity", "updateQuantity", "refuse"] = "quantity"
    """The field that wins if a PATCH has both."""
    neither_given: Literal["keep", "zero"] = "keep"
    """The quantity of a finite SKU if a PATCH has neither field."""
    below_zero: Literal["store", "clamp", "refuse"] = "refuse"
    """Handling of a result below 0."""
    fraction: Literal["store", "refuse"] = "refuse"
    """Handling of a fraction."""
    orders_newest_first: bool = True
    """Whether the listing of orders starts with the newest."""
    refund_restocks: bool = False
    """Whether a refund returns the units to stock."""


class NotAccepted(ValueError):
    """A PATCH to answer with 400. The text is the name of the parameter."""


def apply_patch(
    behaviour: Behaviour, before: tuple[str, Quantity], body: Any
) -> tuple[str, Quantity]:
    """Return inventory type and quantity after the PATCH *body*.

    Only `inventoryType` is required. The OpenAPI document says no more.

    Raises:
        NotAccepted: The body is invalid.
    """
    if not isinstance(body, dict) or body.get("inventoryType") not in ("finite", "infinite"):
        raise NotAccepted("inventoryType")
    for name in ("quantity", "updateQuantity"):
        if name in body and not _is_number(body[name]):
            raise NotAccepted(name)
    if body["inventoryType"] == "infinite":
        return "infinite", 0
    return "finite", _finite_quantity(behaviour, before[1] or 0, body)


def inventory_body(
    behaviour: Behaviour, sku_id: str, stock: tuple[str, Quantity]
) -> dict[str, Any]:
    """Return the body of the API for a SKU's stock."""
    inventory_type, quantity = stock
    body = {"id": sku_id, "quantity": quantity, "inventoryType": inventory_type}
    if inventory_type == "infinite" and behaviour.infinite_quantity != "zero":
        body["quantity"] = None
        if behaviour.infinite_quantity == "absent":
            del body["quantity"]
    return body


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) < MAX_NUMBER


def _finite_quantity(behaviour: Behaviour, before: int | float, body: dict[str, Any]) -> Quantity:
    counts = [name for name in ("quantity", "updateQuantity") if name in body]
    if len(counts) == 2:
        if behaviour.both_given == "refuse":
            raise NotAccepted("updateQuantity")
        counts = [behaviour.both_given]
    if not counts:
        return before if behaviour.neither_given == "keep" else 0
    after = body[counts[0]] + (before if counts[0] == "updateQuantity" else 0)
    if after != int(after) and behaviour.fraction == "refuse":
        raise NotAccepted(counts[0])
    if after < 0 and behaviour.below_zero != "store":
        if behaviour.below_zero == "refuse":
            raise NotAccepted(counts[0])
        after = 0
    return int(after) if after == int(after) else float(after)
