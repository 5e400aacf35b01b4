"""The sandbox's API over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories import COLLECTION, SITE, seed

from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.api_options import Behaviour, NotAccepted, apply_patch
from reconciler.sandbox.database import Shop
from reconciler.sandbox.limiter import Limiter
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

TOKENS = {"all": SCOPES, "reader": SCOPES - {"ecommerce:write"}, "none": frozenset[str]()}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Return a shop of 150 SKUs: A has 5, B is infinite, and one has no code."""
    skus = [("A", 5), ("B", "infinite"), ("", 3), *((f"S{n}", n) for n in range(147))]
    with Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed(skus))) as made:
        yield made


@pytest.fixture
def http(shop: Shop) -> Iterator[httpx.Client]:
    """Return a client of the shop with all scopes."""
    with (
        serve_for_a_while(Api(shop, TOKENS)) as address,
        httpx.Client(base_url=address, headers={"Authorization": "Bearer all"}) as client,
    ):
        yield client


def _inventory(shop: Shop, code: str) -> str:
    items = shop.products(200, 0)
    ids = {item["skus"][0]["fieldData"].get("sku", ""): item["skus"][0]["id"] for item in items}
    return f"/collections/{COLLECTION}/items/{ids[code]}/inventory"


def test_site_has_collections_and_settings(http: httpx.Client) -> None:
    """The endpoints agree on the ids."""
    assert http.get("/sites").json()["sites"] == [http.get(f"/sites/{SITE}").json()]
    slugs = {
        entry["slug"]: entry["id"]
        for entry in http.get(f"/sites/{SITE}/collections").json()["collections"]
    }
    assert (slugs["sku"], set(slugs)) == (COLLECTION, {"product", "sku", "category"})
    assert http.get(f"/sites/{SITE}/ecommerce/settings").json()["siteId"] == SITE


def test_products_are_paged_with_skus(http: httpx.Client) -> None:
    """`limit`, `offset`, and `total` count products. SKUs are embedded."""
    first = http.get(f"/sites/{SITE}/products").json()
    second = http.get(f"/sites/{SITE}/products", params={"limit": 100, "offset": 100}).json()

    assert (len(first["items"]), len(second["items"])) == (100, 50)
    assert second["pagination"] == {"limit": 100, "offset": 100, "total": 150}
    item = first["items"][0]
    assert item["skus"][0]["fieldData"]["sku"] == "A"
    assert item["product"]["fieldData"]["default-sku"] == item["skus"][0]["id"]
    assert http.get(f"/sites/{SITE}/products/{item['product']['id']}").json() == item
    assert "quantity" not in item["skus"][0]["fieldData"]


@pytest.mark.parametrize(
    "params", [{"limit": "101"}, {"limit": "0"}, {"limit": "x"}, {"offset": "-1"}]
)
def test_products_invalid_page_is_400(http: httpx.Client, params: dict[str, str]) -> None:
    """The maximum is 100 per page."""
    answer = http.get(f"/sites/{SITE}/products", params=params)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_inventory_patch_returns_new_stock(http: httpx.Client, shop: Shop) -> None:
    """Covers absolute, incremental, and infinite values."""
    path = _inventory(shop, "A")

    def patch(body: Any) -> Any:
        answer = http.patch(path, json=body).json()
        return answer["inventoryType"], answer["quantity"]

    assert http.get(path).json() == {
        "id": path.split("/")[4],
        "quantity": 5,
        "inventoryType": "finite",
    }
    assert patch({"inventoryType": "finite", "quantity": 9}) == ("finite", 9)
    assert patch({"inventoryType": "finite", "updateQuantity": -2}) == ("finite", 7)
    assert patch({"inventoryType": "infinite"}) == ("infinite", 0)
    assert [entry.kind for entry in shop.ledger()] == ["read", "write", "write", "write"]
    assert shop.ledger()[1].body == {"inventoryType": "finite", "quantity": 9}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"inventoryType": "x"}',
        b'{"inventoryType": "finite", "quantity": "5"}',
    ],
)
def test_inventory_invalid_patch_is_400(http: httpx.Client, shop: Shop, body: bytes) -> None:
    """Nothing changes."""
    answer = http.patch(_inventory(shop, "A"), content=body)

    assert answer.status_code == 400
    assert shop.stocks()["A"] == 5


