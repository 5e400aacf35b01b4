"""A spreadsheet → the counts in it, into the files of a store."""

from reconciler.app.editing import WorkingCopy, edit_store
from reconciler.app.quantities import BOUNDS, day_of_count
from reconciler.app.reporter import Reporter
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.spreadsheet.read import Sheet, read_sheet
from reconciler.exit_codes import ExitCode
from reconciler.model import Declared, Rule, Stock
from reconciler.render.wording import count


def take_counts(
    working: WorkingCopy,
    path: str,
    content: bytes,
    reporter: Reporter,
    *,
    as_of: str | None,
    asks: bool,
) -> ExitCode:
    """Take the counts of a table, after a look at what that changes.

    Raises:
        InputError: The table at *path* is not one that can be read.
    """
    declared = working.desired.declared
    sheet = read_sheet(path, content, declared)
    bounds = [sku for sku in sheet.counts if declared[sku].rule in BOUNDS]
    wanted = {
        sku: Wanted(stock, _day(declared[sku], stock, sheet, as_of))
        for sku, stock in sheet.counts.items()
        if sku not in bounds
    }
    _notice_columns(working, sheet, len(bounds), reporter)
    may_assert = not sheet.left_empty
    return edit_store(working, wanted, reporter, as_of=as_of, asks=asks, may_assert=may_assert)


def _day(entry: Declared, stock: Stock, sheet: Sheet, as_of: str | None) -> str | None:
    """Return the day of a number of the table that is a count, and so meant even if not new."""
    if as_of is not None:
        return as_of
    is_count = entry.rule is Rule.ON_CHANGE and (sheet.is_counted or stock != entry.stock)
    return day_of_count(entry) if is_count else None


def _notice_columns(working: WorkingCopy, sheet: Sheet, bounds: int, reporter: Reporter) -> None:
    """Say which columns were taken, and what of the table and of the files is left alone."""
    declared = working.desired.declared
    ignored = f"; not used: {', '.join(sheet.ignored)}" if sheet.ignored else ""
    reporter.notice(
        f"SKU is the column {sheet.columns[0]}, quantity the column {sheet.columns[1]}"
        f"{ignored} ({sheet.delimiter} between cells)."
    )
    if sheet.left_empty:
        said = "so what differs from what is declared is taken from the other"
        reporter.notice(f"The column {sheet.left_empty} is empty, {said}.")
    if sheet.empty:
        reporter.notice(f"{count(sheet.empty, 'row')} without a quantity: not counted, left alone.")
    if missing := len(declared) - sheet.rows:
        reporter.notice(f"{count(missing, 'declared SKU')} not in the table: left alone.")
    if bounds:
        said = "what is declared is a bound and no count, left alone"
        reporter.notice(f"{count(bounds, 'SKU')} under at_least or at_most: {said}.")
