"""`reconciler report`: the shop over time, as an HTML page."""

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
    help="HTML file to write; - is stdout; a folder gets one file for each store.",
)
@click.option("--live", is_flag=True, help="Add what the shop has now, and what was sold.")
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags, out: Path, live: bool, parallelism: int, token_file: Path | None
) -> int:
    """Write a page with the stock of each SKU over time, applies, and low stock.

    It reads git alone. With --live it also reads the shop: stock now, orders, and drift. One file
    holds all stores that are named, or one each if FILE is a folder.
    """
    console = Console(flags)
    now = datetime.now(UTC)
    overviews: list[Overview] = []

    def work(context: StoreContext) -> ExitCode:
        overview = read_overview(context, console, now)
        if live:
            # Only this pays for an HTTP client.
            add_live = import_module("reconciler.app.live_overview").add_live
            connection = console.connection(token_file, parallelism)
            overview = add_live(context, overview, connection, console)
        overviews.append(overview)
        return ExitCode.DONE

    code = console.for_each_store(work) if flags.means_several else work(flags.one_store())
    _save(overviews, out, console)
    return code


def _save(overviews: list[Overview], out: Path, console: Console) -> None:
    """Write one page of all stores, or one each into a folder."""
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
