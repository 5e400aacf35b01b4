"""A declared SKU → what the base declared of the same one: by the store's id, else by its code."""

import pytest
from factories import base_of, declared, desired, live, plan_of

from reconciler.model import Cause, Declared, FindingKind, Pending, Rule, finite
from reconciler.plan.reference import NEW, Based, BaseIndex

X, Y = "id-X", "id-Y"


@pytest.mark.parametrize(
    ("before", "now", "sku_id", "found"),
    [
        (declared("A", 5), declared("A", 7), X, Based(finite(5), recounted=False)),
        (declared("B", 5), declared("A", 7), X, NEW),
        # An id is added or removed, under the same key or another: the same SKU.
        (declared("A", 5), declared("A", 5, id=X), X, Based(finite(5), recounted=False)),
        (declared("A", 5), declared("Z", 5, id=X, code="A"), X, Based(finite(5), recounted=False)),
        (declared("A", 5, id=X), declared("A", 5), X, Based(finite(5), recounted=False)),
        (declared("Z", 5, id=X, code="A"), declared("A", 5), X, Based(finite(5), recounted=False)),
        (declared("Z", 5, id=X), declared("Q", 5, id=X), X, Based(finite(5), recounted=False)),
        # Another id, or the same key for another code: another SKU.
        (declared("A", 5, id=X), declared("A", 5, id=Y), Y, NEW),
        (declared("A", 5, id=X), declared("A", 5), Y, NEW),
        (declared("A", 5), declared("A", 5, id=Y, code="OTHER"), Y, NEW),
        # A date is added, changed, kept or deleted.
        (declared("A", 5), declared("A", 5, as_of="d2"), X, Based(finite(5), recounted=True)),
        (
            declared("A", 5, as_of="d1"),
            declared("A", 5, as_of="d2"),
            X,
            Based(finite(5), recounted=True),
        ),
        (
            declared("A", 5, as_of="d1"),
            declared("A", 5, as_of="d1"),
            X,
            Based(finite(5), recounted=False),
        ),
        (declared("A", 5, as_of="d1"), declared("A", 5), X, Based(finite(5), recounted=False)),
    ],
)
def test_the_same_sku_is_found(before: Declared, now: Declared, sku_id: str, found: Based) -> None:
    """Keys may change; what counts is which of the store's SKUs is meant."""
    assert BaseIndex({before.sku: before}).look_up(now, sku_id) == found


@pytest.mark.parametrize(
    ("base", "live_now", "cause"),
    [
        (50, 50, Cause.DECLARED),
        (50, 43, Cause.BOTH),
        (70, 43, Cause.DRIFT),
        (None, 43, Cause.DECLARED),
    ],
)
def test_the_cause_says_who_changed(base: int | None, live_now: int, cause: Cause) -> None:
    """The declaration, the stock, or both."""
    entries = [declared("A", base)] if base is not None else []
    plan = plan_of(desired(declared("A", 70)), live({"A": live_now}), base_of(*entries))

    assert [action.cause for action in plan.actions] == [cause]


@pytest.mark.parametrize(
    ("live_now", "written", "unsettled", "settled"),
    [(50, 70, [], ()), (70, None, [], ("A",)), (63, None, ["A"], ("A",))],
)
def test_a_dead_run_is_settled_by_reading(
    live_now: int, written: int | None, unsettled: list[str], settled: tuple[str, ...]
) -> None:
    """As before: it did not come to it. As planned: done. Neither: left alone, and named."""
    entry = declared("A", 70, rule=Rule.ON_CHANGE)
    base = base_of(declared("A", 50))
    pending = Pending("id-A", finite(50), finite(70), entry)
    base = type(base)(base.commit, base.source, base.date, base.declared, (pending,))
    plan = plan_of(desired(entry), live({"A": live_now}), base)

    assert [action.after.quantity for action in plan.actions] == (
        [] if written is None else [written]
    )
    assert [f.sku for f in plan.findings if f.kind is FindingKind.UNSETTLED] == unsettled
    assert plan.recovered == settled
