"""What of a drift selling explains, in units."""

from typing import Any

import pytest
from factories import declared, stock

from reconciler.model import Drift, DriftKind, DriftRow, Rule


def _row(kind: DriftKind, said: Any = 5, live: Any = 3) -> DriftRow:
    source = declared("A").source
    return DriftRow("A", "Product A", Rule.ON_CHANGE, stock(said), stock(live), kind, source)


def _drift(*rows: DriftRow) -> Drift:
    return Drift("demo", "site", rows, (), len(rows))


def test_unexplained_are_all_rows_but_the_sold_ones() -> None:
    """Only selling is no reason to look."""
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
def test_sold_sums_the_units_that_are_gone(pairs: list[tuple[int, int]], sold: int) -> None:
    """Each sold row counts from what was declared down to what is live."""
    assert _drift(*(_row(DriftKind.SOLD, *pair) for pair in pairs)).sold == sold


@pytest.mark.parametrize("kind", [kind for kind in DriftKind if kind is not DriftKind.SOLD])
def test_sold_counts_no_other_row(kind: DriftKind) -> None:
    """A number that broke its rule was not sold."""
    assert _drift(_row(kind), _row(DriftKind.SOLD)).sold == 2
