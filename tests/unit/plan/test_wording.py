"""The wording of findings and violations."""

from typing import Any

from factories import base_of, declared, desired, live, plan_of, stock
from syrupy.assertion import SnapshotAssertion

from reconciler.model import Bound, Finding, Limit, LiveSku, Pending, Plan, Rule
from reconciler.plan.findings import unsettled

NONE = Bound(0, is_share=False)


def _lines(plan: Plan) -> list[str]:
    found = [f"{one.kind}  {one.sku}: {one.message}" for one in plan.findings]
    return [*found, *(f"limit  {one.message}" for one in plan.violations)]


def _entry(sku: str, units: Any, rule: Rule = Rule.EXACT) -> Any:
    entry = declared(sku, units)
    return entry._replace(terms=entry.terms._replace(rule=rule))


def test_findings_of_levels(wording: SnapshotAssertion) -> None:
    """What a plan says of SKUs that differ, are missing, or can't be told apart."""
    state = desired(
        _entry("MISING", 5),
        _entry("NOWHERE", 5),
        _entry("TWIN", 5),
        _entry("FROZEN", 5),
        _entry("FRACTION", 5, Rule.AT_LEAST),
        _entry("NONE", 5),
        _entry("OBSERVED", 5, Rule.OBSERVE),
        _entry("BOUND", 5, Rule.AT_MOST),
        _entry("SETTLED", 50, Rule.ON_CHANGE),
        _entry("BEYOND", 70, Rule.ON_CHANGE),
        _entry("TYPED", 70, Rule.ON_CHANGE),
        _entry("ZERO", 0),
        _entry("ENDLESS", "infinite"),
        frozen=("FROZEN", "GIFT-*"),
        limits=dict.fromkeys(Limit, NONE),
    )
    shop = live(
        {
            "MISSING": 1,
            "FROZEN": 4,
            "FRACTION": 2.5,
            "NONE": None,
            "OBSERVED": 4,
            "BOUND": 4,
            "SETTLED": 43,
            "BEYOND": 82,
            "TYPED": 43,
            "ZERO": 9,
            "ENDLESS": 9,
        },
        [LiveSku(f"id-{n}", "TWIN", "Twin", archived=False) for n in (1, 2)],
    )
    past = [_entry(sku, 50, Rule.ON_CHANGE) for sku in ("SETTLED", "BEYOND", "TYPED", "GONE")]
    assert "\n".join(_lines(plan_of(state, shop, base_of(*past)))) == wording


def test_findings_of_writes_in_doubt(wording: SnapshotAssertion) -> None:
    """While the apply may be alive, and afterwards."""
    at = "2026-11-20T10:00:00.000Z"
    write = Pending("TEE", "id-TEE", stock(43), stock(70), at, at)
    why = "An order at that moment leaves it open"
    found: list[Finding] = [
        unsettled(write, None, stock(50), why),
        unsettled(write, None, None, why),
        unsettled(write, None, None, why, "2026-11-20T10:05:00.000Z"),
    ]
    assert "\n".join(one.message for one in found) == wording
