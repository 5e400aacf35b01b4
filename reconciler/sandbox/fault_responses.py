"""A request that meets a fault → what becomes of it, and the answer."""

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from reconciler.sandbox.api_options import inventory_body
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import add_product, delete_product
from reconciler.sandbox.faults import Fault, Kind
from reconciler.sandbox.wire import Misanswer

# These leave the request as it is, and change what is around it or in its answer.
_HARMLESS = frozenset({Kind.NONE, Kind.STALE, Kind.SHIFT, Kind.TOTAL, Kind.ORDER})
_OWN_ANSWER = frozenset({Kind.STATUS, Kind.BODY})


def answer_faulty(
    shop: Shop, fault: Fault, request: Request, answer: Callable[[], Response]
) -> Response:
    """Do what *fault* says to *request*; *answer* carries it out and returns the right answer."""
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
        return _adorned(_counted(right, fault), fault)
    if fault.kind in _OWN_ANSWER:
        status = fault.status if fault.kind is Kind.STATUS else 200
        return _adorned(Response(fault.body, status, media_type="application/json"), fault)
    return Misanswer(request, fault, right)


def _shift(shop: Shop, fault: Fault) -> None:
    if fault.size < 0:
        delete_product(shop)
    else:
        add_product(shop)


def _counted(right: Response, fault: Fault) -> Response:
    """Return a page that says there are as many products as the fault does."""
    if fault.kind is not Kind.TOTAL:
        return right
    body = json.loads(bytes(right.body))
    body["pagination"]["total"] = fault.size
    return JSONResponse(body)


def _adorned(response: Response, fault: Fault) -> Response:
    response.headers.update(fault.headers)
    return response
