"""`reconciler set`: other declared quantities, by hand or from a spreadsheet."""

from pathlib import Path

import click

from reconciler.app.editing import EditRequest, WorkingCopy, edit_store, load_working_copy
from reconciler.app.quantities import parse_assignments, resolve_assignment
from reconciler.app.snapshot import read_stocks
from reconciler.app.stocktaking import take_counts
from reconciler.cli.completion import complete_assignment
from reconciler.cli.console import Console, has_terminal
from reconciler.cli.output import STDIO, read_table
from reconciler.cli.params import DAY, FILE, GlobalFlags, shop_options
from reconciler.desired.reader.document import MAX_BYTES
from reconciler.errors import UsageError


@click.command("set")
@click.argument(
    "assignments", nargs=-1, metavar="SKU=70|+20|-3|infinite…", shell_complete=complete_assignment
)
@click.option(
    "--csv",
    "table",
    type=FILE,
    metavar="FILE",
    help="Take the numbers from a spreadsheet saved as CSV: a stocktake.",
)
@click.option("--live", is_flag=True, help="Let + and - count from what the shop has now.")
@click.option(
    "--as-of",
    type=DAY,
    metavar="DAY",
    help="The day of the count, which asserts a number anew under on_change.  [default: today,"
    " for what --csv takes from a column for counts, and for what differs]",
)
@click.option("--yes", is_flag=True, help="Do not ask before taking a spreadsheet's numbers.")
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    assignments: tuple[str, ...],
    table: Path | None,
    live: bool,
    as_of: str | None,
    yes: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Change declared quantities in the files, and nothing else of them.

    All of what is asked is done, or none of it. Nothing is written to the shop.
    """
    if bool(assignments) == (table is not None):
        raise UsageError("name SKUs, like TEE-BLK-M=70, or a table with --csv, one of both")
    console = Console(flags)
    context = flags.one_store()
    working = load_working_copy(context)
    declared = working.desired.declared
    if table is not None:
        if live:
            raise UsageError("--live is for + and -; a table holds what was counted")
        return _take_table(console, working, table, as_of, yes=yes)
    parsed = parse_assignments(assignments, declared)
    seen = None
    if live:
        connection = console.connection(token_file, parallelism)
        names = [one.sku for one in parsed if one.stock is None]
        seen = read_stocks(context, working.desired, connection, console, names)
    wanted = {one.sku: resolve_assignment(declared[one.sku], one, seen, as_of) for one in parsed}
    return edit_store(working, wanted, console, EditRequest(as_of, seen=seen))


def _take_table(
    console: Console, working: WorkingCopy, table: Path, as_of: str | None, *, yes: bool
) -> int:
    if not yes and (table == STDIO or not has_terminal()):
        raise UsageError("there is no terminal to ask on; add --yes, and read the diff")
    content = read_table(table, MAX_BYTES)
    return take_counts(working, table.as_posix(), content, console, as_of=as_of, asks=not yes)
