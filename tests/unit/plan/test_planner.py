"""Compute plans: actions, findings, summary, and order."""

import pytest
from factories import action, declared, desired, live, plan_of

from reconciler.errors import NoBaseError
from reconciler.model import (
    INFINITE,
    Bound,
    Change,
    FindingKind,
    Limit,
    LiveSku,
    Rule,
    finite,
)
from reconciler.plan.planner import count_requests


def _findings(kind: FindingKind, *entries: object, **current: object) -> list[tuple[str, str]]:
    plan = plan_of(desired(*entries), live(current))  # type: ignore[arg-type]  # kept short
    return [(finding.sku, finding.message) for finding in plan.findings if finding.kind is kind]


def test_plan_of_equal_stock_has_no_action() -> None:
    """The SKU is counted as unchanged. 12.0 was read as 12."""
    plan = plan_of(
        desired(declared("A", 5), declared("B", "infinite")), live({"A": 5, "B": "infinite"})
    )

    assert (plan.actions, plan.findings, plan.summary.unchanged) == ((), (), 2)


def test_plan_between_infinite_and_zero_has_an_action() -> None:
    """Infinite is never confused with sold out."""
    plan = plan_of(
        desired(declared("A", 0), declared("B", "infinite")), live({"A": "infinite", "B": 0})
    )

    assert [(a.sku, a.before, a.after) for a in plan.actions] == [
        ("A", INFINITE, finite(0)),
        ("B", finite(0), INFINITE),
    ]


def test_plan_sorts_lowering_before_raising() -> None:
    """If a run ends early, the safer half is done. To infinite is raising."""
    entries = [
        declared("E", "infinite"),
        declared("D", 9),
        declared("C", 1),
        declared("B", 2),
        declared("A", 9),
    ]
    current = live({"A": 3, "B": 3, "C": "infinite", "D": None, "E": 3})

    assert [action.sku for action in plan_of(desired(*entries), current).actions] == [
        "B",
        "C",
        "A",
        "D",
        "E",
    ]


def test_summary_counts_units_of_finite_stock() -> None:
    """Both sides must be finite. `zeroed` needs stock before."""
    entries = [
        declared("A", 9),
        declared("B", 0),
        declared("C", 0),
        declared("D", 5),
        declared("E", 1),
    ]
    summary = plan_of(
        desired(*entries), live({"A": 3, "B": 4, "C": "infinite", "D": 5, "E": -2})
    ).summary

    assert (summary.declared, summary.live_units, summary.to_change, summary.unchanged) == (
        5,
        10,
        4,
        1,
    )
    assert (summary.units_raised, summary.units_lowered, summary.zeroed) == (9, 4, 2)


def test_plan_of_a_missing_sku_names_a_similar_code() -> None:
    """Only codes that no entry names are suggested."""
    found = _findings(
        FindingKind.MISSING, declared("MUG-BLU", 5), declared("X", 1), **{"MUG-BLUE": 5}
    )

    assert found == [
        ("MUG-BLU", "No SKU of the shop has this code. Did you mean MUG-BLUE?"),
        ("X", "No SKU of the shop has this code. Correct it, or delete the declaration."),
    ]


def test_plan_of_a_shared_code_is_ambiguous() -> None:
    """There is no action, and the finding has the ids."""
    twins = [LiveSku(f"id-{n}", "A", f"Twin {n}", archived=False) for n in (1, 2)]
    plan = plan_of(desired(declared("A", 5)), live({}, twins))

    assert plan.actions == ()
    assert [finding.kind for finding in plan.errors] == [FindingKind.AMBIGUOUS]
    assert "id-1 (Twin 1), id-2 (Twin 2)" in plan.errors[0].message


def test_plan_of_a_pinned_twin_finds_it() -> None:
    """A pinned SKU is found by its id, under any key."""
    entry = declared("ANY NAME", 5, id="id-A", code="A")
    plan = plan_of(desired(entry), live({"A": 3}, [LiveSku("id-2", "A", "Twin", archived=False)]))

    assert [(a.sku, a.target.sku_id) for a in plan.actions] == [("ANY NAME", "id-A")]


