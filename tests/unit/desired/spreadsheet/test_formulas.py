"""Which cells a spreadsheet would compute."""

import pytest

from reconciler.desired.spreadsheet.formulas import FORMULA_STARTS


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0"])
def test_formula_starts_has_each_that_owasp_names(start: str) -> None:
    """A cell that begins with one of them may run a command (OWASP, "CSV Injection")."""
    assert f"{start}cmd|' /C calc'!A0".startswith(FORMULA_STARTS)


@pytest.mark.parametrize("start", ["\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_formula_starts_has_full_width_ones(start: str) -> None:
    """Spreadsheets of East Asia take the wide characters for the narrow ones."""
    assert f"{start}1".startswith(FORMULA_STARTS)


@pytest.mark.parametrize("cell", ["TEE-M", "5", "'=1", "", "é", "(1)", "#5"])
def test_formula_starts_leaves_other_cells(cell: str) -> None:
    """A code or a number is shown as it is."""
    assert not cell.startswith(FORMULA_STARTS)
