"""Compute the state that is recorded after an apply, by the result of each action."""

from typing import Any

import pytest
from factories import action, base_of, declared, desired, live, plan_of, stock
from msgspec.structs import replace

from reconciler.model import (
    Action,
    Base,
    Declared,
    DesiredState,
    Finding,
    FindingKind,
    Observation,
    Outcome,
    Plan,
    Report,
    Result,
    Rule,
    Seen,
    SettledSku,
    Source,
)
from reconciler.plan.applied import AppliedState, state_after

BEFORE, NOW, LIVE = 50, 70, 43
AT, LAST = "2026-11-28T10:00:00Z", "2026-11-20T10:00:00Z"
EMPTY = plan_of(desired(), live({}))
KNOWN = SettledSku("A", "id-A", stock(48), LAST)
BASE = replace(base_of(declared("A", BEFORE)), shop={"A": KNOWN})
STATE = desired(declared("A", NOW))


def _after(
    plan: Plan,
    *outcomes: Outcome,
    base: Base | None = BASE,
    state: DesiredState = STATE,
    seen: tuple[Observation, ...] = (),
) -> AppliedState:
    return state_after(replace(state, observations=seen), base, plan, Report("demo", outcomes), AT)


def _written(result: Result, found: Any = "none", **given: Any) -> AppliedState:
    """Return the state after one action for SKU A with this *result* and *found* stock."""
    written = action("A", LIVE, NOW)
    outcome = Outcome("A", result, written.before, written.after)
    if found != "none":
        outcome = replace(outcome, found=stock(found))
    return _after(_plan(written), outcome, **given)


def _plan(*actions: Action, **fields: Any) -> Plan:
    return replace(EMPTY, actions=actions, **fields)


def _seen(at: str, quantity: int = 45) -> Observation:
    return Observation(f"{at[8:10]:0<40}", "s.yaml", at, {"A": Seen(stock(quantity), "id-A")})


@pytest.mark.parametrize(
    ("result", "found", "holds"),
    [
        (Result.APPLIED, NOW, NOW),
        (Result.ALREADY, NOW, NOW),
        # Nobody knows, or another number was taken: to write again could put a sale back.
        (Result.UNKNOWN, "none", NOW),
        (Result.UNKNOWN, 60, NOW),
        (Result.FAILED, 60, NOW),
        (Result.FAILED, None, NOW),
        # Nothing was written.
        (Result.FAILED, "none", BEFORE),
        (Result.FAILED, LIVE, BEFORE),
        (Result.MOVED, 42, BEFORE),
        (Result.NOT_TRIED, "none", BEFORE),
        (Result.NOT_TRIED, LIVE, BEFORE),
    ],
)
def test_state_after_by_result_settles_new_or_keeps_old(
    result: Result, found: Any, holds: int
) -> None:
    """A write that never landed is not settled, and one that may have landed is."""
    state = _written(result, found)

    assert state.declared["A"].stock == stock(holds)
    assert (state.shop["A"] == KNOWN) is (holds == BEFORE)


@pytest.mark.parametrize(
    ("result", "found", "had"),
    [
        (Result.APPLIED, "none", None),
        (Result.APPLIED, NOW, None),
        (Result.APPLIED, 69, None),
        (Result.ALREADY, NOW, None),
        (Result.UNKNOWN, "none", None),
        (Result.UNKNOWN, 60, 60),
        (Result.FAILED, 60, 60),
    ],
)
def test_state_after_write_knows_what_the_shop_had(
    result: Result, found: Any, had: int | None
) -> None:
    """None means the declared stock. Another number that was read is kept."""
    known = None if had is None else stock(had)

    settled = SettledSku("A", "id-A", known, AT, level_at=AT)

    assert _written(result, found).shop == {"A": settled}


@pytest.mark.parametrize("result", [Result.FAILED, Result.MOVED, Result.NOT_TRIED])
@pytest.mark.parametrize("base", [None, base_of(), base_of(declared("B", 1))])
def test_state_after_new_sku_that_was_not_written_leaves_it_new(
    result: Result, base: Base | None
) -> None:
    """It is left out, so that the next plan takes it up."""
    state = _written(result, base=base)

    assert ("A" in state.declared, "A" in state.shop) == (False, False)


@pytest.mark.parametrize("result", [Result.FAILED, Result.MOVED, Result.NOT_TRIED])
@pytest.mark.parametrize(("day", "level"), [("2026-11-25", 45), ("2026-11-19", BEFORE)])
def test_state_after_not_written_keeps_a_later_observation(
    result: Result, day: str, level: int
) -> None:
    """The next plan compares with the observation, although it is consumed."""
    seen = _seen(f"{day}T09:00:00Z")
    state = _written(result, seen=(seen,))

    assert (state.declared["A"].stock, state.consumed) == (stock(level), (seen.id,))
    observed = SettledSku("A", "id-A", None, seen.seen_at)
    assert state.shop == {"A": observed if level == 45 else KNOWN}


