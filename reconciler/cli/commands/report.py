"""`reconciler report`: write an HTML page of the shop over time."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from reconciler.app.context import StoreContext
from reconciler.app.reporting import read_overview
from reconciler.cli.console import Console
from reconciler.cli.output import STDIO, save_text
from reconciler.cli.params import FILE, GlobalFlags, shop_options
from reconciler.cli.streams import print_text
from reconciler.exit_codes import ExitCode
from reconciler.model import Overview
from reconciler.render.html.shop_page import render_shop_page


@click.command("report")
@click.option(
    "--out",
    type=FILE,
    metavar="FILE",
    required=True,
    help="HTML file to write (- for stdout), or a folder for one file per store.",
)
@click.option("--live", is_flag=True, help="Add the live stock and the sales.")
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags, out: Path, live: bool, parallelism: int, token_file: Path | None
) -> int:
    """Write a page with the stock of each SKU over time, applies, and low stock.

    It reads only git. With --live, it also reads the shop's stock and orders, and adds drift. FILE
    gets one page for all selected stores. If FILE is a folder, each store gets its own page.
    """
    console = Console(flags)
    now = datetime.now(UTC)
    overviews: list[Overview] = []

    def work(context: StoreContext) -> ExitCode:
        overview = read_overview(context, console, now)
        if live:
            # Loaded only for --live: the HTTP client is slow to import.
            add_live = import_module("reconciler.app.live_overview").add_live
            connection = console.connection(token_file, parallelism)
            overview = add_live(context, overview, connection, console)
        overviews.append(overview)
        return ExitCode.DONE

    code = console.for_each_store(work) if flags.means_several else work(flags.one_store())
    _save(overviews, out, console)
    return code


def _save(overviews: list[Overview], out: Path, console: Console) -> None:
    """Write one page for all stores, or one per store into a folder."""
    pages = {out: overviews} if overviews else {}
    if out.is_dir():
        pages = {out / f"{one.store}.html": [one] for one in overviews}
    for path, ones in pages.items():
        text = render_shop_page(ones)
        if path == STDIO:
            print_text(text)
        else:
            save_text(text, path, "the page")
            console.notice(f"Saved to {path}.")
