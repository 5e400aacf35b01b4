"""Rows O1 to O8: orders, from which counts and drift are computed."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from msgspec.structs import replace

from faults.event_scene import EventScene, ago, event_scene
from faults.table import Bench, row
from reconciler.sandbox.api import SCOPES
from reconciler.sandbox.faults import Fault, Kind
from reconciler.sandbox.order_body import CANARY
from reconciler.sandbox.orders import Line, NewOrder

ORDERS = "/orders"


def _kinds(scene: EventScene) -> dict[str, str]:
    said = json.loads(scene.run("plan", "--format", "json").out)["findings"]
    return {one["sku"]: one["kind"] for one in said if one["kind"] not in {"drift", "low"}}


def _count(scene: EventScene, at: datetime, units: int = 44) -> None:
    scene.event("count", at, TEE=units)


@row("O1", "pages newest and oldest first, orders that come while paging", naive=False)
def paging(bench: Bench) -> None:
    """The units sold since the count are exact."""
    for newest_first in (True, False):
        arriving = Fault(Kind.ORDER, path=ORDERS, sku="TEE", sold_before=1, count=1)
        with bench.fresh() as fresh, event_scene(fresh, faults=[arriving]) as scene:
            _page(scene, newest_first=newest_first)
            _add_old(scene, 230)
            scene.sell(4, at=ago(minutes=2))
            _count(scene, ago(minutes=9))
            scene.settle()
            assert scene.tee() == 44 - 4 - 1


@row("O2", "orders refunded, pending, disputed", naive=False)
def open_orders(bench: Bench) -> None:
    """It is undocumented whether their units are in the stock: `uncertain`. The rest is done."""
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"at": ago(minutes=2), "status": "refunded"}, False),
        ({"at": ago(days=2), "status": "refunded"}, False),
        ({"at": ago(minutes=2), "status": "pending"}, False),
        ({"at": ago(minutes=2), "status": "disputed"}, True),
        ({"at": ago(days=2), "status": "pending"}, True),
    ]
    for how, is_known in cases:
        with bench.fresh() as fresh, event_scene(fresh) as scene:
            scene.sell(1, **how)
            scene.event("count", ago(minutes=9), TEE=44, MUG=11)
            scene.settle(0 if is_known else 5)
            assert scene.shop.stocks()["MUG"] == 11
            assert ("TEE" in _kinds(scene)) is not is_known, how


@row("O3", "orders that can't be read: scope, 409, 5xx", naive=False)
def unreadable(bench: Bench) -> None:
    """`uncertain`, with the missing scope. An adjustment needs none, and is done."""
    for status in (403, 409, 500):
        fault = Fault(Kind.STATUS, path=ORDERS, status=status)
        with bench.fresh() as fresh, event_scene(fresh, faults=[fault]) as scene:
            scene.event("count", ago(minutes=9), TEE=44)
            scene.event("po", ago(minutes=9), MUG="+5")
            run = scene.settle(5)
            assert scene.shop.stocks() == {"TEE": 50, "MUG": 25}
            assert ("ecommerce:read" in run.out) is (status == 403), run
    assert "ecommerce:read" in SCOPES


@dataclass(frozen=True)
class _Line:
    """An order line that the shop should never send."""

    sku_id: str | None
    count: Any


@row("O4", "orders with odd lines", naive=False)
def odd_lines(bench: Bench) -> None:
    """Without a SKU id or a whole number, the sales are unknown: `uncertain`."""
    for line in (
        _Line("", 1),
        _Line(None, 1),
        _Line("own", 1.5),
        _Line("own", -2),
        _Line("own", "x"),
    ):
        with bench.fresh() as fresh, event_scene(fresh) as scene:
            scene.sell(1, at=ago(minutes=2))
            _make_odd(scene, line)
            _count(scene, ago(minutes=9))
            scene.settle(5)
            assert (_kinds(scene)["TEE"], scene.tee()) == ("uncertain", 49), line


def _make_odd(scene: EventScene, line: _Line) -> None:
    """Change the last order in the shop's data."""
    sku_id = scene.sku_id("TEE") if line.sku_id == "own" else line.sku_id
    rows = json.dumps([[sku_id, "TEE", line.count]])
    scene.shop.db.execute("UPDATE orders SET lines = ?", (rows,))


