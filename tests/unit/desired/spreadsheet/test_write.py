"""A table for people to count into, in which no cell is computed."""

import csv
import io

import pytest
from factories import declared, stock

from reconciler.desired.spreadsheet.formulas import FORMULA_STARTS
from reconciler.desired.spreadsheet.write import render_table
from reconciler.model import Declared, Rule, Stock

PATH = "inventory/demo/a.yaml"


def _rows(text: str, delimiter: str = ",") -> list[list[str]]:
    table = io.StringIO(text.removeprefix("\ufeff"), newline="")
    return list(csv.reader(table, delimiter=delimiter))


def _render(*entries: Declared, live: dict[str, Stock] | None = None) -> list[dict[str, str]]:
    titles, *rows = _rows(render_table(entries, live))
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_render_table_has_row_for_each_sku_with_empty_count() -> None:
    """Nobody has counted anything yet, so that column is empty."""
    rows = _render(declared("A", 5), declared("B", "infinite", rule=Rule.ON_CHANGE))

    assert [list(row.values()) for row in rows] == [
        ["A", "5", "", "exact", PATH],
        ["B", "infinite", "", "on_change", PATH],
    ]
    assert list(rows[0]) == ["SKU", "Quantity", "Counted", "Rule", "File"]


@pytest.mark.parametrize(
    ("live", "cell"),
    [
        ({"A": 3}, "3"),
        ({"A": 0}, "0"),
        ({"A": "infinite"}, "infinite"),
        ({"A": None}, ""),
        ({}, ""),
    ],
)
def test_render_table_shows_live_beside_declared(live: dict[str, int | None], cell: str) -> None:
    """What the shop does not tell is empty and not 0."""
    (row,) = _render(declared("A", 5), live={sku: stock(value) for sku, value in live.items()})

    assert (row["Quantity"], row["Live now"], row["Counted"]) == ("5", cell, "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_render_table_keeps_cells_together(delimiter: str) -> None:
    """A code with a delimiter, a quote or a line break in it is one cell."""
    sku = 'a,b;c\t"d"\ne'
    text = render_table([declared(sku, 5)], None, delimiter)

    assert _rows(text, delimiter)[1][:2] == [sku, "5"]
    assert text.startswith('\ufeff"SKU"')
    assert text.endswith('"\r\n')


@pytest.mark.parametrize("start", [*FORMULA_STARTS, "'=", "''+"])
def test_render_table_makes_formulas_inert(start: str) -> None:
    """A code or a path that a spreadsheet would run stays text, behind an apostrophe."""
    entry = declared(f"{start}cmd", 5)
    entry = entry._replace(terms=entry.terms._replace(path=f"{start}path.yaml"))
    (row,) = _render(entry)

    assert (row["SKU"], row["File"]) == (f"'{start}cmd", f"'{start}path.yaml")


@pytest.mark.parametrize("sku", ["TEE-M", "'quoted", "1+1", "a=b"])
def test_render_table_leaves_other_cells(sku: str) -> None:
    """A code that is no formula is found again as it is."""
    assert _render(declared(sku, 5))[0]["SKU"] == sku
