"""A spreadsheet → the counts in it, into the files of a store."""

import sys
from pathlib import Path

from reconciler.cli.console import has_terminal, print_error
from reconciler.cli.days import day_of_count
from reconciler.cli.editing import BOUNDS, Working, finish
from reconciler.cli.options import Options
from reconciler.cli.plan import STDIO
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.reader.document import MAX_BYTES
from reconciler.desired.spreadsheet.read import Sheet, read_sheet
from reconciler.errors import InputError, Problem, UsageError
from reconciler.model import Declared, Rule, Stock
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count


def take_table(
    options: Options, working: Working, table: Path, as_of: str | None, *, yes: bool
) -> int:
    """Take what was counted from *table*, after a look at what that changes."""
    if not yes and (table == STDIO or not has_terminal()):
        raise UsageError("there is no terminal to ask on; add --yes, and read the diff")
    declared = working.desired.declared
    sheet = read_sheet(table.as_posix(), _read_table(table), declared)
    bounds = [sku for sku in sheet.counts if declared[sku].rule in BOUNDS]
    wanted = {
        sku: Wanted(stock, _day(declared[sku], stock, sheet, as_of))
        for sku, stock in sheet.counts.items()
        if sku not in bounds
    }
    if not options.quiet:
        _say_how_it_was_taken(working, sheet, len(bounds))
    return finish(working, wanted, as_of=as_of, ask=not yes, may_assert=not sheet.left_empty)


def _day(entry: Declared, stock: Stock, sheet: Sheet, as_of: str | None) -> str | None:
    """Return the day of a number of the table that is a count, and so meant even if not new."""
    if as_of is not None:
        return as_of
    is_count = entry.rule is Rule.ON_CHANGE and (sheet.is_counted or stock != entry.stock)
    return day_of_count(entry) if is_count else None


def _say_how_it_was_taken(working: Working, sheet: Sheet, bounds: int) -> None:
    """Say which columns were taken, and what of the table and of the files is left alone."""
    declared = working.desired.declared
    ignored = f"; not used: {', '.join(sheet.ignored)}" if sheet.ignored else ""
    print_error(
        safe_text(
            f"SKU is the column {sheet.columns[0]}, quantity the column {sheet.columns[1]}"
            f"{ignored} ({sheet.delimiter} between cells)."
        )
    )
    if sheet.left_empty:
        said = "so what differs from what is declared is taken from the other"
        print_error(safe_text(f"The column {sheet.left_empty} is empty, {said}."))
    if sheet.empty:
        print_error(f"{count(sheet.empty, 'row')} without a quantity: not counted, left alone.")
    if missing := len(declared) - sheet.rows:
        print_error(f"{count(missing, 'declared SKU')} not in the table: left alone.")
    if bounds:
        said = "what is declared is a bound and no count, left alone"
        print_error(f"{count(bounds, 'SKU')} under at_least or at_most: {said}.")


def _read_table(path: Path) -> bytes:
    """Return what is in the file *path*, or on stdin for `-`, if it is not too large.

    Raises InputError where it cannot be read.
    """
    try:
        with sys.stdin.buffer if path == STDIO else path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror}; name a file that a spreadsheet saved as CSV"
        raise InputError([Problem(str(path), 0, 0, message)]) from None
