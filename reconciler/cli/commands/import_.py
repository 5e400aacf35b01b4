"""`reconciler import`: write YAML for undeclared SKUs of the shop."""

from pathlib import Path

import click

from reconciler.app.context import StoreContext
from reconciler.app.editing import load_working_copy
from reconciler.app.importing import ImportRequest, begin_store, import_skus, require_stores
from reconciler.cli.console import Console
from reconciler.cli.params import GlobalFlags, shop_options


@click.command("import")
@click.option("--site", metavar="ID", help="Site id of a new store, which --store names.")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only SKUs whose code matches, for example 'TEE-*' (repeatable).",
)
@click.option(
    "--pin",
    is_flag=True,
    help="Also declare SKUs without a usable code, by the shop's id.",
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
    """Write YAML for SKUs of the shop that no file declares yet.

    With --site and --store, create a new store with its store.yaml. Existing declarations don't
    change. This command does not write to the shop.
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
