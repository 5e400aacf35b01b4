"""`reconciler export`: the declared stock as a table for a spreadsheet."""

import io
import sys
from pathlib import Path

import click

from reconciler.cli.console import print_error, print_text
from reconciler.cli.editing import read_stocks
from reconciler.cli.loading import load_desired
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.plan import STDIO, save_text
from reconciler.cli.stages import Access
from reconciler.desired.spreadsheet.write import render_sheet
from reconciler.errors import InputError, UsageError
from reconciler.render.wording import count

_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}


@click.command("export")
@click.option(
    "--csv",
    "out",
    type=click.Path(path_type=Path),
    default=STDIO,
    metavar="FILE",
    help="Where to save the table.  [default: stdout]",
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if there is one.")
@click.option("--live", is_flag=True, help="Add a column with what the shop has now.")
@click.option(
    "--delimiter",
    type=click.Choice([*_DELIMITERS]),
    default="comma",
    show_default=True,
    help="What separates the cells; some spreadsheets want a semicolon.",
)
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options,
    out: Path,
    overwrite: bool,
    live: bool,
    delimiter: str,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Save the declared stock as CSV, in UTF-8 as spreadsheets open it.

    `set --csv` takes the table again, with what was counted in the column Counted.
    """
    if out != STDIO and out.is_file() and not overwrite:
        raise UsageError(f"{out} is there, and may hold a count; name another, or --overwrite it")
    desired = load_desired(options, options.one_store())
    stocks = None
    if live:
        access = Access(token_file, parallelism)
        stocks = read_stocks(options, desired, access, desired.declared)
    text = render_sheet(desired.declared.values(), stocks, _DELIMITERS[delimiter])
    code = InputError.exit_code if stocks is not None and len(stocks) < len(desired.declared) else 0
    if out == STDIO:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the terminal's is
        print_text(text)
    else:
        save_text(text, out, "the table")
        if not options.quiet:
            print_error(f"{count(len(desired.declared), 'SKU')} saved to {out}.")
    return code
