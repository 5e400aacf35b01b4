"""Resolve writes in doubt from live stock and orders."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import base_of, declared, stock
from msgspec.structs import replace

from reconciler.model import (
    Base,
    Declared,
    Order,
    OrderBook,
    OrderLine,
    Pending,
    Recovered,
    Rule,
    SkuLedger,
    format_time,
)
from reconciler.plan.recovery import recover_pending, with_recovered

BEFORE, AFTER = 3, 5
AT = "2026-11-20T10:00:00.000Z"
EARLIER = SkuLedger("id-A", ("A",), put_in=1)
MEANT = replace(EARLIER, put_in=3)
NOTHING_SOLD = OrderBook()
LANDED, SKIPPED, OPEN = (
    Recovered(**{name: ("id-A",)}) for name in ("landed", "skipped", "in_doubt")
)


def _at(seconds: float) -> str:
    return format_time(datetime.fromisoformat(AT) + timedelta(seconds=seconds))


def _level(sku: str = "A", before: Any = BEFORE, after: Any = AFTER) -> Pending:
    level = declared(sku, after, rule=Rule.ON_CHANGE)
    return Pending(sku, f"id-{sku}", stock(before), stock(after), AT, _at(60), level)


def _correction() -> Pending:
    return Pending("A", "id-A", stock(BEFORE), stock(AFTER), AT, _at(60), None, 2, MEANT)


def _sold(units: int, after: float = 300) -> OrderBook:
    lines = (OrderLine("id-A", units),)
    return OrderBook((Order("1", _at(after), "", "unfulfilled", lines),))


def _base(*pending: Pending) -> Base:
    base = base_of(declared("A", BEFORE), declared("B", BEFORE))
    return replace(base, pending=pending, ledgers=(EARLIER,))


def _tell(
    write: Pending, live: Any, orders: OrderBook | None, *, rule: Rule | None = None
) -> Recovered:
    entries: dict[str, Declared] = {"A": declared("A", 9, rule=rule)} if rule else {}
    return recover_pending([write], entries, {"id-A": stock(live)}, orders)


@pytest.mark.parametrize("write", [_level(), _correction()], ids=["level", "correction"])
@pytest.mark.parametrize(
    ("live", "orders", "found"),
    [
        (AFTER, NOTHING_SOLD, LANDED),
        (BEFORE, NOTHING_SOLD, SKIPPED),
        # What was sold meanwhile is told by orders: 3 of 5 and 1 of 3 are left, or nobody knows.
        (AFTER - 2, _sold(2), LANDED),
        (BEFORE - 2, _sold(2), SKIPPED),
        (4, NOTHING_SOLD, OPEN),
        (AFTER, None, OPEN),
        (AFTER, OrderBook(fault="refused"), OPEN),
        ("infinite", NOTHING_SOLD, OPEN),
        (None, NOTHING_SOLD, OPEN),
    ],
)
def test_recover_pending_from_stock_and_orders(
    write: Pending, live: Any, orders: OrderBook | None, found: Recovered
) -> None:
    """If they don't match, the write stays in doubt, and is never repeated."""
    assert _tell(write, live, orders) == found


@pytest.mark.parametrize(
    ("after", "found"), [(-3, LANDED), (-1, OPEN), (30, OPEN), (61, OPEN), (63, SKIPPED)]
)
def test_recover_pending_with_an_order_near_the_read_is_in_doubt(
    after: float, found: Recovered
) -> None:
    """It is unknown whether the stock that was read includes such an order."""
    live = AFTER if after < 0 else BEFORE - 2

    assert _tell(_level(), live, _sold(2, after)) == found


@pytest.mark.parametrize(
    ("before", "after", "live", "found"),
    [
        (BEFORE, "infinite", "infinite", LANDED),
        (BEFORE, "infinite", BEFORE - 1, SKIPPED),
        ("infinite", AFTER, "infinite", SKIPPED),
        ("infinite", AFTER, AFTER - 1, LANDED),
    ],
)
def test_recover_pending_of_an_inventory_type_needs_no_orders(
    before: Any, after: Any, live: Any, found: Recovered
) -> None:
    """Sales never change the type."""
    assert _tell(_level("A", before, after), live, None) == found


@pytest.mark.parametrize("rule", [one for one in Rule if one is not Rule.ON_CHANGE])
def test_recover_pending_under_another_rule_is_skipped(rule: Rule) -> None:
    """The next read decides."""
    assert _tell(_level(), 4, None, rule=rule) == SKIPPED


def test_recover_pending_without_a_stock_is_in_doubt() -> None:
    """The stock is needed."""
    assert recover_pending([_level()], {}, {}, NOTHING_SOLD) == OPEN


def test_recover_pending_uses_the_last_write() -> None:
    """If it landed, earlier ones don't matter. If not, they are still in doubt."""
    first, last = _level(), _correction()._replace(read_at=_at(900), read_until=_at(900))
    base = _base(first, last)
    found = recover_pending(base.pending, {}, {"id-A": stock(BEFORE)}, NOTHING_SOLD)

    assert found == SKIPPED
    assert with_recovered(base, found).pending == (first,)
    assert with_recovered(base, LANDED).pending == ()


def test_with_recovered_adds_landed_levels() -> None:
    """Other SKUs keep their base, and writes in doubt stay pending."""
    base = _base(_level("A"), _level("B"))
    recovered = with_recovered(base, LANDED)

    assert {sku: entry.stock for sku, entry in recovered.declared.items()} == {
        "A": stock(AFTER),
        "B": stock(BEFORE),
    }
    assert recovered.shop["A"].sku_id == "id-A"
    assert (recovered.pending, recovered.ledgers) == (base.pending[1:], (EARLIER,))


@pytest.mark.parametrize(
    ("recovered", "ledger", "is_open"),
    [(SKIPPED, EARLIER, False), (LANDED, MEANT, False), (OPEN, EARLIER, True)],
)
def test_with_recovered_adds_landed_corrections(
    recovered: Recovered, ledger: SkuLedger, is_open: bool
) -> None:
    """A correction in doubt settles no event."""
    found = with_recovered(_base(_correction()), recovered)

    assert (found.ledgers, bool(found.pending)) == ((ledger,), is_open)
    assert {sku: one.stock for sku, one in found.declared.items()} == dict.fromkeys(
        "AB", stock(BEFORE)
    )
