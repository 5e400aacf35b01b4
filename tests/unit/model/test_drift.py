"""Count the drift that sales explain."""

from typing import Any

import pytest
from factories import declared, stock

from reconciler.model import Drift, DriftKind, DriftRow, Rule


def _row(kind: DriftKind, said: Any = 5, live: Any = 3) -> DriftRow:
    source = declared("A").source
    return DriftRow("A", "Product A", Rule.ON_CHANGE, stock(said), stock(live), kind, source)


def _drift(*rows: DriftRow) -> Drift:
    return Drift("demo", "site", rows, (), len(rows))


def test_unexplained_has_all_rows_except_sales() -> None:
    """Only sales are a sufficient explanation."""
    drift = _drift(*map(_row, DriftKind))

    assert [row.kind for row in drift.unexplained] == [
        kind for kind in DriftKind if kind is not DriftKind.SOLD
    ]


@pytest.mark.parametrize(
    ("pairs", "sold"),
    [
        ([], 0),
        ([(5, 3)], 2),
        ([(5, 0), (9, 8)], 6),
        ([(5, -2)], 7),
        ([(0, -1)], 1),
    ],
)
def test_sold_sums_missing_units(pairs: list[tuple[int, int]], sold: int) -> None:
    """Each sold row counts the declared minus the live number."""
    assert _drift(*(_row(DriftKind.SOLD, *pair) for pair in pairs)).sold == sold


@pytest.mark.parametrize("kind", [kind for kind in DriftKind if kind is not DriftKind.SOLD])
def test_sold_ignores_other_rows(kind: DriftKind) -> None:
    """A broken rule is not a sale."""
    assert _drift(_row(kind), _row(DriftKind.SOLD)).sold == 2
