"""What the live stock says of writes that an apply began and did not report."""

from dataclasses import replace
from typing import Any

import pytest
from factories import base_of, declared, stock

from reconciler.model import (
    Base,
    Order,
    OrderBook,
    OrderLine,
    Pending,
    Recovered,
    SkuLedger,
)
from reconciler.plan.recovery import recover_pending, with_recovered

BEFORE, AFTER = 3, 5
READ_AT, LATER = "2026-11-20T10:00:00.000Z", "2026-11-20T10:05:00.000Z"
EARLIER = SkuLedger("id-A", ("A",), put_in=1)
MEANT = replace(EARLIER, put_in=3)
NOTHING_SOLD = OrderBook()


def _pending(sku: str) -> Pending:
    return Pending(f"id-{sku}", stock(BEFORE), stock(AFTER), declared(sku, AFTER))


def _correction() -> Pending:
    return Pending("id-A", stock(BEFORE), stock(AFTER), None, 2, MEANT, READ_AT)


def _sold(units: int) -> OrderBook:
    return OrderBook((Order("1", LATER, "", "unfulfilled", (OrderLine("id-A", units),)),))


def _base(*pending: Pending) -> Base:
    base = base_of(declared("A", BEFORE), declared("B", BEFORE))
    return replace(base, pending=pending, ledgers=(EARLIER,))


@pytest.mark.parametrize(
    ("live", "done", "unsure"),
    [(AFTER, ("A",), ()), (BEFORE, (), ()), (4, ("A",), ("A",)), ("infinite", ("A",), ("A",))],
)
def test_live_stock_tells_what_landed(
    live: Any, done: tuple[str, ...], unsure: tuple[str, ...]
) -> None:
    """As planned: written. As before: not. Anything else: not written again, and named."""
    found = recover_pending([_pending("A")], {"id-A": stock(live)}, None)

    assert found == Recovered(levels=done, unsure=unsure)


def test_sku_that_was_not_read_is_unsure() -> None:
    """Without a stock nothing tells, so it is not written again."""
    found = recover_pending([_pending("A")], {}, None)

    assert found == Recovered(levels=("A",), unsure=("A",))


@pytest.mark.parametrize(
    ("live", "orders", "found"),
    [
        (AFTER, NOTHING_SOLD, Recovered(booked=("id-A",))),
        (BEFORE, NOTHING_SOLD, Recovered()),
        # What was sold meanwhile is told by orders: 3 of 5 and 1 of 3 are left, or nobody knows.
        (AFTER - 2, _sold(2), Recovered(booked=("id-A",))),
        (BEFORE - 2, _sold(2), Recovered()),
        (4, NOTHING_SOLD, Recovered(in_doubt=("id-A",))),
        (AFTER, None, Recovered(in_doubt=("id-A",))),
        (AFTER, OrderBook(fault="refused"), Recovered(in_doubt=("id-A",))),
        ("infinite", NOTHING_SOLD, Recovered(in_doubt=("id-A",))),
        (None, NOTHING_SOLD, Recovered(in_doubt=("id-A",))),
    ],
)
def test_stock_and_orders_tell_whether_a_correction_landed(
    live: Any, orders: OrderBook | None, found: Recovered
) -> None:
    """Where they do not fit together, it stays in doubt, and is never added again."""
    assert recover_pending([_correction()], {"id-A": stock(live)}, orders) == found


def test_base_takes_over_what_was_recovered() -> None:
    """The other SKUs keep what the base says, and nothing is pending any more."""
    base = _base(_pending("A"), _pending("B"))
    recovered = with_recovered(base, Recovered(levels=("A",)))

    assert {sku: entry.stock for sku, entry in recovered.declared.items()} == {
        "A": stock(AFTER),
        "B": stock(BEFORE),
    }
    assert (recovered.pending, recovered.ledgers) == ((), (EARLIER,))


@pytest.mark.parametrize(
    ("recovered", "ledger"),
    [
        (Recovered(), EARLIER),
        (
            Recovered(booked=("id-A",)),
            MEANT,
        ),
        (Recovered(in_doubt=("id-A",)), replace(EARLIER, doubt_at=READ_AT)),
    ],
)
def test_base_takes_over_a_correction_that_landed(recovered: Recovered, ledger: SkuLedger) -> None:
    """One in doubt settles no event; it only says since when nobody knows."""
    found = with_recovered(_base(_correction()), recovered)

    assert found.ledgers == (ledger,)
    assert {sku: one.stock for sku, one in found.declared.items()} == dict.fromkeys(
        "AB", stock(BEFORE)
    )
