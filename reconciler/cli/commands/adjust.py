"""`reconciler adjust`: write adjustments to an event file."""

from datetime import datetime
from pathlib import Path

import click

from reconciler.app.assignments import resolve_adjustments
from reconciler.app.editing import load_working_copy
from reconciler.app.event_closing import close_events
from reconciler.app.event_writing import EventRequest, add_event
from reconciler.cli.completion import complete_assignment
from reconciler.cli.console import Console
from reconciler.cli.event_units import UnitsRequest, read_units
from reconciler.cli.params import FILE, GlobalFlags, event_options
from reconciler.desired.spreadsheet.columns import Purpose
from reconciler.errors import UsageError


@click.command("adjust")
@click.argument("assignments", nargs=-1, metavar="SKU=+20|-3…", shell_complete=complete_assignment)
@click.option(
    "--csv",
    "table",
    type=FILE,
    metavar="FILE",
    help="Read the column Received of a CSV file.",
)
@click.option("--close", is_flag=True, help="Merge old, settled events into one file.")
@event_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    assignments: tuple[str, ...],
    table: Path | None,
    close: bool,
    at: datetime | None,
    reason: str,
    new: bool,
    yes: bool,
) -> int:
    """Write an event file with deliveries (+20) and removals (-3).

    Apply adds these units to the live stock, whatever was sold in between. This command does not
    contact the shop.

    --close merges settled adjustments that are more than 7 days old into one file with the same
    sums, and deletes events that a settled count includes. It changes no stock.
    """
    if [bool(assignments), table is not None, close].count(True) != 1:
        raise UsageError("Pass SKUs, like TEE-BLK-M=+20, a table with --csv, or --close.")
    console = Console(flags)
    context = flags.one_store()
    working = load_working_copy(context, may_be_empty=True)
    if close:
        return close_events(context, working, console, asks=not yes)
    asked = UnitsRequest(assignments, table, new, yes)
    units = read_units(asked, Purpose.ADJUST, resolve_adjustments, working, console)
    return add_event(context, working, units, EventRequest(at, reason, asks=asked.asks), console)
