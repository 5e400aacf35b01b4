"""Cells that a spreadsheet would compute."""

from typing import Final

# A cell that begins with one of these is a formula to a spreadsheet; an apostrophe before it keeps
# it text.
FORMULA_STARTS: Final = tuple("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001  full-width ones too
