"""Answer a request that a fault applies to."""

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from reconciler.sandbox.api_options import inventory_body
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import add_product, delete_product
from reconciler.sandbox.faults import Fault, Kind
from reconciler.sandbox.wire import Misanswer

# These carry out the request, and change only its context or its answer.
_HARMLESS = frozenset({Kind.NONE, Kind.STALE, Kind.SHIFT, Kind.TOTAL, Kind.ORDER})
_OWN_ANSWER = frozenset({Kind.STATUS, Kind.BODY})


def answer_faulty(
    shop: Shop, fault: Fault, request: Request, answer: Callable[[], Response]
) -> Response:
    """Apply *fault* to *request*. *answer* carries it out and returns the correct answer."""
    sku_id = request.path_params.get("sku_id", "")
    bought = sku_id or fault.sku or ""
    if fault.sold_before:
        shop.sell(bought, fault.sold_before)
    if fault.kind is Kind.SHIFT:
        _shift(shop, fault)
    is_carried_out = fault.applied or request.method == "GET" or fault.kind in _HARMLESS
    if fault.kind is Kind.STALE and request.method == "GET":
        stock = shop.read_stale(sku_id, fault.seconds)
        right: Response = JSONResponse(
            inventory_body(shop.behaviour, sku_id, stock or ("finite", 0))
        )
    else:
        right = answer() if is_carried_out else JSONResponse({})
    if fault.sold_after:
        shop.sell(bought, fault.sold_after)
    if fault.kind in _HARMLESS:
        return _add_headers(_set_total(right, fault), fault)
    if fault.kind in _OWN_ANSWER:
        status = fault.status if fault.kind is Kind.STATUS else 200
        return _add_headers(Response(fault.body, status, media_type="application/json"), fault)
    return Misanswer(request, fault, right)


def _shift(shop: Shop, fault: Fault) -> None:
    if fault.size < 0:
        delete_product(shop)
    else:
        add_product(shop)


def _set_total(right: Response, fault: Fault) -> Response:
    """Return the page with the total of a `total` fault."""
    if fault.kind is not Kind.TOTAL:
        return right
    body = json.loads(bytes(right.body))
    body["pagination"]["total"] = fault.size
    return JSONResponse(body)


def _add_headers(response: Response, fault: Fault) -> Response:
    response.headers.update(fault.headers)
    return response
