"""Orders are read completely, each once, with few requests, in any page order."""

import json
import random
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from factories import SITE, seed
from fakes import FakeClock
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.errors import (
    AnswerError,
    EcommerceOff,
    ListingError,
    NotAuthorized,
    ServerFault,
    StoreError,
)
from reconciler.model import Order, OrderLine, format_time
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import delete_sku
from reconciler.sandbox.faults import Fault, Faults, Kind
from reconciler.sandbox.order_body import CANARY
from reconciler.sandbox.orders import Line, NewOrder, OrderStatus
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while
from reconciler.webflow import orders as module
from reconciler.webflow.client import StoreClient
from reconciler.webflow.orders import MAX_ORDERS, OrderReader
from reconciler.webflow.rate_limit import Pace
from reconciler.webflow.token import Token

Parsed = TypeVar("Parsed")

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SINCE = format_time(NOON)
DIRECTIONS = pytest.mark.parametrize("newest_first", [True, False])


def _orders(number: int, first: datetime = NOON, status: OrderStatus = "fulfilled") -> Any:
    """Return *number* orders, one per minute from *first* on. Order n has n units."""
    minute = timedelta(minutes=1)
    refunded = NOON if status == "refunded" else None
    return [
        NewOrder(first + n * minute, [Line("s", "S", n)], status, refunded) for n in range(number)
    ]


def _old(number: int, status: OrderStatus = "fulfilled") -> Any:
    return _orders(number, NOON - number * timedelta(minutes=1), status)


def _counts(orders: Sequence[Order]) -> list[int]:
    """Return the units of each order, which identify the orders of `_orders`."""
    return sorted(line.units or 0 for order in orders for line in order.lines)


@pytest.fixture
def shop(tmp_path: Path, newest_first: bool) -> Iterator[Shop]:
    start = build_seed(seed({"A": 500, "B": 5}, behaviour={"orders_newest_first": newest_first}))
    with Shop(tmp_path / "shop.sqlite", lambda: start) as opened:
        yield opened


@contextmanager
def _client(shop: Shop, *faults: Fault, scopes: frozenset[str] = SCOPES) -> Iterator[StoreClient]:
    clock = FakeClock()
    api = Api(shop, {"t0ken": scopes}, faults=Faults(faults))
    with (
        serve_for_a_while(api) as address,
        StoreClient(address, Token("t0ken"), Pace(), clock=clock, sleep=clock.sleep) as client,
    ):
        yield client


def _read(shop: Shop, *faults: Fault) -> tuple[Order, ...]:
    with _client(shop, *faults) as client:
        return OrderReader(client, SITE, SINCE).read()


@pytest.mark.parametrize("newest_first", [True])
def test_read_few_new_orders_needs_few_requests(shop: Shop) -> None:
    """Of 100 000 orders, 200 new ones are found without the old ones, in either direction."""
    shop.orders.insert([*_old(99_800), *_orders(200)])
    for newest_first, most in ((True, 6), (False, 25)):
        shop.behaviour = replace(shop.behaviour, orders_newest_first=newest_first)
        with _client(shop) as client:
            reader = OrderReader(client, SITE, SINCE)
            assert _counts(reader.read()) == list(range(200))
            assert reader.read_new() == ()

            assert client.requests <= most


@DIRECTIONS
@pytest.mark.parametrize("new", [0, 1, 99, 100, 101, 199, 250, 700])
@pytest.mark.parametrize("old", [0, 1, 100, 101, 950])
def test_read_at_page_boundaries_is_complete(shop: Shop, old: int, new: int) -> None:
    """Covers numbers of orders around the page size."""
    shop.orders.insert([*_old(old), *_orders(new)])

    assert _counts(_read(shop)) == list(range(new))


@DIRECTIONS
def test_read_returns_all_refunded_orders(shop: Shop) -> None:
    """Includes those that were accepted long ago, each once."""
    shop.orders.insert([*_old(250, "refunded"), *_orders(3, status="refunded"), *_orders(2)])
    orders = _read(shop)

    assert [order.status for order in orders].count("refunded") == 253
    assert (len(orders), len({order.id for order in orders})) == (255, 255)
    assert {order.refunded_at for order in orders} == {SINCE, ""}