@pytest.mark.parametrize(
    ("token", "method", "status", "code"),
    [
        ("wrong", "GET", 401, "not_authorized"),
        ("none", "GET", 403, "missing_scopes"),
        ("reader", "GET", 200, None),
        ("reader", "PATCH", 403, "missing_scopes"),
    ],
)
def test_inventory_needs_token_and_scope(
    http: httpx.Client, shop: Shop, token: str, method: str, status: int, code: str | None
) -> None:
    """Unknown tokens get 401, and missing scopes 403."""
    headers = {"Authorization": f"Bearer {token}"}
    body = {"inventoryType": "finite", "quantity": 1}
    answer = http.request(method, _inventory(shop, "A"), headers=headers, json=body)

    assert (answer.status_code, answer.json().get("code")) == (status, code)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/sites/{'0' * 24}/products", 404),
        (f"/collections/{COLLECTION}/items/{'0' * 24}/inventory", 404),
        (f"/collections/{'0' * 24}/items/{'0' * 24}/inventory", 400),
        (f"/sites/{SITE}/inventory", 404),
        ("/nowhere", 404),
    ],
)
def test_unknown_resource_is_api_error(http: httpx.Client, path: str, status: int) -> None:
    """Covers other sites, SKUs, collections, and routes."""
    answer = http.get(path)

    assert answer.status_code == status
    assert set(answer.json()) == {"message", "code", "externalReference", "details"}


def test_rate_limit_is_per_token(shop: Shop) -> None:
    """All answers have the headers. Requests over the limit get 429."""
    with serve_for_a_while(Api(shop, TOKENS, limit=2, window=60)) as address:

        def ask(token: str) -> httpx.Response:
            return httpx.get(f"{address}/sites", headers={"Authorization": f"Bearer {token}"})

        answers = [ask("all") for _ in range(3)]
        other = ask("reader")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"2"}
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in answers)
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [("sliding", [True, True, False, False, True]), ("fixed", [True, True, False, True, True])],
)
def test_rate_limit_window_slides_or_is_fixed(kind: Any, allowed: list[bool]) -> None:
    """The limit is two requests in ten seconds."""
    limiter = Limiter(2, 10.0, kind)

    assert [limiter.take(now).allowed for now in (4.0, 9.0, 9.5, 11.0, 14.5)] == allowed


@pytest.mark.parametrize(
    ("option", "quantity"),
    [("zero", {"quantity": 0}), ("null", {"quantity": None}), ("absent", {})],
)
def test_inventory_infinite_quantity_follows_option(
    tmp_path: Path, option: str, quantity: dict[str, Any]
) -> None:
    """`quantity` of an infinite SKU is not documented."""
    start = build_seed(seed({"B": "infinite"}, behaviour={"infinite_quantity": option}))
    made = Shop(tmp_path / "s.sqlite", lambda: start)
    with made as shop, serve_for_a_while(Api(shop, TOKENS)) as address:
        url = address + _inventory(shop, "B")
        answer = httpx.get(url, headers={"Authorization": "Bearer all"}).json()

    assert answer == {"id": answer["id"], "inventoryType": "infinite"} | quantity


@pytest.mark.parametrize(
    ("options", "body", "after"),
    [
        ({}, {"quantity": 7, "updateQuantity": 1}, 7),
        ({"both_given": "updateQuantity"}, {"quantity": 7, "updateQuantity": 1}, 6),
        ({"both_given": "refuse"}, {"quantity": 7, "updateQuantity": 1}, None),
        ({}, {}, 5),
        ({"neither_given": "zero"}, {}, 0),
        ({}, {"quantity": -1}, None),
        ({"below_zero": "clamp"}, {"updateQuantity": -9}, 0),
        ({"below_zero": "store"}, {"quantity": -1}, -1),
        ({}, {"quantity": 1.5}, None),
        ({"fraction": "store"}, {"quantity": 1.5}, 1.5),
    ],
)
def test_apply_patch_follows_options(
    options: dict[str, Any], body: dict[str, Any], after: float | None
) -> None:
    """Covers undocumented cases of PATCH. None means 400."""
    body = {"inventoryType": "finite"} | body
    if after is None:
        with pytest.raises(NotAccepted):
            apply_patch(Behaviour(**options), ("finite", 5), body)
    else:
        assert apply_patch(Behaviour(**options), ("finite", 5), body) == ("finite", after)
