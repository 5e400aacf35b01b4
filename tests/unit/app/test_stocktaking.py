"""The numbers of a table are taken with a word about how it was understood."""

from pathlib import Path

import pytest
from factories import SITE, Workspace
from unit.app.collecting import CollectingReporter

from reconciler.app.context import StoreContext
from reconciler.app.editing import load_working_copy
from reconciler.app.stocktaking import take_table
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.desired.spreadsheet.read import Table
from reconciler.errors import InputError
from reconciler.model import finite

TEXT = """\
skus:
  A: {quantity: 5, rule: on_change}
  B: {quantity: 5, rule: exact}
  C: {quantity: 5, rule: at_least}
  D: {quantity: 5, rule: at_most}
"""
EVENT = "at: 2026-11-20T10:00:00+01:00\nskus:\n  E: +1\n"


@pytest.fixture(autouse=True)
def path(workspace: Workspace) -> Path:
    """Return the file of levels of a store, which has an event, too."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.write("inventory/demo/events/e.yaml", EVENT)
    return workspace.write("inventory/demo/a.yaml", TEXT)


def _take(
    table: str, purpose: Purpose = Purpose.COUNT, *, may_be_new: bool = False
) -> tuple[Table, CollectingReporter]:
    reporter = CollectingReporter()
    working = load_working_copy(StoreContext("demo", Path("inventory")))
    content = table.encode()
    taken = take_table(working, "t.csv", content, purpose, reporter, may_be_new=may_be_new)
    return taken, reporter


@pytest.mark.parametrize(
    ("purpose", "table"),
    [(Purpose.COUNT, "SKU,Counted\nB,8\nE,7\n"), (Purpose.SET, "SKU,Qty\nB,8\nE,7\n")],
)
def test_take_table_takes_each_number_to_its_sku(purpose: Purpose, table: str) -> None:
    """Also of a SKU that only an event names; what it means for levels is another matter."""
    taken, _ = _take(table, purpose)
    levels = {sku: one.quantity for sku, one in taken.stocks.items()}

    assert (dict(taken.units) or levels) == {"B": 8, "E": 7}


def test_take_table_of_what_came_in_has_units() -> None:
    """No stock, since nobody counted anything."""
    taken, _ = _take("SKU,Received\nA,+20\nB,-3\n", Purpose.ADJUST)

    assert (taken.units, taken.stocks) == ({"A": 20, "B": -3}, {})


def test_take_table_takes_new_sku_where_it_may_be_new() -> None:
    """Only if somebody said so, since else it is a slip."""
    assert _take("SKU,Counted\nNEW,3\n", may_be_new=True)[0].units == {"NEW": 3}
    with pytest.raises(InputError):
        _take("SKU,Counted\nNEW,3\n")


def test_take_table_tells_of_blanks_and_of_skus_that_it_lacks() -> None:
    """A blank cell is no 0, and what has no row was not looked at."""
    taken, reporter = _take("SKU,Counted\nA,\nC,1\nB,6\n")

    assert taken.units == {"C": 1, "B": 6}
    assert [text[:2] for text in reporter.noticed[1:]] == ["1 ", "1 "]


def test_take_table_tells_which_columns_it_took() -> None:
    """The user sees what was not used, and how many SKUs the table lacks."""
    _, reporter = _take("Price,SKU,Bin,Counted\n3,A,x,7\n")

    assert all(word in reporter.noticed[0] for word in ("SKU", "Counted", "Price", "Bin"))
    assert any(text.startswith("3 ") for text in reporter.noticed[1:])


def test_take_table_tells_that_column_for_counts_is_empty() -> None:
    """An export that nobody filled in is taken as what the system has."""
    taken, reporter = _take("SKU,Quantity,Counted\nA,7,\n", Purpose.SET)

    assert taken.stocks == {"A": finite(7)}
    assert "Counted" in reporter.noticed[1]


@pytest.mark.parametrize(
    "table",
    ["SKU,Counted\nA,7\nX,1\n", "SKU,Counted\nA,7\nB,-1\n", "SKU,Counted\nA,7\nA,8\n", "A,7\n", ""],
)
def test_take_table_refuses_odd_table(path: Path, table: str) -> None:
    """One row that is not clear stops them all, so that no half of a count is taken."""
    with pytest.raises(InputError):
        _take(table)

    assert path.read_text() == TEXT