def test_state_after_not_written_without_base_keeps_the_observation() -> None:
    """After an import and a failed first apply, the copied number is the reference."""
    state = _written(Result.MOVED, base=None, seen=(_seen(LAST), _seen(AT, 44)))

    assert (state.declared["A"].stock, state.shop["A"].at) == (stock(44), AT)


def test_state_after_written_settles_whatever_was_observed() -> None:
    """A write is later than every observation."""
    state = _written(Result.APPLIED, seen=(_seen(AT, 44),))

    assert (state.declared["A"].stock, state.shop["A"].had) == (stock(NOW), None)


def test_state_after_not_written_keeps_the_new_terms() -> None:
    """The stock is the earlier one. Rule, place, and id are as declared now."""
    state = desired(declared("A", NOW, rule=Rule.ON_CHANGE, line=9))
    kept = _written(Result.MOVED, state=state).declared["A"]

    assert (kept.rule, kept.line, kept.stock) == (Rule.ON_CHANGE, 9, stock(BEFORE))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (declared("A", BEFORE, id="id-A"), declared("A", NOW)),
        (declared("OLD", BEFORE, id="id-A", code="A"), declared("A", NOW)),
        (declared("A", BEFORE), declared("A", NOW, id="id-A")),
    ],
    ids=["id removed", "id and key removed", "id added"],
)
def test_state_after_not_written_finds_the_same_sku_in_the_base(
    before: Declared, now: Declared
) -> None:
    """The target's id selects the entry of the base, as in the plan."""
    state = _written(Result.MOVED, base=base_of(before), state=desired(now))

    assert (list(state.declared), state.shop["A"].sku, state.released) == (["A"], "A", {})
    assert (state.declared["A"].stock, state.declared["A"].id) == (stock(BEFORE), now.id)


def test_state_after_other_sku_of_that_code_is_a_new_sku() -> None:
    """The level settled for another SKU with that code is not used."""
    base = base_of(declared("A", BEFORE, id="id-OTHER"))

    assert _written(Result.MOVED, base=base).declared == {}


def test_state_after_moved_pin_keeps_an_unchanged_number() -> None:
    """An unchanged number is not a new statement. Another number is new, and was not written."""
    base = base_of(declared("A", BEFORE, id="id-OTHER"))
    for number, expected in ((BEFORE, {"A": stock(BEFORE)}), (9, {})):
        state = desired(declared("A", number, id="id-A"))
        after = _written(Result.MOVED, base=base, state=state)
        assert {sku: one.stock for sku, one in after.declared.items()} == expected


@pytest.mark.parametrize("kind", FindingKind)
def test_state_after_finding_settles_by_kind(kind: FindingKind) -> None:
    """An error keeps the earlier level. An overtaken level, or another finding, is settled."""
    left_alone = {
        FindingKind.MISSING,
        FindingKind.AMBIGUOUS,
        FindingKind.RENAMED,
        FindingKind.REPLACED,
        FindingKind.FROZEN,
        FindingKind.SHORT,
        FindingKind.OWNED,
        FindingKind.UNCERTAIN,
        FindingKind.STALE_COUNT,
        FindingKind.NOT_YET,
        FindingKind.CONFLICTING,
        FindingKind.UNSETTLED,
    }
    source = Source("inventory/demo/a.yaml", 1)
    settled = () if kind in left_alone else (SettledSku("A", "id-A"),)
    state = _after(_plan(findings=(Finding(kind, "A", "", source),), settled=settled))

    assert state.declared["A"].stock == stock(BEFORE if kind in left_alone else NOW)


def test_state_after_idle_pattern_equal_to_a_key_settles_it() -> None:
    """A pattern without a match is not a skipped SKU."""
    found = (Finding(FindingKind.FROZEN, "A", "", None),)
    state = _after(_plan(findings=found, settled=(SettledSku("A", "id-A"),)))

    assert state.declared["A"].stock == stock(NOW)


def test_state_after_plan_without_a_sku_keeps_its_level() -> None:
    """An edited plan file may lack a SKU. It is not settled then."""
    state = _after(_plan())

    assert (state.declared["A"].stock, state.shop) == (stock(BEFORE), {"A": KNOWN})


def test_state_after_unread_sku_keeps_its_level() -> None:
    """Without a read, the result is unknown."""
    state = _after(_plan(unread=("A",)))

    assert (state.declared["A"].stock, state.shop) == (stock(BEFORE), {"A": KNOWN})


def test_state_after_a_failed_write_is_planned_again() -> None:
    """With the record as the next base, the next plan contains the write again."""
    state = desired(declared("A", NOW, rule=Rule.ON_CHANGE))

    def planned(result: Result) -> list[int]:
        after = _written(result, state=state)
        recorded = replace(BASE, declared=after.declared, shop=after.shop)
        return [action.units for action in plan_of(state, live({"A": LIVE}), recorded).actions]

    assert (planned(Result.FAILED), planned(Result.APPLIED)) == ([NOW - LIVE], [])
