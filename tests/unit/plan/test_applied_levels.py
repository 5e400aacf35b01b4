"""Compute the state that is recorded after a complete apply of levels."""

from collections.abc import Mapping
from typing import Any

import pytest
from factories import base_of, declared, desired, live, plan_of, stock
from msgspec.structs import replace

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    LiveSku,
    LiveState,
    Observation,
    Outcome,
    Plan,
    Report,
    Result,
    Rule,
    Seen,
    SettledSku,
)
from reconciler.plan.applied import AppliedState, state_after

AT, LAST = "2026-11-28T10:00:00Z", "2026-11-20T10:00:00Z"


def _entry(sku: str, value: Any, **fields: Any) -> Declared:
    return declared(sku, value, rule=Rule.ON_CHANGE, **fields)


def _base(*entries: Declared, released: tuple[Declared, ...] = ()) -> Base:
    """Return a record in which each SKU had its declared stock, with `id-CODE` as its id."""
    shop = {
        one.sku: SettledSku(one.sku, f"id-{one.code}", None, LAST) for one in (*entries, *released)
    }
    base = base_of(*entries)
    return replace(base, shop=shop, released={one.sku: one for one in released})


def _apply(
    state: DesiredState, base: Base | None, stocks: Mapping[str, Any] | LiveState
) -> tuple[Plan, AppliedState]:
    """Return a plan for a shop with these *stocks*, and the state after applying it."""
    current = stocks if isinstance(stocks, LiveState) else live(stocks)
    plan = plan_of(state, current, base)
    outcomes = [Outcome(a.sku, Result.APPLIED, a.before, a.after) for a in plan.actions]
    return plan, state_after(state, base, plan, Report("demo", tuple(outcomes)), AT)


def _next(base: Base | None, state: AppliedState) -> Base:
    """Return the record of *state* as the base of the next plan."""
    return replace(
        base or base_of(),
        declared=state.declared,
        released=state.released,
        shop=state.shop,
        consumed=frozenset(state.consumed),
    )


def _levels(declared: Mapping[str, Declared]) -> dict[str, Any]:
    return {sku: entry.stock.quantity for sku, entry in declared.items()}


def _renamed(code: str, quantity: int) -> LiveState:
    """Return a shop whose SKU `id-A` now has another *code*."""
    current = live({"A": quantity})
    sku = LiveSku("id-A", code, "Product", archived=False)
    return replace(current, listing=replace(current.listing, skus=(sku,)))


def test_state_after_level_that_is_already_right_is_settled() -> None:
    """It is recorded with the shop's id."""
    plan, state = _apply(desired(_entry("A", 40)), _base(_entry("A", 50)), {"A": 40})

    assert (plan.actions, _levels(state.declared)) == ((), {"A": 40})
    level_at = live({}).now
    assert state.shop == {"A": SettledSku("A", "id-A", None, AT, level_at=level_at)}


@pytest.mark.parametrize(("typed", "shop"), [(60, 65), (45, 42)])
def test_state_after_overtaken_level_is_settled(typed: int, shop: int) -> None:
    """The live stock is recorded, and nothing is written later either."""
    state = desired(_entry("A", typed))
    base = _base(_entry("A", 50))
    plan, after = _apply(state, base, {"A": shop})
    later, _ = _apply(state, _next(base, after), {"A": 50})

    assert (plan.actions, later.actions) == ((), ())
    assert _levels(after.declared) == {"A": typed}
    assert after.shop == {"A": SettledSku("A", "id-A", stock(shop), AT)}


def test_state_after_sale_keeps_when_the_level_was_settled() -> None:
    """A sale settles nothing. The earlier stock is kept, so no sale is forgotten."""
    base = _base(_entry("A", 50))
    plan, state = _apply(desired(_entry("A", 50)), base, {"A": 43})

    assert (plan.actions, state.shop) == ((), dict(base.shop))


def test_state_after_copy_keeps_when_it_was_seen() -> None:
    """A pulled number is settled as of the time of the pull, regardless of later sales."""
    seen = Observation("5" * 40, "s.yaml", "2026-11-25T09:00:00Z", {"A": Seen(stock(43), "id-A")})
    desired_now = replace(desired(_entry("A", 43)), observations=(seen,))
    plan, state = _apply(desired_now, _base(_entry("A", 50)), {"A": 38})

    assert (plan.actions, _levels(state.declared)) == ((), {"A": 43})
    assert state.shop == {"A": SettledSku("A", "id-A", None, seen.seen_at)}
    assert state.consumed == (seen.id,)


