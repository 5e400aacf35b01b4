"""Counts of a table go into the files; books, bounds, and blanks do not."""

from datetime import date
from pathlib import Path

import pytest
from factories import SITE, Workspace
from unit.app.collecting import CollectingReporter

from reconciler.app import quantities
from reconciler.app.context import StoreContext
from reconciler.app.editing import load_working_copy
from reconciler.app.stocktaking import take_counts
from reconciler.errors import InputError
from reconciler.exit_codes import ExitCode

TODAY = "2026-11-26"
TEXT = """\
skus:
  A: {quantity: 5, rule: on_change, as_of: 2026-11-20}
  B: {quantity: 5, rule: exact}
  C: {quantity: 5, rule: at_least}
  D: {quantity: 5, rule: at_most}
"""


@pytest.fixture
def path(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a store, on a day that does not change."""
    monkeypatch.setattr(quantities, "today", lambda: date.fromisoformat(TODAY))
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    return workspace.write("inventory/demo/a.yaml", TEXT)


def _take(
    table: str, *, as_of: str | None = None, answer: bool | None = None
) -> tuple[ExitCode, CollectingReporter]:
    reporter = CollectingReporter(bool(answer))
    working = load_working_copy(StoreContext("demo", Path("inventory")))
    asks = answer is not None
    code = take_counts(working, "t.csv", table.encode(), reporter, as_of=as_of, asks=asks)
    return code, reporter


def _lines(path: Path) -> list[str]:
    """Return the lines that changed, each with its line end off."""
    return [line for line in path.read_text().splitlines() if line not in TEXT.splitlines()]


def test_take_counts_writes_each_count_to_its_sku(path: Path) -> None:
    """Under on_change with the day of the count; a rule that needs no date gets none."""
    code, _ = _take("SKU,Counted\nB,8\nA,7\n")

    assert code is ExitCode.DONE
    assert _lines(path) == [
        f"  A: {{quantity: 7, rule: on_change, as_of: {TODAY}}}",
        "  B: {quantity: 8, rule: exact}",
    ]


@pytest.mark.parametrize(
    ("title", "changed"),
    [("Counted", [f"  A: {{quantity: 5, rule: on_change, as_of: {TODAY}}}"]), ("Qty", [])],
)
def test_take_counts_asserts_same_number_only_of_count(
    path: Path, title: str, changed: list[str]
) -> None:
    """A book number that is declared already is no count, and would put sales back."""
    _take(f"SKU,{title}\nA,5\nB,5\n")

    assert _lines(path) == changed


def test_take_counts_declares_a_systems_number_without_a_date(path: Path) -> None:
    """A column that a system filled in is no count, so an old export asserts nothing."""
    _take("SKU,Qty\nA,7\n")

    assert _lines(path) == ["  A: {quantity: 7, rule: on_change, as_of: 2026-11-20}"]


def test_take_counts_takes_the_day_that_is_given(path: Path) -> None:
    """The table was counted on that day, whenever it is taken in."""
    _take("SKU,Counted\nA,7\n", as_of="2026-11-24")

    assert _lines(path) == ["  A: {quantity: 7, rule: on_change, as_of: 2026-11-24}"]


def test_take_counts_leaves_bounds_and_blanks(path: Path) -> None:
    """A count is no bound, and a blank cell is no 0; both are told."""
    code, reporter = _take("SKU,Counted\nA,\nC,1\nD,9\nB,6\n")

    assert (code, _lines(path)) == (ExitCode.DONE, ["  B: {quantity: 6, rule: exact}"])
    assert len([text for text in reporter.noticed if text.startswith(("1 ", "2 "))]) == 2


def test_take_counts_tells_which_columns_it_took(path: Path) -> None:
    """The user sees what was not used, and how many SKUs the table lacks."""
    _, reporter = _take("Price,SKU,Bin,Counted\n3,A,x,7\n")

    assert all(word in reporter.noticed[0] for word in ("SKU", "Counted", "Price", "Bin"))
    assert any(text.startswith("3 ") for text in reporter.noticed[1:])


def test_take_counts_without_yes_writes_nothing(path: Path) -> None:
    """The table is shown first."""
    code, reporter = _take("SKU,Counted\nA,7\n", answer=False)

    assert (code, _lines(path), len(reporter.results)) == (ExitCode.FAILED, [], 1)


@pytest.mark.parametrize(
    "table",
    ["SKU,Counted\nA,7\nE,1\n", "SKU,Counted\nA,7\nB,-1\n", "SKU,Counted\nA,7\nA,8\n", "A,7\n", ""],
)
def test_take_counts_of_odd_table_writes_nothing(path: Path, table: str) -> None:
    """One row that is not clear stops them all, so that no half of a count is taken."""
    with pytest.raises(InputError):
        _take(table)

    assert _lines(path) == []
