"""Cells that a spreadsheet would take for formulas."""

from typing import Final

# A cell that starts with one of these is a formula. An apostrophe before it makes it text.
FORMULA_STARTS: Final = tuple("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001  full-width ones too