@DIRECTIONS
@pytest.mark.parametrize("skip", range(6))
def test_read_orders_arriving_while_paging_is_complete(shop: Shop, skip: int) -> None:
    """New orders move others to other pages. `read_new` returns the new ones."""
    shop.orders.insert([*_old(500), *_orders(350)])
    fault = Fault(Kind.ORDER, sku="A", sold_before=1, skip=skip, count=2)
    with _client(shop, fault) as client:
        reader = OrderReader(client, SITE, SINCE)
        orders = [*reader.read(), *reader.read_new()]

    assert _counts([o for o in orders if o.lines[0].sku_id == "s"]) == list(range(350))
    assert len({order.id for order in orders}) == len(orders) == shop.orders.count() - 500


@DIRECTIONS
@pytest.mark.parametrize("new", [1, 99, 100, 250])
@pytest.mark.parametrize("old", [0, 1, 2, 300])
def test_read_new_returns_new_orders_once(shop: Shop, old: int, new: int) -> None:
    """A second call returns nothing."""
    shop.orders.insert(_old(old))
    with _client(shop) as client:
        reader = OrderReader(client, SITE, SINCE)
        assert reader.read() == ()
        shop.orders.insert(_orders(new))
        assert _counts(reader.read_new()) == list(range(new))
        requests = client.requests
        assert (reader.read_new(), client.requests - requests) == ((), 1)


@DIRECTIONS
def test_read_new_before_read_returns_all(shop: Shop) -> None:
    """All orders are new."""
    shop.orders.insert([*_old(120), *_orders(3)])
    with _client(shop) as client:
        assert _counts(OrderReader(client, SITE, SINCE).read_new()) == [0, 1, 2]


@DIRECTIONS
def test_read_new_returns_order_accepted_late(shop: Shop) -> None:
    """It is listed among known orders, by its time."""
    shop.orders.insert([*_old(300), *_orders(150)])
    with _client(shop) as client:
        reader = OrderReader(client, SITE, SINCE)
        reader.read()
        shop.orders.insert([NewOrder(NOON + timedelta(seconds=30), [Line("late", "L", 1)])])
        late = reader.read_new()

        assert [order.lines[0].sku_id for order in late] == ["late"]
        assert reader.read_new() == ()


@DIRECTIONS
def test_read_new_after_deleted_orders_works(shop: Shop) -> None:
    """The next reading uses the remaining orders."""
    shop.orders.insert([*_old(150), *_orders(150)])
    with _client(shop) as client:
        reader = OrderReader(client, SITE, SINCE)
        reader.read()
        shop.db.execute("DELETE FROM orders WHERE number IN (1, 2, 200, 290)")
        assert reader.read_new() == ()
        shop.orders.insert(_orders(1, NOON + timedelta(days=1)))
        assert len(reader.read_new()) == 1


@DIRECTIONS
def test_read_returns_pending_order_and_deleted_sku(shop: Shop) -> None:
    """Their lines are complete."""
    sku_id = shop.find("B")
    shop.order([("A", 1), ("B", 2)], at=NOON, status="pending")
    delete_sku(shop, "B")
    (order,) = _read(shop)

    assert (order.status, order.accepted_at) == ("pending", SINCE)
    assert order.lines == (OrderLine(shop.find("A"), 1), OrderLine(sku_id, 2))


@DIRECTIONS
@pytest.mark.parametrize(
    ("sku_id", "count", "line"),
    [
        ("s", 0, OrderLine("s", 0)),
        ("s", 1.5, OrderLine("s", None)),
        ("s", -1, OrderLine("s", None)),
        ("s", 10**12, OrderLine("s", None)),
        (None, 1, OrderLine("", 1)),
        ("", None, OrderLine("", None)),
    ],
)
def test_read_invalid_line_keeps_order(
    shop: Shop, sku_id: Any, count: Any, line: OrderLine
) -> None:
    """Invalid values become unknown."""
    shop.orders.insert([NewOrder(NOON, [Line(sku_id, "S", count)])])

    assert _read(shop)[0].lines == (line,)