def test_state_after_consumed_observations_accumulate() -> None:
    """A consumed observation is never a reference again, even if its file is deleted."""
    seen = Observation("5" * 40, "s.yaml", LAST, {})
    base = replace(_base(), consumed=frozenset({"1" * 40, "9" * 40}))
    _, state = _apply(replace(desired(), observations=(seen,)), base, {})

    assert state.consumed == ("1" * 40, "5" * 40, "9" * 40)


def test_state_after_sku_that_no_file_declares_is_released() -> None:
    """Its level is kept separately, with the recorded stock, for any number of applies."""
    base = _base(_entry("A", 50), _entry("B", 1), released=(_entry("OLD", 7),))
    _, state = _apply(desired(_entry("B", 1)), base, {"A": 43, "B": 1})
    _, again = _apply(desired(_entry("B", 1)), _next(base, state), {"A": 40, "B": 1})

    assert (_levels(state.declared), _levels(state.released)) == ({"B": 1}, {"A": 50, "OLD": 7})
    assert state.shop == dict(base.shop)
    assert again == state


def test_state_after_released_sku_is_brought_back_with_its_level() -> None:
    """Deleted, applied, and reverted: nothing is written, and sales since are known."""
    state = desired(_entry("A", 50))
    base = _base(released=(_entry("A", 50),))
    plan, after = _apply(state, base, {"A": 43})

    assert (plan.actions, _levels(after.declared), after.released) == ((), {"A": 50}, {})
    assert after.shop == {"A": SettledSku("A", "id-A", None, LAST)}


def test_state_after_observation_of_undeclared_key_is_released() -> None:
    """An observation from before its file was merged is known once the file is there."""
    seen = Observation("5" * 40, "s.yaml", LAST, {"A": Seen(stock(43), "id-A")})
    _, state = _apply(replace(desired(), observations=(seen,)), None, {"A": 43})
    plan, _ = _apply(desired(_entry("A", 43)), _next(None, state), {"A": 38})

    assert (_levels(state.released), state.shop["A"].at) == ({"A": 43}, LAST)
    assert plan.actions == ()


def test_state_after_renamed_key_is_found_by_the_shops_id() -> None:
    """A code changed in the shop and in YAML is the same SKU, and not released."""
    base = _base(_entry("A", 50))
    plan, state = _apply(desired(_entry("Z", 50)), base, _renamed("Z", 43))

    assert (plan.actions, _levels(state.declared), state.released) == ((), {"Z": 50}, {})
    assert state.shop == {"Z": SettledSku("Z", "id-A", None, LAST)}


def test_state_after_replaced_sku_keeps_the_other_one() -> None:
    """A code that now belongs to another SKU settles nothing for it."""
    base = _base(_entry("A", 50))
    current = live({"A": 5})
    other = LiveSku("id-OTHER", "A", "Product", archived=False)
    current = replace(
        current,
        listing=replace(current.listing, skus=(other,)),
        stocks={"id-OTHER": stock(5)},
    )
    plan, state = _apply(desired(_entry("A", 60)), base, current)

    assert (plan.actions, len(plan.errors)) == ((), 1)
    assert (_levels(state.declared), state.shop) == ({"A": 50}, dict(base.shop))


def test_state_after_frozen_sku_is_written_once_it_is_free() -> None:
    """A level typed while the SKU is frozen is written later."""
    frozen = desired(_entry("A", 70), frozen=("A",))
    base = _base(_entry("A", 50))
    plan, state = _apply(frozen, base, {"A": 43})
    later, _ = _apply(desired(_entry("A", 70)), _next(base, state), {"A": 43})

    assert (plan.actions, _levels(state.declared)) == ((), {"A": 50})
    assert [(one.after, one.put_back) for one in later.actions] == [(stock(70), 7)]


def test_state_after_unreadable_stock_has_no_number() -> None:
    """A missing quantity is not recorded."""
    _, state = _apply(
        desired(declared("A", 50, rule=Rule.AT_LEAST)), _base(_entry("B", 1)), {"A": None}
    )

    assert state.shop["A"] == SettledSku("A", "id-A", None, AT)
