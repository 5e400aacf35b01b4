"""`reconciler pull`: copy live stock into the YAML."""

from pathlib import Path

import click

from reconciler.app.pulling import pull_stocks
from reconciler.cli.completion import complete_sku
from reconciler.cli.console import Console
from reconciler.cli.params import GlobalFlags, shop_options


@click.command("pull")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    shell_complete=complete_sku,
    help="Only SKUs that match, for example 'TEE-*' (repeatable).",
)
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags, globs: tuple[str, ...], parallelism: int, token_file: Path | None
) -> int:
    """Copy live stock into the YAML files.

    Only values that differ change. SKUs under at_least and at_most keep their bounds unless --sku
    names them.

    Exits with 65 if the shop lacks a declared SKU, or has several with its code.
    """
    console = Console(flags)
    connection = console.connection(token_file, parallelism)
    return pull_stocks(flags.one_store(), globs, connection, console)
