"""The sandbox's orders, and their listing in the API."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories import SITE, seed

from reconciler.errors import SandboxError
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import delete_sku
from reconciler.sandbox.faults import Fault, Faults, Kind
from reconciler.sandbox.order_body import CANARY
from reconciler.sandbox.orders import Line, NewOrder
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKENS = {"all": SCOPES, "catalog": frozenset({"cms:read"})}
OLD = [NewOrder(NOON - timedelta(minutes=n), [Line("x", "X", 1)]) for n in range(150)]


def _open(path: Path, **behaviour: Any) -> Shop:
    start = build_seed(seed({"A": 5, "B": 9, "C": "infinite"}, behaviour=behaviour))
    return Shop(path, lambda: start)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with _open(tmp_path / "shop.sqlite") as opened:
        yield opened


def _ask(shop: Shop, faults: Faults | None = None, who: str = "all", **params: Any) -> Any:
    with serve_for_a_while(Api(shop, TOKENS, faults=faults)) as address:
        headers = {"Authorization": f"Bearer {who}"}
        return httpx.get(f"{address}/sites/{SITE}/orders", params=params, headers=headers)


def _list(shop: Shop, **params: Any) -> Any:
    return _ask(shop, **params).json()["orders"]


def test_sell_places_order_of_one_line(shop: Shop) -> None:
    """It is accepted now, and unfulfilled."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    shop.sell("A", 2)
    (order,) = shop.orders.page(10, 0)

    assert order.lines == (Line(shop.find("A"), "A", 2),)
    assert (order.status, order.refunded_at) == ("unfulfilled", "")
    assert before < datetime.fromisoformat(order.accepted_at) <= datetime.now(UTC)


def test_order_has_line_for_each_sale(shop: Shop) -> None:
    """A SKU may have two lines. The time is UTC."""
    at = NOON.astimezone(timezone(timedelta(hours=2)))
    sale = shop.order([("A", 1), ("C", 4), ("A", 2)], at=at, status="pending")
    (order,) = shop.orders.page(10, 0)

    assert sale.stocks == [("finite", 4), ("infinite", 0), ("finite", 2)]
    assert [(line.code, line.count) for line in order.lines] == [("A", 1), ("C", 4), ("A", 2)]
    assert (order.order_id, order.status) == (sale.order_id, "pending")
    assert order.accepted_at == "2026-11-20T12:00:00.000Z"


@pytest.mark.parametrize("second", [("A", 9), ("NOPE", 1), ("B", 0), ("B", -1)])
def test_order_with_invalid_line_sells_nothing(shop: Shop, second: tuple[str, int]) -> None:
    """All lines are sold, or none."""
    with pytest.raises(SandboxError, match=second[0]):
        shop.order([("A", 1), second])

    assert (shop.stocks()["A"], shop.orders.count(), shop.ledger()) == (5, 0, [])


@pytest.mark.parametrize(("restocks", "left"), [(False, 2), (True, 5)])
def test_refund_follows_restock_option(tmp_path: Path, restocks: bool, left: int) -> None:
    """Whether Webflow restocks refunded units is not documented."""
    with _open(tmp_path / "shop.sqlite", refund_restocks=restocks) as shop:
        order_id = shop.order([("A", 3), ("C", 1)]).order_id
        shop.refund(order_id, NOON)
        (order,) = shop.orders.page(10, 0)

        assert (order.status, order.refunded_at) == ("refunded", "2026-11-20T12:00:00.000Z")
        assert shop.stocks()["A"] == left
        with pytest.raises(SandboxError, match=order_id):
            shop.refund(order_id)


@pytest.mark.parametrize("order_id", ["000-009", "", "x", "1-2-3"])
def test_refund_unknown_order_raises(shop: Shop, order_id: str) -> None:
    """Covers malformed ids."""
    shop.sell("A", 1)
    with pytest.raises(SandboxError):
        shop.refund(order_id)


def test_shop_of_earlier_version_gets_orders_table(shop: Shop, tmp_path: Path) -> None:
    """The table is created when the file is opened."""
    shop.sell("A", 1)
    shop.db.execute("DROP TABLE orders")
    with _open(tmp_path / "shop.sqlite") as again:
        assert again.orders.count() == 0
        again.sell("A", 1)
        assert (again.orders.count(), again.stocks()["A"]) == (1, 3)