def test_plan_of_a_pin_with_another_code_is_renamed() -> None:
    """The pin may write another SKU than intended, so this is an error."""
    found = _findings(FindingKind.RENAMED, declared("B", 5, id="id-A", code="B"), A=3)

    assert found == [
        (
            "B",
            "The SKU id-A shows the code A, not B. If it is the right SKU, write `sku: 'A'`.",
        )
    ]


def test_plan_of_two_entries_for_one_sku_is_ambiguous() -> None:
    """Neither the code nor the pin gets an action."""
    plan = plan_of(desired(declared("A", 5), declared("B", 7, id="id-A", code="A")), live({"A": 3}))

    assert plan.actions == ()
    assert [(f.sku, f.kind) for f in plan.errors] == [
        ("A", FindingKind.AMBIGUOUS),
        ("B", FindingKind.AMBIGUOUS),
    ]


def test_plan_counts_skus_that_are_not_managed() -> None:
    """They are named by their code, else by their id."""
    bare = LiveSku("id-9", "", "Gift Wrap", archived=False)
    plan = plan_of(desired(declared("A", 5)), live({"A": 5, "B": 1}, [bare]))

    assert plan.summary.not_managed == 2
    assert [finding.sku for finding in plan.findings] == ["B", "id-9"]


@pytest.mark.parametrize("quantity", [None, 2.5])
def test_plan_of_unreadable_stock_has_a_finding(quantity: float | None) -> None:
    """`exact` writes a missing or fractional quantity. A bound skips it."""
    plan = plan_of(
        desired(declared("A", 5), declared("B", 5, rule=Rule.AT_LEAST)),
        live({"A": quantity, "B": quantity}),
    )

    assert [action.sku for action in plan.actions] == ["A"]
    assert [(f.kind, f.sku) for f in plan.findings] == [
        (FindingKind.UNREADABLE, "A"),
        (FindingKind.UNREADABLE, "B"),
    ]


def test_plan_counts_skipped_drift() -> None:
    """It is a finding. Its units are those below the declared number."""
    entries = [declared("A", 5, rule=Rule.AT_MOST), declared("B", 5, rule=Rule.OBSERVE)]
    plan = plan_of(desired(*entries), live({"A": 3, "B": 9}))

    assert (plan.actions, plan.summary.drifted, plan.summary.drifted_units) == ((), 2, 2)
    assert [finding.kind for finding in plan.findings] == [FindingKind.DRIFT, FindingKind.DRIFT]


def test_plan_of_a_frozen_sku_has_a_finding() -> None:
    """`frozen` takes patterns. The finding has the number that would be written."""
    plan = plan_of(desired(declared("GIFT-1", 5), frozen=("GIFT-*",)), live({"GIFT-1": 3}))

    assert plan.actions == ()
    assert [(f.kind, f.sku) for f in plan.findings] == [(FindingKind.FROZEN, "GIFT-1")]


def test_plan_of_a_sku_without_a_stock_is_missing() -> None:
    """A SKU that is listed without a stock is an error, not an action."""
    current = live({"A": 5}, [LiveSku("id-B", "B", "", archived=False)])
    plan = plan_of(desired(declared("A", 5), declared("B", 5)), current)

    assert [(f.kind, f.sku) for f in plan.errors] == [(FindingKind.MISSING, "B")]


def test_plan_of_an_archived_product_has_a_finding() -> None:
    """It is planned like any other."""
    current = live({}, [LiveSku("id-A", "A", "", archived=True)])
    plan = plan_of(
        desired(declared("A", 5)), type(current)(current.listing, {"id-A": finite(3)}, 3, None)
    )

    assert [action.sku for action in plan.actions] == ["A"]
    assert [finding.kind for finding in plan.findings] == [FindingKind.ARCHIVED]


def test_plan_of_on_change_without_a_base_raises() -> None:
    """The error names the SKU and its place."""
    with pytest.raises(NoBaseError, match=r"The first is A at inventory/demo/a.yaml:1"):
        plan_of(desired(declared("A", 5, rule=Rule.ON_CHANGE)), live({"A": 3}))


def test_plan_with_violations_has_all_actions() -> None:
    """Limits are checked in every plan."""
    state = desired(declared("A", 0), limits={Limit.ZEROED: Bound(0, is_share=False)})
    plan = plan_of(state, live({"A": 3}))

    assert (len(plan.actions), [v.limit for v in plan.violations]) == (1, [Limit.ZEROED])


