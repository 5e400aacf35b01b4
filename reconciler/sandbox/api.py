"""The used endpoints of the Data API v2 as an ASGI application on a sandbox's shop.

Statuses, bodies, and headers follow the published OpenAPI document and its guides.
"""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reconciler.sandbox.api_options import NotAccepted, inventory_body
from reconciler.sandbox.database import Shop
from reconciler.sandbox.fault_responses import answer_faulty
from reconciler.sandbox.faults import Faults
from reconciler.sandbox.limiter import Allowance, Limiter, WindowKind
from reconciler.sandbox.order_body import order_bodies
from reconciler.sandbox.orders import STATUSES

SCOPES = frozenset({"sites:read", "cms:read", "ecommerce:read", "ecommerce:write"})
MAX_PAGE = 100
MAX_OFFSET = 2**31
_CATEGORIES = "63692ab61fb2852f582ba8f6"
_DATE = "2026-01-05T09:00:00.000Z"

Handler = Callable[[Request], Response]


@dataclass(slots=True)
class Api:
    """The state of the endpoints: the shop, the scopes of each token, and the rate limit."""

    shop: Shop
    tokens: Mapping[str, frozenset[str]]
    limit: int | None = None
    window: float = 60.0
    window_kind: WindowKind = "sliding"
    latency: float = 0.0
    faults: Faults | None = None
    _limiters: dict[str, Limiter] = field(default_factory=dict)

    def application(self) -> Starlette:
        """Return the ASGI application."""
        inventory = "/collections/{collection_id}/items/{sku_id}/inventory"
        routes = [
            self._route("/sites", "sites:read", self._sites),
            self._route("/sites/{site_id}", "sites:read", self._site),
            self._route("/sites/{site_id}/collections", "cms:read", self._collections),
            self._route("/collections/{collection_id}/items", "cms:read", self._items),
            self._route("/sites/{site_id}/products", "ecommerce:read", self._products),
            self._route("/sites/{site_id}/products/{product_id}", "ecommerce:read", self._product),
            self._route("/sites/{site_id}/orders", "ecommerce:read", self._orders),
            self._route("/sites/{site_id}/ecommerce/settings", "ecommerce:read", self._settings),
            self._route(inventory, "ecommerce:read", self._get_inventory),
            self._route(inventory, "ecommerce:write", self._patch_inventory, "PATCH"),
        ]
        return Starlette(routes=routes, exception_handlers={404: _unknown, 405: _unknown})

    def _route(self, path: str, scope: str, handler: Handler, method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            if self.latency:
                await asyncio.sleep(self.latency)
            await request.body()
            sku_id = request.path_params.get("sku_id", "")
            if self.faults is not None:
                names = (sku_id, self.shop.code(sku_id)) if sku_id else ()
                fault = self.faults.strike(request.method, request.url.path, names)
                if fault is not None:
                    await asyncio.sleep(fault.latency)
                    answer = partial(self._answer, request, scope, handler)
                    return answer_faulty(self.shop, fault, request, answer)
            return self._answer(request, scope, handler)

        checked: Callable[[Request], Awaitable[Response]] = endpoint
        return Route(f"/v2{path}", checked, methods=[method])

    def _answer(self, request: Request, scope: str, handler: Handler) -> Response:
        """Return the handler's answer, or an error by token, rate limit, scope, or site."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        scopes = self.tokens.get(token) if scheme == "Bearer" else None
        if scopes is None:
            return _error(401, "not_authorized", "Request not authorized")
        allowance = self._allowance(token)
        if allowance is not None and not allowance.allowed:
            response: Response = _error(429, "too_many_requests", "Too Many Requests")
        elif scope not in scopes:
            message = f"OAuthForbidden: You are missing the following scopes - '{scope}'"
            response = _error(403, "missing_scopes", message)
        elif request.path_params.get("site_id", self.shop.meta("site_id")) != self.shop.meta(
            "site_id"
        ):
            response = _not_found("The site cannot be found")
        else:
            response = handler(request)
        if allowance is not None:
            response.headers["X-RateLimit-Limit"] = str(allowance.limit)
            response.headers["X-RateLimit-Remaining"] = str(allowance.remaining)
            response.headers["Retry-After"] = str(math.ceil(allowance.retry_after))
        return response

    def _allowance(self, token: str) -> Allowance | None:
        if self.limit is None:
            return None
        limiter = self._limiters.setdefault(
            token, Limiter(self.limit, self.window, self.window_kind)
        )
        return limiter.take(time.monotonic())

    def _sites(self, _: Request) -> Response:
        return JSONResponse({"sites": [self._site_object()]})

    def _site(self, _: Request) -> Response:
        return JSONResponse(self._site_object())

    def _site_object(self) -> dict[str, Any]:
        name = self.shop.meta("name")
        return {
            "id": self.shop.meta("site_id"),
            "workspaceId": "580e63fc8c9ac9b8b745abcd",
            "displayName": name,
            "shortName": name.lower().replace(" ", "-"),
            "timeZone": "UTC",
            "createdOn": _DATE,
            "lastUpdated": _DATE,
            "lastPublished": _DATE,
            "previewUrl": "https://example.invalid/preview.png",
            "parentFolderId": None,
            "customDomains": [],
        }

    def _collections(self, _: Request) -> Response:
        entries = [
            ("63692ab61fb2852f582ba8f5", "Products", "Product", "product"),
            (self.shop.meta("sku_collection_id"), "SKUs", "SKU", "sku"),
            (_CATEGORIES, "Categories", "Category", "category"),
        ]
        keys = ("id", "displayName", "singularName", "slug")
        dates = {"createdOn": _DATE, "lastUpdated": _DATE}
        return JSONResponse(
            {"collections": [dict(zip(keys, entry, strict=True)) | dates for entry in entries]}
        )

    def _items(self, request: Request) -> Response:
        """Answer with the categories. Other collections are never requested."""
        if request.path_params["collection_id"] != _CATEGORIES:
            return _not_found("The collection cannot be found")
        names = [*self.shop.categories().items()]
        items = [{"id": one, "isArchived": False, "fieldData": {"name": n}} for one, n in names]
        return _page(request, len(items), lambda limit, offset: items[offset : offset + limit])

    def _products(self, request: Request) -> Response:
        return _page(request, self.shop.count_products(), self.shop.products)

    def _product(self, request: Request) -> Response:
        product = self.shop.product(request.path_params["product_id"])
        return JSONResponse(product) if product else _not_found("The product cannot be found")

    def _orders(self, request: Request) -> Response:
        status = request.query_params.get("status", "")
        if status not in ("", *STATUSES):
            return _invalid("status", f"Value must be one of {', '.join(STATUSES)}")
        orders, newest_first = self.shop.orders, self.shop.behaviour.orders_newest_first

        def bodies(limit: int, offset: int) -> list[dict[str, Any]]:
            page = orders.page(limit, offset, status, newest_first=newest_first)
            return order_bodies(self.shop.db, page)

        return _page(request, orders.count(status), bodies, "orders")

    def _settings(self, _: Request) -> Response:
        site_id = self.shop.meta("site_id")
        return JSONResponse({"siteId": site_id, "createdOn": _DATE, "defaultCurrency": "EUR"})

    def _get_inventory(self, request: Request) -> Response:
        return self._inventory(request, self.shop.read)

    def _patch_inventory(self, request: Request) -> Response:
        try:
            # The endpoint has read the body, and Starlette caches it here.
            body = json.loads(request._body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return _error(400, "bad_request", "Bad Request: Request is malformed")
        try:
            return self._inventory(request, lambda sku_id: self.shop.write(sku_id, body))
        except NotAccepted as error:
            return _invalid(str(error), "Value is not accepted")

    def _inventory(
        self, request: Request, act: Callable[[str], tuple[str, Any] | None]
    ) -> Response:
        if request.path_params["collection_id"] != self.shop.meta("sku_collection_id"):
            return _error(400, "bad_request", "SKU collection not specified")
        sku_id = request.path_params["sku_id"]
        stock = act(sku_id)
        if stock is None:
            return _not_found("The SKU cannot be found")
        return JSONResponse(inventory_body(self.shop.behaviour, sku_id, stock))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _error(status: int, code: str, message: str, details: list[Any] | None = None) -> JSONResponse:
    body = {"message": message, "code": code, "externalReference": None, "details": details or []}
    return JSONResponse(body, status)


def _not_found(message: str) -> JSONResponse:
    return _error(404, "resource_not_found", f"Requested resource not found: {message}")


def _page(
    request: Request,
    total: int,
    items: Callable[[int, int], list[dict[str, Any]]],
    key: str = "items",
) -> Response:
    """Return the page that *request* asks for, with its *items* under *key*."""
    try:
        limit = int(request.query_params.get("limit", MAX_PAGE))
        offset = int(request.query_params.get("offset", 0))
    except ValueError:
        return _invalid("limit", "Value must be an integer")
    if not 0 < limit <= MAX_PAGE or not 0 <= offset <= MAX_OFFSET:
        return _invalid("limit", f"Value must be between 1 and {MAX_PAGE}")
    pagination = {"limit": limit, "offset": offset, "total": total}
    return JSONResponse({key: items(limit, offset), "pagination": pagination})


def _invalid(parameter: str, description: str) -> JSONResponse:
    details = [{"param": parameter, "description": description}]
    return _error(400, "validation_error", "Validation Error", details)


async def _unknown(_: Request, __: Exception) -> Response:
    return _not_found("The route cannot be found")
