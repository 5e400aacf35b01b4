"""Check that a saved plan still follows from the files by the rules."""

from collections.abc import Callable
from contextlib import nullcontext
from itertools import product
from typing import Any

import pytest
from factories import COLLECTION, MADE, action, base_of, declared, desired, live, plan_of
from msgspec.structs import replace

from reconciler.errors import ReconcilerError, StalePlanError
from reconciler.exit_codes import ExitCode
from reconciler.model import (
    NO_KNOWLEDGE,
    Action,
    Base,
    Bound,
    Cause,
    DesiredState,
    Limit,
    Listing,
    LiveSku,
    Plan,
    Reference,
    Rule,
    SettledSku,
    Statement,
    Target,
    finite,
)
from reconciler.plan.verify import check_saved, check_store, check_targets, recheck_limits

DIGEST = MADE.desired_digest
STATE = desired(declared("A", 9), declared("B", 1))
PLAN = plan_of(STATE, live({"A": 3, "B": 4}))  # lowers B, then raises A
ON_CHANGE = desired(declared("A", 50, rule=Rule.ON_CHANGE))
BASE_50, BASE_40 = base_of(declared("A", 50)), base_of(declared("A", 40))


def _is_stale(plan: Plan, state: DesiredState = STATE, base: Base | None = None) -> bool:
    try:
        check_saved(plan, state, DIGEST, base)
    except StalePlanError:
        return True
    return False


def _with(plan: Plan, **fields: Any) -> Plan:
    """Return *plan* with *fields* of its last action replaced."""
    *others, last = plan.actions
    return replace(plan, actions=(*others, replace(last, **fields)))


def test_check_saved_accepts_the_plan_of_the_same_state() -> None:
    """An unchanged plan may be applied, with and without a base."""
    changed = plan_of(ON_CHANGE, live({"A": 33}), BASE_40)

    assert [action.sku for action in PLAN.actions] == ["B", "A"]
    assert [action.cause for action in changed.actions] == [Cause.BOTH]
    assert not _is_stale(PLAN)
    assert not _is_stale(changed, ON_CHANGE, BASE_40)


@pytest.mark.parametrize("other", [replace(PLAN, store="other"), replace(PLAN, site_id="other")])
def test_check_store_with_another_store_or_site_is_stale(other: Plan) -> None:
    """The error names the other store."""
    with pytest.raises(ReconcilerError, match="other") as caught:
        check_store(other, STATE.settings)
    assert caught.value.exit_code is ExitCode.MOVED
    assert _is_stale(other)


@pytest.mark.parametrize(
    ("provenance", "base"),
    [
        (replace(MADE, desired_digest=f"sha256:{1:064}"), None),
        (replace(MADE, offline=True), None),
        (replace(MADE, base="b" * 40), None),
        (MADE, BASE_50),
        (replace(MADE, base="a" * 40), BASE_50),
    ],
    ids=["other YAML", "offline", "base gone", "base new", "other base"],
)
def test_check_saved_with_other_provenance_is_stale(provenance: Any, base: Base | None) -> None:
    """The YAML and the base must be those of the plan, and the shop must have been read."""
    assert _is_stale(replace(PLAN, provenance=provenance), base=base)


@pytest.mark.parametrize(
    "fields",
    [
        {"after": finite(900)},
        {"sku": "NOT-DECLARED"},
        {"rule": Rule.AT_LEAST},
        {"rule": Rule.ON_CHANGE},
        {"cause": Cause.DECLARED},
        {"reference": Reference(Statement.TYPED, finite(3), finite(3))},
        {"put_back": 1},
    ],
    ids=str,
)
def test_check_saved_with_forged_action_is_stale(fields: dict[str, Any]) -> None:
    """An action must match its declaration, even with a right fingerprint."""
    with pytest.raises(StalePlanError, match=fields.get("sku", "A")):
        check_saved(_with(PLAN, **fields), STATE, DIGEST, None)


@pytest.mark.parametrize(
    "forge",
    [
        lambda b, a: (a, b),
        lambda b, a: (b, b, a),
        lambda b, a: (b, a, replace(a, target=Target(COLLECTION, "id-Z"))),
        lambda b, a: (b, replace(a, target=b.target)),
    ],
    ids=["raise first", "same action twice", "one SKU, two targets", "two SKUs, one target"],
)
def test_check_saved_with_forged_list_is_stale(
    forge: Callable[[Action, Action], tuple[Action, ...]],
) -> None:
    """Lowering comes first, and no SKU or target is written twice."""
    assert _is_stale(replace(PLAN, actions=forge(*PLAN.actions)))


@pytest.mark.parametrize(
    ("unread", "stale"), [(("A",), True), (("NOT-DECLARED",), True), (("C",), False)]
)
def test_check_saved_unread_sku_is_declared_and_has_no_action(
    unread: tuple[str, ...], stale: bool
) -> None:
    """An unread SKU can't be written, and must be declared."""
    state = desired(*STATE.declared.values(), declared("C", 2))

    assert _is_stale(replace(PLAN, unread=unread), state) is stale


