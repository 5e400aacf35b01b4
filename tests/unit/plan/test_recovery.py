"""What the live stock says of writes that an apply began and did not report."""

from dataclasses import replace
from typing import Any

import pytest
from factories import base_of, declared, stock

from reconciler.model import Pending
from reconciler.plan.recovery import recover_pending, with_recovered

BEFORE, AFTER = 3, 5


def _pending(sku: str) -> Pending:
    return Pending(f"id-{sku}", stock(BEFORE), stock(AFTER), declared(sku, AFTER))


@pytest.mark.parametrize(
    ("live", "done", "unsure"),
    [(AFTER, ("A",), ()), (BEFORE, (), ()), (4, ("A",), ("A",)), ("infinite", ("A",), ("A",))],
)
def test_live_stock_tells_what_landed(
    live: Any, done: tuple[str, ...], unsure: tuple[str, ...]
) -> None:
    """As planned: written. As before: not. Anything else: not written again, and named."""
    assert recover_pending([_pending("A")], {"id-A": stock(live)}) == (done, unsure)


def test_sku_that_was_not_read_is_unsure() -> None:
    """Without a stock nothing tells, so it is not written again."""
    assert recover_pending([_pending("A")], {}) == (("A",), ("A",))


def test_base_takes_over_what_was_recovered() -> None:
    """The other SKUs keep what the base says, and nothing is pending any more."""
    base = base_of(declared("A", BEFORE), declared("B", BEFORE))
    base = replace(base, pending=(_pending("A"), _pending("B")))
    recovered = with_recovered(base, ["A"])

    assert {sku: entry.stock for sku, entry in recovered.declared.items()} == {
        "A": stock(AFTER),
        "B": stock(BEFORE),
    }
    assert recovered.pending == ()
