"""Laws that hold for every plan. SKUs come from six letters, so that desired and live overlap."""

import unicodedata
from collections.abc import Callable
from typing import Any

import factories
from factories import COLLECTION, NO_LIMITS, base_of, declared, desired, plan_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model import (
    INFINITE,
    Action,
    Base,
    Bound,
    DesiredState,
    Limit,
    Listing,
    LiveSku,
    LiveState,
    Plan,
    Rule,
    Stock,
    finite,
)
from reconciler.plan.limits import check_limits
from reconciler.plan.plan_file import dump_plan, fingerprint, load_plan
from reconciler.render.terminal import render_plan

CODES = st.sampled_from("ABCDEF")
RULES = st.sampled_from([*Rule, Rule.ON_CHANGE, Rule.ON_CHANGE])
DECLARED = st.one_of(st.integers(0, 9).map(finite), st.just(INFINITE))
LIVE = st.one_of(
    st.integers(-3, 9).map(finite), st.just(INFINITE), st.just(finite(None)), st.just(finite(2.5))
)


@st.composite
def desired_states(draw: st.DrawFn) -> DesiredState:
    """Return a desired state of a few SKUs, now and then one that is pinned, some frozen."""
    entries = [
        declared(code, draw(DECLARED), rule=draw(RULES), id=draw(PINS))
        for code in draw(st.lists(CODES, min_size=3, max_size=6, unique=True))
    ]
    frozen = ("A*",) if draw(st.booleans()) else ()
    return desired(*entries, limits=NO_LIMITS, frozen=frozen)


PINS = st.sampled_from([None] * 9 + ["id-0", "id-1"])


@st.composite
def live_states(draw: st.DrawFn) -> LiveState:
    """Return a live state of most codes, now and then one that is shared or missing."""
    codes = draw(st.permutations("ABCDEF")) + draw(st.lists(st.sampled_from("AB "), max_size=2))
    skus = tuple(
        LiveSku(f"id-{n}", code.strip(), draw(st.text(max_size=3)), archived=draw(st.booleans()))
        for n, code in enumerate(codes[draw(st.integers(0, 2)) :])
    )
    return LiveState(Listing(COLLECTION, skus), {sku.sku_id: draw(LIVE) for sku in skus}, 9, 60)


@st.composite
def bases(draw: st.DrawFn) -> Base:
    """Return what was declared before: often the same codes, often the same stock."""
    return base_of(
        *(
            declared(code, draw(DECLARED), id=draw(PINS))
            for code in draw(st.lists(CODES, max_size=6, unique=True))
        )
    )


def _plan(state: DesiredState, current: LiveState, base: Base) -> Plan:
    return plan_of(state, current, base)


def _apply(plan: Plan, current: LiveState) -> LiveState:
    written = {action.target.sku_id: action.after for action in plan.actions}
    return replace(current, stocks={**current.stocks, **written})


@given(desired_states(), live_states(), bases())
def test_applying_and_planning_again_yields_no_action(
    state: DesiredState, current: LiveState, base: Base
) -> None:
    """Law 1."""
    assert _plan(state, _apply(_plan(state, current, base), current), base).actions == ()


@given(desired_states(), live_states(), bases())
def test_a_plan_touches_only_what_it_may(
    state: DesiredState, current: LiveState, base: Base
) -> None:
    """Law 2: SKUs that are declared, live, told apart and not frozen; each live one once."""
    plan = _plan(state, current, base)
    codes = [sku.code for sku in current.listing.skus]
    ids = {sku.sku_id: sku.code for sku in current.listing.skus}
    targets = [action.target.sku_id for action in plan.actions]

    assert len(set(targets)) == len(targets)
    for action in plan.actions:
        entry = state.declared[action.sku]
        assert ids[action.target.sku_id] == entry.code
        assert entry.id == action.target.sku_id or (
            entry.id is None and codes.count(entry.code) == 1
        )
        assert not (state.settings.frozen and action.sku == "A")