@pytest.mark.parametrize(
    ("state", "stale"),
    [
        (desired(*STATE.declared.values(), frozen=("A",)), True),
        (desired(*STATE.declared.values(), frozen=("?",)), True),
        (desired(*STATE.declared.values(), frozen=("C*",)), False),
        (desired(declared("A", 9, id="id-A"), declared("B", 1)), False),
        (desired(declared("A", 9, id="id-Z"), declared("B", 1)), True),
        (replace(STATE, settings=replace(STATE.settings, sku_collection_id=COLLECTION)), False),
        (replace(STATE, settings=replace(STATE.settings, sku_collection_id="5" * 24)), True),
    ],
    ids=["frozen", "glob", "other glob", "id", "other id", "collection", "other collection"],
)
def test_check_saved_target_is_one_that_the_yaml_allows(state: DesiredState, stale: bool) -> None:
    """Frozen SKUs, pinned ids, and the collection of store.yaml apply to each action."""
    assert _is_stale(PLAN, state) is stale


def test_check_saved_on_change_without_base_is_stale() -> None:
    """Without a base, changes of the declaration are unknown, so nothing is written."""
    exact = desired(declared("A", 50))
    forged = _with(plan_of(exact, live({"A": 43})), rule=Rule.ON_CHANGE)

    assert _is_stale(forged, ON_CHANGE)


@pytest.mark.parametrize("before", [43, 49, 60])
def test_check_saved_that_re_adds_sold_units_is_stale(before: int) -> None:
    """An unchanged declaration writes nothing, even if the rest is forged."""
    honest = plan_of(ON_CHANGE, live({"A": 33}), BASE_40)

    for statement, cause in product(Statement, Cause):
        for level in (finite(50), finite(40), None):
            known = Reference(statement, level, level, settled=level)
            forged = _with(honest, before=finite(before), reference=known, cause=cause)
            assert _is_stale(forged, ON_CHANGE, BASE_50)


@pytest.mark.parametrize(
    ("settled", "stale"), [("C", False), ("A", True), ("D", True), ("NOT-DECLARED", True)]
)
def test_check_saved_settled_sku_is_declared_and_neither_written_nor_unread(
    settled: str, stale: bool
) -> None:
    """A level settled without a write must be declared and read."""
    state = desired(*STATE.declared.values(), declared("C", 2), declared("D", 2))
    plan = replace(PLAN, settled=(SettledSku(settled, "id"),), unread=("D",))

    assert _is_stale(plan, state) is stale


def test_check_saved_with_replaced_sku_is_stale() -> None:
    """Under on_change, a code must not write another SKU than before."""
    plan = plan_of(ON_CHANGE, live({"A": 33}), BASE_40)
    as_new = _with(plan, reference=NO_KNOWLEDGE, cause=Cause.DECLARED, put_back=0)
    same, other = (
        replace(BASE_40, shop={"A": SettledSku("A", sku_id, None, BASE_40.date)})
        for sku_id in ("id-A", "id-OTHER")
    )

    assert not _is_stale(plan, ON_CHANGE, same)
    assert _is_stale(plan, ON_CHANGE, other)
    assert _is_stale(as_new, ON_CHANGE, other)


@pytest.mark.parametrize(("code", "stale"), [("A", False), ("B", True)])
def test_check_targets_compares_codes_of_settled_skus(code: str, stale: bool) -> None:
    """A level settled without a write must be of the declared SKU, too."""
    plan = replace(PLAN, actions=(), settled=(SettledSku("A", "id-A"),))
    listed = Listing(COLLECTION, (LiveSku("id-A", code, code, archived=False),))

    with pytest.raises(StalePlanError, match="id-A") if stale else nullcontext():
        check_targets(plan, STATE, listed)


@pytest.mark.parametrize(
    ("listed", "stale"),
    [("id-A=A id-B=B id-P=CODE", False), ("id-A=A", False)]
    + [(listed, True) for listed in ("id-A=B id-B=A", "id-A= id-B=B", "id-P=PIN")],
)
def test_check_targets_compares_codes_of_the_listing(listed: str, stale: bool) -> None:
    """An id with another code is another SKU. One that is not listed fails later anyway."""
    pairs = [pair.split("=") for pair in listed.split()]
    skus = tuple(LiveSku(sku_id, code, code, archived=False) for sku_id, code in pairs)
    state = desired(*STATE.declared.values(), declared("PIN", 5, id="id-P", code="CODE"))
    plan = replace(PLAN, actions=(*PLAN.actions, action("PIN")))
    plan = _with(plan, target=Target(COLLECTION, "id-P"))

    with pytest.raises(StalePlanError, match="id-") if stale else nullcontext():
        check_targets(plan, state, Listing(COLLECTION, skus))


@pytest.mark.parametrize(
    ("limit", "allowed", "found"),
    [(Limit.CHANGES, 1, 2), (Limit.UNITS_RAISED, 5, 6), (Limit.UNITS_LOWERED, 2, 3)],
)
def test_recheck_limits_counts_the_actions_again(limit: Limit, allowed: int, found: int) -> None:
    """The plan's own sums and missing violations are not trusted."""
    forged = replace(PLAN.summary, declared=10**6, units_raised=0, units_lowered=0, zeroed=0)
    state = desired(*STATE.declared.values(), limits={limit: Bound(allowed, is_share=False)})
    again = recheck_limits(replace(PLAN, summary=forged), state)

    assert [(one.limit, one.allowed, one.found) for one in again.violations] == [
        (limit, allowed, found)
    ]
    assert (again.summary, again.actions) == (PLAN.summary, PLAN.actions)
