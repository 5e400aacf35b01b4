"""Describe what an action changes: fields, direction, and units."""

from typing import Any

import pytest
from factories import action, desired, live, plan_of
from msgspec.structs import replace

from reconciler.model import Change, Finding, FindingKind

INF = "infinite"


@pytest.mark.parametrize(
    ("before", "after", "units", "lowers"),
    [
        (3, 5, 2, False),
        (5, 3, -2, True),
        (0, 5, 5, False),
        (5, 0, -5, True),
        (-2, 5, 7, False),
        (-2, 0, 2, False),
        (None, 5, 5, False),
        (None, 0, 0, False),
        (2.5, 5, 3, False),
        (2.5, 2, 0, True),
        (INF, 5, 0, True),
        (INF, 0, 0, True),
        (5, INF, 0, False),
        (0, INF, 0, False),
        (None, INF, 0, False),
        (INF, INF, 0, False),
    ],
)
def test_action_units_and_direction(before: Any, after: Any, units: int, lowers: bool) -> None:
    """Units count between finite stocks. From infinite to finite is lowering."""
    found = action("A", before, after)

    assert (found.units, found.lowers) == (units, lowers)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (3, 5, [("quantity", 3, 5)]),
        (0, None, [("quantity", 0, None)]),
        (INF, 5, [("inventory_type", INF, "finite"), ("quantity", None, 5)]),
        (0, INF, [("inventory_type", "finite", INF), ("quantity", 0, None)]),
        (None, INF, [("inventory_type", "finite", INF)]),
        (5, 5, []),
    ],
)
def test_action_changes_are_the_fields_that_differ(
    before: Any, after: Any, changes: list[tuple[str, Any, Any]]
) -> None:
    """Each change has both values. Zero is not a missing number."""
    assert action("A", before, after).changes == tuple(Change(*change) for change in changes)


def test_plan_errors_are_findings_that_are_errors() -> None:
    """Other findings don't stop anything."""
    findings = tuple(Finding(kind, kind.value, "", None) for kind in FindingKind)
    plan = replace(plan_of(desired(), live({})), findings=findings)

    assert [finding.kind for finding in plan.errors] == [
        FindingKind.MISSING,
        FindingKind.REPLACED,
        FindingKind.AMBIGUOUS,
        FindingKind.RENAMED,
        FindingKind.UNSETTLED,
        FindingKind.SHORT,
        FindingKind.OWNED,
        FindingKind.UNCERTAIN,
        FindingKind.STALE_COUNT,
        FindingKind.NOT_YET,
        FindingKind.CONFLICTING,
    ]
