"""A live state as if the shop had what was declared last."""

from factories import base_of, declared, desired

from reconciler.model import Rule, finite
from reconciler.plan.simulate import simulate_live


def test_live_state_is_what_the_base_declared() -> None:
    """By SKU, whatever is declared now."""
    live, new = simulate_live(desired(declared("A", 9)), base_of(declared("A", 5)))

    assert list(live.stocks.values()) == [finite(5)]
    assert new == set()


def test_new_sku_has_no_stock() -> None:
    """Only the shop knows it."""
    live, new = simulate_live(
        desired(declared("A", 9), declared("B", 1)), base_of(declared("A", 9))
    )

    assert (len(live.stocks), new) == (1, {"B"})


def test_recount_of_the_same_number_is_not_told() -> None:
    """What sold since would be put back, and only the shop knows how many."""
    counted = declared("A", 5, rule=Rule.ON_CHANGE, as_of="2026-11-20")
    before = declared("A", 5, rule=Rule.ON_CHANGE)

    assert simulate_live(desired(counted), base_of(before))[1] == {"A"}


def test_pinned_sku_keeps_its_id() -> None:
    """A plan made offline names the target where the file names it, and no address else."""
    pinned = declared("A", 5, id="5e8518516e147040726cc415")
    live, _ = simulate_live(desired(pinned, declared("B", 1)), base_of(pinned, declared("B", 1)))

    assert [sku.sku_id for sku in live.listing.skus] == ["5e8518516e147040726cc415", "offline-1"]
