"""`reconciler history`: show all that is known about one SKU."""

from pathlib import Path

import click

from reconciler.app.history import add_live, read_history
from reconciler.cli.completion import complete_sku
from reconciler.cli.console import Console
from reconciler.cli.params import GlobalFlags, shop_options
from reconciler.cli.streams import print_text
from reconciler.exit_codes import ExitCode
from reconciler.model.codec import as_data, dump_json
from reconciler.render.history import render_history


@click.command("history")
@click.argument("sku", shell_complete=complete_sku)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--live", is_flag=True, help=("Add the live stock, and the sales since the last apply.")
)
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    sku: str,
    format_: str,
    live: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Show the history of one SKU from git and the records.

    Each line is one event: declared, counted, adjusted, observed, or applied. The newest is last. A
    renamed SKU keeps its history.
    """
    console = Console(flags)
    context = flags.one_store()
    history = read_history(context, sku, console)
    if live:
        connection = console.connection(token_file, parallelism)
        history = add_live(context, history, connection, console)
    if format_ == "json":
        print_text(dump_json(as_data(history)) + "\n")
    else:
        console.lines(render_history(history))
    return ExitCode.DONE
