"""`reconciler import`: what a shop has and no file declares → YAML."""

from pathlib import Path

import click

from reconciler.app.context import StoreContext
from reconciler.app.editing import load_working_copy
from reconciler.app.importing import ImportRequest, begin_store, import_skus, require_stores
from reconciler.cli.console import Console
from reconciler.cli.params import GlobalFlags, shop_options


@click.command("import")
@click.option("--site", metavar="ID", help="The site of a new store, which --store names.")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only SKUs whose code is like this, such as 'TEE-*'; may be given again.",
)
@click.option(
    "--pin",
    is_flag=True,
    help="Declare SKUs without a code of their own too, by the store's id.",
)
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    site: str | None,
    globs: tuple[str, ...],
    pin: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Write the YAML of SKUs that the shop has and no file declares yet.

    For a new store, with --site and --store, its store.yaml too. What is declared already is not
    touched: a second import adds what is new where it belongs. Nothing is written to the shop.
    """
    console = Console(flags)
    if site:
        working = begin_store(flags.inventory, flags.store, site.lower())
        context = StoreContext(flags.store[0], flags.inventory)
    else:
        require_stores(flags.inventory)
        context = flags.one_store()
        working = load_working_copy(context, may_be_empty=True)
    connection = console.connection(token_file, parallelism)
    import_skus(context, working, ImportRequest(globs, pin), connection, console)
    return 0