def test_shop_in_foreign_database_changes_nothing(tmp_path: Path) -> None:
    """A table is added only to the sandbox's data."""
    database = sqlite3.connect(tmp_path / "other.sqlite")
    database.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(SandboxError):
        _open(tmp_path / "other.sqlite")

    assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]
    database.close()


def test_reset_deletes_orders(shop: Shop, tmp_path: Path) -> None:
    """The shop is as in its seed."""
    shop.sell("A", 1)
    start = build_seed(seed({"A": 5}))
    with Shop(tmp_path / "shop.sqlite", lambda: start, reset=True) as again:
        assert again.orders.count() == 0


@pytest.mark.parametrize("newest_first", [True, False])
def test_orders_are_paged_in_either_direction(tmp_path: Path, newest_first: bool) -> None:
    """The direction of the real API is not documented."""
    with _open(tmp_path / "shop.sqlite", orders_newest_first=newest_first) as shop:
        shop.orders.insert(OLD)
        first, second = _ask(shop).json(), _ask(shop, limit=100, offset=100).json()

    times = [order["acceptedOn"] for order in first["orders"] + second["orders"]]
    assert times == sorted(times, reverse=newest_first)
    assert (len(first["orders"]), len(set(times))) == (100, 150)
    assert second["pagination"] == {"limit": 100, "offset": 100, "total": 150}


def test_orders_are_filtered_by_status(shop: Shop) -> None:
    """Pagination counts those with the status."""
    shop.orders.insert(OLD)
    shop.order([("A", 1)], status="refunded")
    shop.order([("A", 1)], status="disputed")
    answer = _ask(shop, status="refunded").json()

    assert [order["status"] for order in answer["orders"]] == ["refunded"]
    assert (answer["pagination"]["total"], answer["orders"][0]["refundedOn"] is None) == (1, False)


@pytest.mark.parametrize(
    "params", [{"status": "sold"}, {"limit": "101"}, {"limit": "0"}, {"offset": "-1"}]
)
def test_orders_invalid_parameter_is_400(shop: Shop, params: dict[str, Any]) -> None:
    """The code is that of a validation error."""
    answer = _ask(shop, **params)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_orders_without_scope_is_403(shop: Shop) -> None:
    """Reading orders needs `ecommerce:read`."""
    answer = _ask(shop, who="catalog")

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scopes")


def test_order_body_has_sku_product_and_price(shop: Shop) -> None:
    """A deleted SKU keeps only its id and code."""
    sku_id = shop.find("A")
    shop.order([("A", 2), ("B", 1)], at=NOON)
    delete_sku(shop, "B")
    (order,) = _list(shop)
    item, gone = order["purchasedItems"]

    assert (item["variantId"], item["variantSKU"], item["count"]) == (sku_id, "A", 2)
    assert (item["productName"], item["rowTotal"]["value"]) == ("Product 0", 4800)
    assert (gone["variantSKU"], gone["productName"], gone["productId"]) == ("B", "", "")
    assert (order["purchasedItemsCount"], order["acceptedOn"]) == (3, "2026-11-20T12:00:00.000Z")
    assert order["customerPaid"]["value"] == 7200


def test_order_body_personal_values_contain_canary(shop: Shop) -> None:
    """Tests search their output for it."""
    shop.sell("A", 1)
    (order,) = _list(shop)

    assert CANARY in order["customerInfo"]["fullName"] and CANARY in order["customerInfo"]["email"]
    for name in ("allAddresses", "billingAddress", "shippingAddress", "customData", "comment"):
        assert CANARY in json.dumps(order[name])
    assert CANARY not in json.dumps(order["purchasedItems"])


def test_order_fault_adds_order_before_or_after_page(shop: Shop) -> None:
    """Other requests are not affected."""
    before = Faults([Fault(Kind.ORDER, sku="A", sold_before=2, count=1)])
    after = Faults([Fault(Kind.ORDER, sku="A", sold_after=1)])

    assert before.strike("GET", f"/v2/sites/{SITE}/products", ()) is None
    assert _ask(shop, faults=before).json()["pagination"]["total"] == 1
    assert _ask(shop, faults=after).json()["pagination"]["total"] == 1
    assert (shop.orders.count(), shop.stocks()["A"]) == (2, 2)


def test_total_fault_changes_total_of_orders(shop: Shop) -> None:
    """The page itself is correct."""
    shop.sell("A", 1)
    faults = Faults([Fault(Kind.TOTAL, path="/orders", size=300)])
    answer = _ask(shop, faults=faults).json()

    assert (answer["pagination"]["total"], len(answer["orders"])) == (300, 1)
