"""`reconciler set`: change levels in the YAML, from arguments or a spreadsheet."""

from pathlib import Path

import click

from reconciler.app.assignments import BOUNDS, parse_assignments, resolve_level
from reconciler.app.editing import WorkingCopy, edit_store, load_working_copy
from reconciler.app.stocktaking import take_table
from reconciler.cli.completion import complete_assignment
from reconciler.cli.console import Console
from reconciler.cli.output import read_csv
from reconciler.cli.params import FILE, GlobalFlags, shared_options
from reconciler.desired.known_skus import find_known_skus
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.errors import UsageError
from reconciler.render.wording import count


@click.command("set")
@click.argument(
    "assignments", nargs=-1, metavar="SKU=70|infinite…", shell_complete=complete_assignment
)
@click.option(
    "--csv",
    "table",
    type=FILE,
    metavar="FILE",
    help="Read levels from another system's CSV file.",
)
@click.option("--live", is_flag=True, hidden=True)
@click.option("--as-of", hidden=True)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@shared_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    assignments: tuple[str, ...],
    table: Path | None,
    live: bool,
    as_of: str | None,
    yes: bool,
) -> int:
    """Change levels in the YAML files.

    For counted stock, use `count`. For deliveries, use `adjust`. SKU=+20 works only under the rule
    exact.

    All changes are made, or none. This command does not contact the shop.
    """
    if live or as_of:
        raise UsageError(
            "--live and --as-of no longer exist. Use `reconciler adjust SKU=+20` for a"
            " delivery, or `reconciler count SKU=11` for a count."
        )
    if bool(assignments) == (table is not None):
        raise UsageError("Pass either SKUs, like TEE-BLK-M=70, or a table with --csv.")
    console = Console(flags)
    working = load_working_copy(flags.one_store())
    declared = working.desired.declared
    if table is not None:
        return _set_from_table(working, table, console, yes=yes)
    parsed = parse_assignments(assignments, find_known_skus(working.desired))
    if undeclared := next((one.sku for one in parsed if one.sku not in declared), None):
        raise UsageError(f"{undeclared} has no level. Declare it in a file first.")
    wanted = {one.sku: resolve_level(declared[one.sku], one) for one in parsed}
    return edit_store(working, wanted, console, asks=False)


def _set_from_table(working: WorkingCopy, table: Path, console: Console, *, yes: bool) -> int:
    declared = working.desired.declared
    content = read_csv(table, asks=not yes)
    taken = take_table(working, table.as_posix(), content, Purpose.SET, console)
    levels = {sku: stock for sku, stock in taken.stocks.items() if sku in declared}
    bounds = [sku for sku in levels if declared[sku].rule in BOUNDS]
    if bounds:
        many = count(len(bounds), "SKU")
        console.notice(f"{many} under at_least or at_most skipped: a bound is not a level.")
    wanted = {sku: stock for sku, stock in levels.items() if sku not in bounds}
    return edit_store(working, wanted, console, asks=not yes)
