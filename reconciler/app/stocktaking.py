"""A spreadsheet → the counts in it, into the files of a store."""

from reconciler.app.editing import EditRequest, WorkingCopy, edit_store
from reconciler.app.quantities import BOUNDS, day_of_count
from reconciler.app.reporter import Reporter
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.spreadsheet.read import Table, read_table
from reconciler.exit_codes import ExitCode
from reconciler.model import Declared, Rule
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
    table = read_table(path, content, declared)
    bounds = [sku for sku in table.counts if declared[sku].rule in BOUNDS]
    wanted = {
        sku: Wanted(stock, _day(declared[sku], table, as_of))
        for sku, stock in table.counts.items()
        if sku not in bounds
    }
    _notice_columns(working, table, len(bounds), reporter)
    may_assert = not table.left_empty
    request = EditRequest(as_of, asks, may_assert)
    return edit_store(working, wanted, reporter, request)


def _day(entry: Declared, table: Table, as_of: str | None) -> str | None:
    """Return the day of a number that somebody counted; a system's number only declares a level."""
    if as_of is not None:
        return as_of
    is_count = entry.rule is Rule.ON_CHANGE and table.is_counted
    return day_of_count(entry) if is_count else None


def _notice_columns(working: WorkingCopy, table: Table, bounds: int, reporter: Reporter) -> None:
    """Say which columns were taken, and what of the table and of the files is left alone."""
    declared = working.desired.declared
    ignored = f"; not used: {', '.join(table.ignored)}" if table.ignored else ""
    reporter.notice(
        f"SKU is the column {table.columns[0]}, quantity the column {table.columns[1]}"
        f"{ignored} ({table.delimiter} between cells)."
    )
    if table.left_empty:
        said = "so what differs from what is declared is taken from the other"
        reporter.notice(f"The column {table.left_empty} is empty, {said}.")
    if table.empty:
        reporter.notice(f"{count(table.empty, 'row')} without a quantity: not counted, left alone.")
    if missing := len(declared) - table.rows:
        reporter.notice(f"{count(missing, 'declared SKU')} not in the table: left alone.")
    if bounds:
        said = "what is declared is a bound and no count, left alone"
        reporter.notice(f"{count(bounds, 'SKU')} under at_least or at_most: {said}.")