@DIRECTIONS
def test_read_time_with_offset_is_utc(shop: Shop) -> None:
    """Times are compared in UTC: 13:30+02:00 was before noon."""
    shop.orders.insert(_orders(2))
    shop.db.execute("UPDATE orders SET accepted_at = '2026-11-20T13:30:00+02:00' WHERE number = 1")
    shop.db.execute("UPDATE orders SET accepted_at = '2026-11-20T14:30:00+02:00' WHERE number = 2")

    assert [order.accepted_at for order in _read(shop)] == ["2026-11-20T12:30:00.000Z"]


@DIRECTIONS
@pytest.mark.parametrize("number", [1, 99, 100, 130])
def test_read_unreadable_time_counts_as_new(shop: Shop, number: int) -> None:
    """The shop lists such orders at the old end."""
    shop.orders.insert([*_old(400), *_orders(20)])
    shop.db.execute("UPDATE orders SET accepted_at = '' WHERE number <= ?", (number,))
    times = [order.accepted_at for order in _read(shop)]

    assert (times.count(""), len(times)) == (number, number + 20)


class Listing:
    """A shop in memory that lists orders in the given order, with any total."""

    def __init__(self, times: Sequence[str], total: int | None = None, cap: int = 100) -> None:
        self.orders: list[tuple[str, str]] = []
        self.add(times)
        self.total = total
        self.cap = cap
        self.requests = 0
        self.before: Callable[[Listing], None] = lambda _: None

    def add(self, times: Iterable[str]) -> None:
        """Add orders at the end of the list."""
        self.orders += [(f"o{n}", time) for n, time in enumerate(times, len(self.orders))]

    def read(
        self,
        path: str,
        parse: Callable[[Any], Parsed],
        params: Mapping[str, int | str] | None = None,
    ) -> Parsed:
        assert params is not None and path == f"/sites/{SITE}/orders"
        self.requests += 1
        self.before(self)
        if "status" in params:
            return parse({"orders": [], "pagination": {"total": 0}})
        offset, limit = int(params["offset"]), min(int(params["limit"]), self.cap)
        orders = [
            {"orderId": order_id, "acceptedOn": time, "purchasedItems": []}
            for order_id, time in self.orders[offset : offset + limit]
        ]
        total = len(self.orders) if self.total is None else self.total
        return parse({"orders": orders, "pagination": {"total": total}})


