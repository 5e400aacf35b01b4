"""A spreadsheet → the numbers in it, with a word about how it was understood."""

from reconciler.app.editing import WorkingCopy
from reconciler.app.reporter import Reporter
from reconciler.desired.known_skus import find_known_skus
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.desired.spreadsheet.read import Table, read_table
from reconciler.render.wording import count


def take_table(
    working: WorkingCopy,
    path: str,
    content: bytes,
    purpose: Purpose,
    reporter: Reporter,
    *,
    may_be_new: bool = False,
) -> Table:
    """Return the numbers of the table at *path*, and say which columns were taken.

    Raises:
        InputError: The table can't be read, or is for another command.
    """
    known = find_known_skus(working.desired)
    table = read_table(path, content, known, purpose, may_be_new=may_be_new)
    ignored = f" Not used: {', '.join(table.ignored)}." if table.ignored else ""
    reporter.notice(
        f"Columns: SKU = {table.columns[0]}, quantity = {table.columns[1]}, separator"
        f" {table.delimiter}.{ignored}"
    )
    if table.left_empty:
        reporter.notice(f"The column {table.left_empty} is empty, so the other one is used.")
    if table.empty:
        reporter.notice(f"{count(table.empty, 'row')} without a number skipped.")
    if missing := len(working.desired.declared.keys() - table.seen):
        reporter.notice(f"{count(missing, 'declared SKU')} not in the table, unchanged.")
    return table