def _page(scene: EventScene, *, newest_first: bool) -> None:
    """Set the paging order of the shop."""
    scene.shop.behaviour = replace(scene.shop.behaviour, orders_newest_first=newest_first)


def _add_old(scene: EventScene, count: int) -> None:
    """Add old orders that changed no stock."""
    line = [Line("gone", "", 1)]
    orders = (NewOrder(ago(days=400) + timedelta(minutes=n), line) for n in range(count))
    scene.shop.orders.insert(orders)


def _reads(scene: EventScene) -> int:
    """Return how many requests a plan takes."""
    plan = json.loads(scene.run("plan", "--format", "json").out)
    return int(plan["requests"]["reads"])


@row("O5", "canaries in every personal field", naive=False)
def canaries(bench: Bench) -> None:
    """No file or output has personal data, whatever the answers are."""
    for fault in (None, Fault(Kind.BODY, path=ORDERS, body=f'{{"orders": ["{CANARY}"]}}')):
        with bench.fresh() as fresh, event_scene(fresh, faults=[fault] if fault else []) as scene:
            scene.sell(2, at=ago(minutes=2))
            _count(scene, ago(minutes=9))
            scene.plan(65 if fault else 0)
            scene.run("apply", "p.json", "-v", "--report", "r.json", "--events", "e.jsonl")
            scene.run("drift", "--explain", "--format", "json")
            scene.run("history", "TEE", "--live", "--format", "json")
            texts = [run.out + run.err for run in scene.said]
            root = fresh.folder
            files = [p for p in root.rglob("*") if p.is_file() and p.suffix != ".sqlite"]
            found = [p for p in files if CANARY.encode() in p.read_bytes()]
            assert not found and not any(CANARY in text for text in texts), found


@row("O6", "a hundred thousand orders", naive=False)
def many_orders(bench: Bench) -> None:
    """Few pages are read: 6 newest first, 25 oldest first."""
    for newest_first, most in ((True, 6), (False, 25)):
        with bench.fresh() as fresh, event_scene(fresh, window="60") as scene:
            _page(scene, newest_first=newest_first)
            _add_old(scene, 99_800)
            sales = [NewOrder(ago(minutes=2), [Line("gone", "", 1)]) for _ in range(180)]
            scene.shop.orders.insert(sales)
            for _ in range(20):
                scene.sell(1, at=ago(minutes=2))
            _count(scene, ago(minutes=9))
            reads = _reads(scene)
            scene.event("count", ago(minutes=9), MUG="+1")
            few = _reads(scene)
            assert reads - few <= most, (reads, few)


@row("O7", "count, adjustment, and sales around plan and apply, in any order", naive=False)
def interleaved(bench: Bench) -> None:
    """The count, less later sales, plus later deliveries."""
    with event_scene(bench) as scene:
        counted, came_in = ago(minutes=9), ago(minutes=bench.chance.choice([5, 12]))
        sold = 0
        for minutes in bench.chance.sample([2, 4, 7, 10, 14], 3):
            units = bench.chance.randint(1, 4)
            scene.sell(units, at=ago(minutes=minutes))
            sold += units if minutes < 9 else 0
        scene.event("po", came_in, TEE="+20")
        _count(scene, counted)
        scene.plan()
        late = bench.chance.randint(0, 3)
        if late:
            scene.sell(late)
        scene.apply(0)
        scene.sell(1)
        scene.idle()
        assert scene.tee() == 44 - sold - late - 1 + (20 if came_in > counted else 0)


@row("O8", "offsets, daylight saving, a machine's clock that is wrong by an hour", naive=False)
def clocks(bench: Bench) -> None:
    """A time is the same in any notation."""
    at = ago(minutes=9).replace(microsecond=0)
    zone = timezone(timedelta(hours=bench.chance.randint(-11, 13), minutes=30))
    with event_scene(bench) as scene:
        scene.sell(3, at=at - timedelta(seconds=30))
        scene.sell(4, at=at + timedelta(seconds=30))
        _count(scene, at.astimezone(zone))
        scene.settle()
        assert scene.tee() == 40
        scene.event("again", at.astimezone(UTC), TEE=44)
        scene.idle()