def test_changes_have_field_before_and_after() -> None:
    """Equal stocks have no changes."""
    assert action("A", 3, INFINITE).changes == (
        Change("inventory_type", "finite", "infinite"),
        Change("quantity", 3, None),
    )
    assert action("A", 3, 3).changes == ()


@pytest.mark.parametrize(
    ("reads", "writes", "limit", "seconds"),
    [(120, 0, 120, 0), (120, 2, 120, 60), (45, 10, None, 0), (500, 0, 60, 480)],
)
def test_count_requests_computes_the_time(
    reads: int, writes: int, limit: int | None, seconds: int
) -> None:
    """The requests of one window are sent at once. Each write takes a read and a write."""
    assert count_requests(reads, writes, limit).seconds == seconds


def test_plan_of_a_key_with_underscores_has_its_change() -> None:
    """No key hides its change."""
    plan = plan_of(desired(declared("__A", 1)), live({"__A": 5}))

    assert plan.actions[0].changes == (Change("quantity", 5, 1),)


@pytest.mark.parametrize(
    ("before", "after", "raised", "lowered"), [(None, 500, 500, 0), (900.5, 0, 0, 900)]
)
def test_summary_of_unreadable_stock_counts_whole_units(
    before: float | None, after: int, raised: int, lowered: int
) -> None:
    """A missing quantity counts as 0."""
    summary = plan_of(desired(declared("A", after)), live({"A": before})).summary

    assert (summary.units_raised, summary.units_lowered) == (raised, lowered)


def test_plan_of_a_frozen_unreadable_sku_has_both_findings() -> None:
    """Neither finding replaces the other."""
    plan = plan_of(desired(declared("A", 5), frozen=("A",)), live({"A": None}))

    assert {finding.kind for finding in plan.findings} == {
        FindingKind.FROZEN,
        FindingKind.UNREADABLE,
    }


def test_a_typo_in_frozen_is_said() -> None:
    """What is to be frozen and is declared nowhere freezes nothing."""
    plan = plan_of(desired(declared("A", 5), frozen=("a", "B*", "A")), live({"A": 3}))

    assert {f.sku for f in plan.findings if "no SKU" in f.message} == {"a", "B*"}


@pytest.mark.parametrize(
    ("declared_code", "live_code", "differs"),
    [
        ("tee", "TEE", "upper and lower case"),
        ("TEE", " TEE", "a space at the edge"),
        ("TEE", "TEE ", "a space at the edge"),
        ("caf\u00e9", "cafe\u0301", "composed characters"),
        ("TEE", "T\u200bEE", "No SKU of the shop has this code"),
        ("TEE", "\uff34EE", "look alike"),
        ("TEE-1", "TEE\u00a0-1", "No SKU of the shop has this code"),
    ],
)
def test_missing_code_that_looks_the_same_is_pinned(
    declared_code: str, live_code: str, differs: str
) -> None:
    """Such a code may be no key at all, so the advice is an id, and it shows what differs."""
    plan = plan_of(desired(declared(declared_code, 5)), live({live_code: 3, "OTHER": 1}))
    (finding,) = (f for f in plan.findings if f.kind is FindingKind.MISSING)

    assert f"`id: id-{live_code}`" in finding.message
    assert ascii(live_code) in finding.message
    assert differs in finding.message


@pytest.mark.parametrize("live_code", ["\u039cUG-2", "MUG-3 ", "MUG\tT", "CAFE\u0301-2"])
def test_near_code_that_is_no_key_is_pinned(live_code: str) -> None:
    """`did you mean` would name what no file can hold."""
    wanted = live_code.strip().replace("\u039c", "M").replace("\t", "").replace("\u0301", "") + "3"
    plan = plan_of(desired(declared(wanted, 5)), live({live_code: 3}))
    (finding,) = (f for f in plan.findings if f.kind is FindingKind.MISSING)

    assert "Did you mean" not in finding.message
    assert f"`id: id-{live_code}`" in finding.message


def test_plan_of_unreadable_stock_has_no_drift() -> None:
    """The totals of drift match its findings."""
    entry = declared("A", 5, rule=Rule.AT_LEAST)
    plan = plan_of(desired(entry), live({"A": 2.5}))

    assert (plan.summary.drifted, plan.summary.drifted_units) == (0, 0)
    assert [finding.kind for finding in plan.findings] == [FindingKind.UNREADABLE]
