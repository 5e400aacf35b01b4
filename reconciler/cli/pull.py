"""`reconciler pull`: the shop's own numbers into the YAML."""

from fnmatch import fnmatchcase
from pathlib import Path

import click

from reconciler.cli.completion import complete_sku
from reconciler.cli.console import print_error
from reconciler.cli.editing import load_working, read_stocks
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.signals import Ending
from reconciler.cli.stages import Access, Allowances
from reconciler.desired.edit import Wanted
from reconciler.desired.spelling import MAX_QUANTITY
from reconciler.errors import UsageError
from reconciler.model import InventoryType, Rule, Stock
from reconciler.render.rows import count

_BOUNDS = frozenset({Rule.AT_LEAST, Rule.AT_MOST})


@click.command("pull")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    shell_complete=complete_sku,
    help="Only SKUs that are called like this, such as 'TEE-*'; may be given again.",
)
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options, globs: tuple[str, ...], parallelism: int, token_file: Path | None
) -> int:
    """Let the files declare what the shop has now; only values that differ are touched.

    What is declared under at_least and at_most is a bound, no count, and stays as it is unless
    --sku names it.
    """
    working = load_working(options, options.one_store())
    declared = working.desired.declared
    skus = [
        sku
        for sku, entry in declared.items()
        if (any(fnmatchcase(sku, glob) for glob in globs) if globs else entry.rule not in _BOUNDS)
    ]
    if not skus:
        raise UsageError("no declared SKU is called like that; nothing was read")
    access = Access(token_file, parallelism, Ending(), Allowances())
    live = read_stocks(options, working.desired, access, skus)
    wanted = {sku: Wanted(stock) for sku, stock in live.items() if _can_be_declared(stock)}
    for sku in live.keys() - wanted.keys():
        print_error(f"Left alone: {sku}: the shop has {live[sku]}, which cannot be declared")
    differing = working.differing(wanted)
    if not globs and (bounds := len(declared) - len(skus)) and not options.quiet:
        print_error(f"{count(bounds, 'SKU')} under at_least or at_most: left as declared.")
    if not differing:
        print_error("Nothing to change: the files declare what the shop has.")
        return 0
    working.say(differing)
    working.save(differing)
    print_error(f"{count(len(differing), 'SKU')} changed. Look at it: git diff")
    return 0


def _can_be_declared(stock: Stock) -> bool:
    if stock.inventory_type is InventoryType.INFINITE:
        return True
    return isinstance(stock.quantity, int) and 0 <= stock.quantity <= MAX_QUANTITY