def _times(number: int) -> list[str]:
    return [format_time(NOON + timedelta(minutes=n - number // 2)) for n in range(number)]


@pytest.mark.parametrize("mixed", [slice(0, 600), slice(0, 100), slice(250, 350), slice(500, 600)])
@DIRECTIONS
def test_read_unsorted_list_reads_all(mixed: slice, newest_first: bool) -> None:
    """An old order proves nothing about the following ones."""
    times = sorted(_times(600), reverse=newest_first)
    part = times[mixed]
    random.Random(7).shuffle(part)  # noqa: S311  no secret
    times[mixed] = part
    listing = Listing(times)
    reader = OrderReader(listing, SITE, SINCE)

    assert len(reader.read()) == 300
    assert reader.read_new() == ()
    listing.add([format_time(NOON + timedelta(days=1))])
    assert len(reader.read_new()) == 1


def test_read_list_of_equal_times_reads_all() -> None:
    """Its direction is unknown."""
    assert len(OrderReader(Listing([SINCE] * 450), SITE, SINCE).read()) == 450
    assert OrderReader(Listing([format_time(NOON - timedelta(1))] * 450), SITE, SINCE).read() == ()


@DIRECTIONS
def test_read_first_page_of_equal_times_uses_last_page(newest_first: bool) -> None:
    """A page of equal times has no direction."""
    times = sorted([*_times(400), *[_times(400)[0]] * 150, *[_times(400)[-1]] * 150])
    listing = Listing(times[::-1] if newest_first else times)

    assert len(OrderReader(listing, SITE, SINCE).read()) == 350
    assert listing.requests < 10


@DIRECTIONS
def test_read_smaller_pages_is_complete(newest_first: bool) -> None:
    """Pages may be shorter than requested."""
    listing = Listing(sorted(_times(600), reverse=newest_first), cap=30)

    assert len(OrderReader(listing, SITE, SINCE).read()) == 300


@DIRECTIONS
@pytest.mark.parametrize(
    ("total", "cap"),
    [(0, 100), (50, 100), (5000, 100), (MAX_ORDERS + 1, 100), (400, 0), (400, 1)],
)
def test_read_inconsistent_list_raises(newest_first: bool, total: int, cap: int) -> None:
    """Covers wrong totals, empty pages, and pages of one order. The error comes soon."""
    times = [SINCE] * 400 if total == 5000 else sorted(_times(400), reverse=newest_first)
    listing = Listing(times, total, cap)
    with pytest.raises(ListingError):
        OrderReader(listing, SITE, SINCE).read()

    assert listing.requests < 50


@DIRECTIONS
def test_read_endless_list_raises(newest_first: bool) -> None:
    """The list grows by a page with each request."""
    listing = Listing(sorted(_times(300), reverse=newest_first))

    def grow(store: Listing) -> None:
        step = timedelta(minutes=-1 if newest_first else 1)
        last = datetime.fromisoformat(store.orders[-1][1])
        store.add(format_time(last + n * step) for n in range(1, 101))

    listing.before = grow
    with pytest.raises(ListingError):
        OrderReader(listing, SITE, "2000-01-01T00:00:00.000Z").read()


@DIRECTIONS
@pytest.mark.parametrize("request_number", range(2, 8))
@pytest.mark.parametrize("gone", [slice(0, 20), slice(0, 250), slice(590, 600), slice(290, 310)])
def test_read_list_that_shrinks_is_complete(
    newest_first: bool, request_number: int, gone: slice
) -> None:
    """Each page starts with the last order of the page before, or the reading is repeated."""
    listing = Listing(sorted(_times(600), reverse=newest_first))

    def lose(store: Listing) -> None:
        if store.requests == request_number:
            del store.orders[gone]

    listing.before = lose
    read = {order.id for order in OrderReader(listing, SITE, SINCE).read()}
    assert read >= {order_id for order_id, time in listing.orders if time >= SINCE}


@pytest.mark.parametrize("newest_first", [True])
def test_read_without_scope_raises(shop: Shop) -> None:
    """The caller decides what it means for the plan."""
    with _client(shop, scopes=frozenset({"cms:read"})) as client, pytest.raises(NotAuthorized):
        OrderReader(client, SITE, SINCE).read()


def _failing(status: int, code: str, **fields: Any) -> Fault:
    body = json.dumps({"message": "no", "code": code, "details": []})
    return Fault(Kind.STATUS, path="/orders", status=status, body=body, **fields)


@pytest.mark.parametrize("newest_first", [True])
def test_read_without_ecommerce_raises(shop: Shop) -> None:
    """409 means that ecommerce is off, not a conflict."""
    with pytest.raises(EcommerceOff):
        _read(shop, _failing(409, "ecommerce_not_enabled"))


@DIRECTIONS
def test_read_after_failures_is_repeated(shop: Shop) -> None:
    """A few failures are retried. An outage ends the reading."""
    shop.orders.insert([*_old(250), *_orders(120)])
    fault = _failing(500, "internal_error", skip=1, count=2)
    assert _counts(_read(shop, fault)) == list(range(120))
    with pytest.raises(ServerFault):
        _read(shop, _failing(500, "internal_error"))


@pytest.mark.parametrize("newest_first", [True])
@pytest.mark.parametrize(
    "body",
    [
        {"orders": [{"comment": CANARY}], "pagination": {"total": 1}},
        {"orders": CANARY, "pagination": {"total": 1}},
        {"message": CANARY},
        {"orders": [{"orderId": "x", "comment": CANARY}], "pagination": {"total": CANARY}},
    ],
)
def test_read_invalid_answer_is_not_in_error(shop: Shop, body: Any) -> None:
    """Covers the text, and the locals of all frames."""
    fault = Fault(Kind.BODY, path="/orders", body=json.dumps(body))
    with _client(shop, fault) as client, pytest.raises(AnswerError) as caught:
        OrderReader(client, SITE, SINCE).read()

    error: BaseException = caught.value
    inner = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]
    assert CANARY not in "".join(traceback.format_exception(error))
    assert CANARY not in repr([frame.f_locals for frame in inner])


@DIRECTIONS
def test_read_keeps_no_personal_data(shop: Shop) -> None:
    """Covers the result and the reader."""
    shop.orders.insert([*_old(150, "refunded"), *_orders(5)])
    with _client(shop) as client:
        reader = OrderReader(client, SITE, SINCE)
        kept = [reader.read(), reader.read_new(), vars(reader)]

    assert CANARY not in repr(kept)
    with pytest.raises(StoreError) as caught:
        _read(shop, Fault(Kind.TOTAL, path="/orders", size=10**9))
    assert CANARY not in str(caught.value)


ORDER = st.tuples(st.integers(-30, 30), st.sampled_from(["fulfilled", "pending", "refunded"]))


def _insert(shop: Shop, orders: Sequence[tuple[int, Any]]) -> None:
    shop.orders.insert(
        NewOrder(NOON + timedelta(minutes=minute), [Line("s", "S", 1)], status)
        for minute, status in orders
    )


def _wanted(shop: Shop) -> set[str]:
    return {
        order.order_id
        for order in shop.orders.page(10**6, 0)
        if order.accepted_at >= SINCE or not order.accepted_at or order.status == "refunded"
    }


class _Busy:
    """A client of a shop where orders arrive before some requests."""

    def __init__(self, client: StoreClient, shop: Shop, arrivals: Mapping[int, int]) -> None:
        self._client = client
        self._shop = shop
        self._arrivals = arrivals
        self.requests = 0

    def read(
        self,
        path: str,
        parse: Callable[[Any], Parsed],
        params: Mapping[str, int | str] | None = None,
    ) -> Parsed:
        self.requests += 1
        number = self._arrivals.get(self.requests, 0)
        _insert(self._shop, [(60 + self.requests, "unfulfilled")] * number)
        return self._client.read(path, parse, params)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, StoreClient]]:
    path = tmp_path_factory.mktemp("orders") / "shop.sqlite"
    with Shop(path, lambda: build_seed(seed({"A": 5}))) as made, _client(made) as client:
        yield made, client