@given(desired_states(), live_states(), bases(), st.randoms(use_true_random=False))
def test_the_order_of_files_and_of_live_skus_does_not_matter(
    state: DesiredState, current: LiveState, base: Base, random: Any
) -> None:
    """Law 3."""
    entries, skus = list(state.declared.items()), list(current.listing.skus)
    random.shuffle(entries)
    random.shuffle(skus)
    shuffled = replace(current, listing=Listing(COLLECTION, tuple(skus)))
    first, second = (
        _plan(state, current, base),
        _plan(replace(state, declared=dict(entries)), shuffled, base),
    )

    assert first.actions == second.actions
    assert first.summary == second.summary
    assert {(f.kind, f.sku) for f in first.findings} == {(f.kind, f.sku) for f in second.findings}


@given(desired_states(), live_states(), bases())
def test_bounds_bind_one_way(state: DesiredState, current: LiveState, base: Base) -> None:
    """Law 4: at_least never lowers, at_most never raises, observe never writes; on_change."""

    def size(stock: Stock) -> float:
        return float("inf") if stock == INFINITE else float(stock.quantity or 0)

    for action in _plan(state, current, base).actions:
        assert action.rule is not Rule.OBSERVE
        if action.rule is Rule.AT_LEAST:
            assert size(action.after) > size(action.before)
        if action.rule is Rule.AT_MOST:
            assert size(action.after) < size(action.before)
        if action.rule is Rule.ON_CHANGE:
            _follows_its_change(action, state, size)


def _follows_its_change(
    action: Action, state: DesiredState, size: Callable[[Stock], float]
) -> None:
    """Expect that the declaration changed, and that the write goes where it went."""
    entry = state.declared[action.sku]
    known = action.reference
    if known is None or known.level is None:  # new
        return
    assert entry.stock != known.level
    if action.before.readable:
        is_raised = size(entry.stock) > size(known.level)
        assert (size(action.after) > size(action.before)) == is_raised


@given(desired_states(), live_states(), bases(), st.sampled_from(list(Limit)), st.booleans())
def test_a_tighter_limit_never_has_fewer_violations(
    state: DesiredState, current: LiveState, base: Base, limit: Limit, is_share: bool
) -> None:
    """Law 5, for every bound from nothing to all."""
    plan = _plan(state, current, base)
    summary = replace(plan.summary, declared=20)
    bounds = range(0, 101, 5) if is_share else range(10)
    found = [
        len(check_limits(plan.actions, summary, {limit: Bound(number, is_share=is_share)}))
        for number in bounds
    ]

    assert found == sorted(found, reverse=True)


@given(desired_states(), live_states(), bases())
def test_a_saved_plan_loads_to_an_equal_plan(
    state: DesiredState, current: LiveState, base: Base
) -> None:
    """Law 6, first half."""
    plan = _plan(state, current, base)

    assert load_plan("plan.json", dump_plan(plan).encode("utf-8", "surrogatepass")) == plan


@given(desired_states(), live_states(), bases(), st.data())
def test_the_fingerprint_follows_targets_before_and_after(
    state: DesiredState, current: LiveState, base: Base, data: st.DataObject
) -> None:
    """Law 6, second half: a change of any part changes it."""
    plan = _plan(state, current, base)
    if not plan.actions:
        return
    index = data.draw(st.integers(0, len(plan.actions) - 1))
    action = plan.actions[index]

    def with_action(**fields: Any) -> Plan:
        changed = replace(action, **fields)
        return replace(plan, actions=(*plan.actions[:index], changed, *plan.actions[index + 1 :]))

    other = data.draw(DECLARED.filter(lambda stock: stock not in {action.before, action.after}))
    assert fingerprint(with_action(name="other")) != fingerprint(plan)
    assert fingerprint(with_action(before=other)) != fingerprint(plan)
    assert fingerprint(with_action(after=other)) != fingerprint(plan)
    assert fingerprint(with_action(target=replace(action.target, sku_id="x"))) != fingerprint(plan)


@given(desired_states(), live_states(), bases())
def test_the_renderer_accepts_every_string(
    state: DesiredState, current: LiveState, base: Base
) -> None:
    """Law 10, for text: one line stays one line, and no control gets out."""
    for line in render_plan(_plan(state, current, base), verbose=True):
        text = "".join(span.text for span in line)
        assert {unicodedata.category(c) for c in text}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


@given(LIVE, LIVE)
def test_changes_are_empty_exactly_when_equal(before: Stock, after: Stock) -> None:
    """Law 11."""
    changes = factories.action("A", before, after).changes

    assert bool(changes) == (before != after)
    assert all(change.before != change.after for change in changes)
