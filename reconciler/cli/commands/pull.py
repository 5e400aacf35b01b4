"""`reconciler pull`: the shop's own numbers into the YAML."""

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
    help="Only SKUs that are called like this, such as 'TEE-*'; may be given again.",
)
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags, globs: tuple[str, ...], parallelism: int, token_file: Path | None
) -> int:
    """Let the files declare what the shop has now; only values that differ are touched.

    Exits 65 when the YAML names SKUs that the store does not have or cannot tell apart.

    What is declared under at_least and at_most is a bound, no count, and stays as it is unless
    --sku names it.
    """
    console = Console(flags)
    connection = console.connection(token_file, parallelism)
    return pull_stocks(flags.one_store(), globs, connection, console)
