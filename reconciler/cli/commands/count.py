"""`reconciler count`: write counts to an event file."""

from datetime import datetime
from pathlib import Path

import click

from reconciler.app.assignments import resolve_counts
from reconciler.app.editing import load_working_copy
from reconciler.app.event_writing import EventRequest, add_event
from reconciler.cli.completion import complete_assignment
from reconciler.cli.console import Console
from reconciler.cli.event_units import UnitsRequest, read_units
from reconciler.cli.params import FILE, GlobalFlags, event_options
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.errors import UsageError


@click.command("count")
@click.argument("assignments", nargs=-1, metavar="SKU=11…", shell_complete=complete_assignment)
@click.option(
    "--csv", "table", type=FILE, metavar="FILE", help="Read the column Counted of a CSV file."
)
@event_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    assignments: tuple[str, ...],
    table: Path | None,
    at: datetime | None,
    reason: str,
    new: bool,
    yes: bool,
) -> int:
    """Write an event file with counted stock.

    Apply sets the counted number, minus sales and plus deliveries since the count. This command
    does not contact the shop.
    """
    if bool(assignments) == (table is not None):
        raise UsageError("Pass either SKUs, like TEE-BLK-M=11, or a table with --csv.")
    console = Console(flags)
    context = flags.one_store()
    working = load_working_copy(context, may_be_empty=True)
    asked = UnitsRequest(assignments, table, new, yes)
    counts = read_units(asked, Purpose.COUNT, resolve_counts, working, console)
    request = EventRequest(at, reason, is_count=True, asks=asked.asks)
    return add_event(context, working, counts, request, console)