@DIRECTIONS
@given(
    orders=st.lists(ORDER, max_size=40),
    unreadable=st.integers(0, 8),
    later=st.lists(st.integers(31, 50), max_size=12),
    arrivals=st.dictionaries(st.integers(1, 12), st.integers(1, 7), max_size=3),
)
def test_read_equals_filter_of_full_list(
    server: tuple[Shop, StoreClient],
    newest_first: bool,
    orders: list[tuple[int, Any]],
    unreadable: int,
    later: list[int],
    arrivals: dict[int, int],
) -> None:
    """Existing orders are in `read`, later ones in `read_new`, each once."""
    shop, client = server
    shop.db.execute("DELETE FROM orders")
    shop.behaviour = replace(shop.behaviour, orders_newest_first=newest_first)
    _insert(shop, orders)
    shop.db.execute("UPDATE orders SET accepted_at = '' WHERE number <= ?", (unreadable,))
    there = _wanted(shop)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "PAGE", 5)
        quiet = OrderReader(client, SITE, SINCE).read()
        assert (len(quiet), {order.id for order in quiet}) == (len(there), there)
        busy = _Busy(client, shop, arrivals)
        reader = OrderReader(busy, SITE, SINCE)
        read = [*reader.read()]
        assert there <= {order.id for order in read}
        _insert(shop, [(60 + minute, "fulfilled") for minute in later])
        while (new := reader.read_new()) or busy.requests <= max(arrivals, default=0):
            read += new
        ids = [order.id for order in read]
        assert (len(ids), set(ids)) == (len(set(ids)), _wanted(shop))
