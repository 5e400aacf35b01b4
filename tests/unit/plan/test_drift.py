"""Compare the live stock with the declared one, and check whether sales explain the difference."""

from typing import Any

import pytest
from factories import declared, desired, live, stock

from reconciler.model import DesiredState, Drift, DriftKind, FindingKind, LiveSku, LiveState, Rule
from reconciler.plan.accounts import Accounts
from reconciler.plan.drift import compute_drift
from reconciler.plan.match import match_skus
from reconciler.plan.naming import Named

INF = "infinite"
BROKEN, TYPE, ROSE, SOLD = DriftKind.BROKEN, DriftKind.TYPE, DriftKind.ROSE, DriftKind.SOLD
UNREADABLE = DriftKind.UNREADABLE


def _drift(state: DesiredState, current: LiveState) -> Drift:
    matches = match_skus(state.declared, current.listing)
    return compute_drift(state, current, Named(matches, Accounts()))


@pytest.mark.parametrize(
    ("rule", "said", "now", "kind"),
    [
        (Rule.EXACT, 5, 5, None),
        (Rule.EXACT, 5, 4, BROKEN),
        (Rule.EXACT, 5, 6, BROKEN),
        (Rule.EXACT, 5, INF, TYPE),
        (Rule.EXACT, INF, 5, TYPE),
        (Rule.EXACT, INF, INF, None),
        (Rule.EXACT, 5, None, UNREADABLE),
        (Rule.EXACT, 5, 4.5, UNREADABLE),
        (Rule.EXACT, INF, None, UNREADABLE),
        (Rule.AT_LEAST, 5, 5, None),
        (Rule.AT_LEAST, 5, 4, BROKEN),
        (Rule.AT_LEAST, 5, 6, None),
        (Rule.AT_LEAST, 5, INF, None),
        (Rule.AT_LEAST, INF, 5, BROKEN),
        (Rule.AT_LEAST, 5, None, UNREADABLE),
        (Rule.AT_MOST, 5, 5, None),
        (Rule.AT_MOST, 5, 4, None),
        (Rule.AT_MOST, 5, 6, BROKEN),
        (Rule.AT_MOST, 5, INF, BROKEN),
        (Rule.AT_MOST, INF, 5, None),
        (Rule.AT_MOST, 5, 5.5, UNREADABLE),
        (Rule.ON_CHANGE, 5, 5, None),
        (Rule.ON_CHANGE, 5, 4, SOLD),
        (Rule.ON_CHANGE, 5, -1, SOLD),
        (Rule.ON_CHANGE, 5, 6, ROSE),
        (Rule.ON_CHANGE, 5, INF, TYPE),
        (Rule.ON_CHANGE, INF, 5, TYPE),
        (Rule.ON_CHANGE, 5, None, UNREADABLE),
        (Rule.OBSERVE, 5, 5, None),
        (Rule.OBSERVE, 5, 4, SOLD),
        (Rule.OBSERVE, 5, 6, ROSE),
        (Rule.OBSERVE, 5, INF, ROSE),
        (Rule.OBSERVE, 5, 2.5, UNREADABLE),
    ],
)
def test_compute_drift_has_a_kind_for_each_rule(
    rule: Rule, said: Any, now: Any, kind: DriftKind | None
) -> None:
    """Finite, infinite, and unreadable stocks are covered. None: the rule allows the difference."""
    drift = _drift(desired(declared("A", said, rule=rule)), live({"A": now}))

    assert [row.kind for row in drift.rows] == ([] if kind is None else [kind])
    assert [row.sku for row in drift.unexplained] == (["A"] if kind not in {None, SOLD} else [])


def test_compute_drift_row_has_both_stocks_and_a_place() -> None:
    """A row also has the rule, the name, and the line."""
    entry = declared("A", 5, rule=Rule.AT_LEAST, line=7)
    (row,) = _drift(desired(entry), live({"A": 2})).rows

    assert (row.declared, row.live, row.rule) == (stock(5), stock(2), Rule.AT_LEAST)
    assert (row.sku, row.name, row.source) == ("A", "Product A", entry.source)


def test_compute_drift_sorts_sales_last() -> None:
    """Each part is sorted by SKU."""
    said = {"A": 9, "B": 9, "C": 9, "D": 9}
    state = desired(*(declared(sku, n, rule=Rule.ON_CHANGE) for sku, n in said.items()))
    drift = _drift(state, live({"D": 10, "C": 8, "B": 11, "A": 7}))

    assert [(row.sku, row.kind) for row in drift.rows] == [
        ("B", ROSE),
        ("D", ROSE),
        ("A", SOLD),
        ("C", SOLD),
    ]
    assert (drift.store, drift.declared, drift.sold) == ("demo", 4, 3)


def test_compute_drift_without_a_stock_is_a_finding() -> None:
    """A SKU that is missing, or listed without a stock, is not a row."""
    unknown = LiveSku("id-Z", "Z", "Product Z", archived=False)
    state = desired(declared("Z"), declared("M"), declared("A"))
    drift = _drift(state, live({"A": 5}, extra=[unknown]))

    assert drift.rows == ()
    assert [(finding.kind, finding.sku) for finding in drift.findings] == [
        (FindingKind.MISSING, "M"),
        (FindingKind.MISSING, "Z"),
    ]


def test_compute_drift_ignores_undeclared_skus() -> None:
    """Only declared SKUs can drift."""
    drift = _drift(desired(declared("A")), live({"A": 5, "B": 99}))

    assert (drift.rows, drift.findings, drift.declared) == ((), (), 1)
