"""Check actions against limits."""

import pytest
from factories import NO_LIMITS, action, declared, desired, live, plan_of

from reconciler.desired.loader import DEFAULT_LIMITS
from reconciler.model import Bound, Limit, Violation
from reconciler.plan.limits import check_limits


@pytest.mark.parametrize(
    ("limit", "before", "after", "found"),
    [
        (Limit.CHANGES, 3, 4, 1),
        (Limit.UNITS_RAISED, 3, 9, 6),
        (Limit.UNITS_LOWERED, 9, 3, 6),
        (Limit.ZEROED, 9, 0, 1),
        (Limit.INVENTORY_TYPE_CHANGES, 9, "infinite", 1),
    ],
)
def test_limit_one_below_is_exceeded(
    limit: Limit, before: int, after: int | str, found: int
) -> None:
    """A limit equal to the number is not exceeded."""
    entry, current = desired(declared("A", after)), live({"A": before})
    plan = plan_of(entry, current)
    tight = {**NO_LIMITS, limit: Bound(found - 1, is_share=False)}
    loose = {**NO_LIMITS, limit: Bound(found, is_share=False)}

    assert [(v.limit, v.found) for v in check_limits(plan.actions, plan.summary, tight)] == [
        (limit, found)
    ]
    assert check_limits(plan.actions, plan.summary, loose) == ()


def test_share_applies_from_ten_declared_skus() -> None:
    """With nine SKUs a share is ignored. With ten, 30 % are three."""

    def broken(skus: int) -> list[Violation]:
        entries = [declared(f"S{n}", 2 if n < 4 else 1) for n in range(skus)]
        state = desired(*entries, limits=NO_LIMITS | {Limit.CHANGES: DEFAULT_LIMITS[Limit.CHANGES]})
        return list(plan_of(state, live({f"S{n}": 1 for n in range(skus)})).violations)

    assert broken(9) == []
    assert [v.message for v in broken(10)] == [
        "max_changes allows 3 (30% of 10), but 4 SKUs would change."
    ]


def test_limits_count_actions_not_the_summary() -> None:
    """The summary of a plan file is not trusted."""
    plan = plan_of(desired(declared("A", 5)), live({"A": 3}))
    limits = {Limit.CHANGES: Bound(1, is_share=False)}

    assert len(check_limits([action("A"), action("B")], plan.summary, limits)) == 1
