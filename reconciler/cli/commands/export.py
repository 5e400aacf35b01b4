"""`reconciler export`: save the declared stock as CSV."""

import io
import os
import sys
from pathlib import Path

import click

from reconciler.app.snapshot import read_stocks
from reconciler.app.stores import load_store
from reconciler.cli.console import Console
from reconciler.cli.output import STDIO, save_text
from reconciler.cli.params import FILE, GlobalFlags, shop_options
from reconciler.cli.streams import print_text
from reconciler.desired.spreadsheet.write import render_table
from reconciler.errors import UsageError
from reconciler.exit_codes import ExitCode
from reconciler.render.wording import count

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@click.command("export")
@click.option(
    "--csv",
    "out",
    type=FILE,
    default=STDIO,
    metavar="FILE",
    help="File to write.  [default: stdout]",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing FILE.")
@click.option("--live", is_flag=True, help="Add a column with the live stock.")
@click.option(
    "--delimiter",
    type=click.Choice([*_DELIMITERS]),
    default="comma",
    show_default=True,
    help="Separator between cells. Some spreadsheets need a semicolon.",
)
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    out: Path,
    overwrite: bool,
    live: bool,
    delimiter: str,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Save the declared stock as a CSV file in UTF-8.

    Fill in the column Counted, and read the file back with `count --csv`.
    """
    if out != STDIO and out.is_file() and not overwrite:
        raise UsageError(
            f"{out} exists, and may contain a count. Name another file, or pass --overwrite."
        )
    console = Console(flags)
    context = flags.one_store()
    desired = load_store(context)
    stocks = None
    if live:
        connection = console.connection(token_file, parallelism)
        seen, _ = read_stocks(context, desired, connection, console, desired.declared)
        stocks = {sku: one.stock for sku, one in seen.items()}
    text = render_table(desired.declared.values(), stocks, _DELIMITERS[delimiter])
    is_whole = stocks is None or len(stocks) == len(desired.declared)
    if out == STDIO and "##[" in text and "GITHUB_ACTIONS" in os.environ:
        raise UsageError(
            "The table contains a command for GitHub's runner, so it is not printed here. Save"
            " it with --csv FILE."
        )
    if out == STDIO:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # independent of the terminal
        print_text(text)
    else:
        save_text(text, out, "the table")
        console.notice(f"{count(len(desired.declared), 'SKU')} saved to {out}.")
    return ExitCode.DONE if is_whole else ExitCode.INPUT
