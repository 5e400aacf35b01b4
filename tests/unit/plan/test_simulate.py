"""A live state as if the shop had what was declared last."""

from factories import NOW, base_of, declared, desired

from reconciler.model import finite
from reconciler.plan.simulate import simulate_live


def test_live_state_is_what_the_base_declared() -> None:
    """By SKU, whatever is declared now."""
    live, new = simulate_live(desired(declared("A", 9)), base_of(declared("A", 5)), NOW)

    assert (list(live.stocks.values()), live.now) == ([finite(5)], NOW)
    assert new == set()


def test_new_sku_has_no_stock() -> None:
    """Only the shop knows it."""
    live, new = simulate_live(
        desired(declared("A", 9), declared("B", 1)), base_of(declared("A", 9)), NOW
    )

    assert (len(live.stocks), new) == (1, {"B"})


def test_pinned_sku_keeps_its_id() -> None:
    """A plan made offline names the target where the file names it, and no address else."""
    pinned = declared("A", 5, id="5e8518516e147040726cc415")
    base = base_of(pinned, declared("B", 1))
    live, _ = simulate_live(desired(pinned, declared("B", 1)), base, NOW)

    assert [sku.sku_id for sku in live.listing.skus] == ["5e8518516e147040726cc415", "offline-1"]
