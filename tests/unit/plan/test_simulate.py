"""Simulate a live state that is as the base declares it."""

from factories import NOW, base_of, declared, desired

from reconciler.model import finite
from reconciler.plan.simulate import simulate_live


def test_simulate_live_has_the_stock_of_the_base() -> None:
    """The stock is by SKU, regardless of what is declared now."""
    live, new = simulate_live(desired(declared("A", 9)), base_of(declared("A", 5)), NOW)

    assert (list(live.stocks.values()), live.now) == ([finite(5)], NOW)
    assert new == set()


def test_simulate_live_of_a_new_sku_has_no_stock() -> None:
    """Only the shop knows it."""
    live, new = simulate_live(
        desired(declared("A", 9), declared("B", 1)), base_of(declared("A", 9)), NOW
    )

    assert (len(live.stocks), new) == (1, {"B"})


def test_simulate_live_of_a_pinned_sku_has_its_id() -> None:
    """An offline plan has real addresses only where a file contains them."""
    pinned = declared("A", 5, id="5e8518516e147040726cc415")
    base = base_of(pinned, declared("B", 1))
    live, _ = simulate_live(desired(pinned, declared("B", 1)), base, NOW)

    assert [sku.sku_id for sku in live.listing.skus] == ["5e8518516e147040726cc415", "offline-1"]
