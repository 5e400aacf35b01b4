"""`reconciler pull`: the shop's own numbers into the YAML."""

from fnmatch import fnmatchcase
from pathlib import Path

import click

from reconciler.cli.completion import complete_sku
from reconciler.cli.console import print_error
from reconciler.cli.editing import BOUNDS, load_working, read_stocks
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.stages import Access
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.editor.serialize import can_be_spelled
from reconciler.errors import InputError, UsageError
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count


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

    Exits 65 when the YAML names SKUs that the store does not have or cannot tell apart.

    What is declared under at_least and at_most is a bound, no count, and stays as it is unless
    --sku names it.
    """
    working = load_working(options, options.one_store())
    declared = working.desired.declared
    skus = [
        sku
        for sku, entry in declared.items()
        if (any(fnmatchcase(sku, glob) for glob in globs) if globs else entry.rule not in BOUNDS)
    ]
    if not skus:
        raise UsageError("no declared SKU is called like that; nothing was read")
    access = Access(token_file, parallelism)
    live = read_stocks(options, working.desired, access, skus)
    code = 0 if live.keys() == set(skus) else InputError.exit_code
    wanted = {sku: Wanted(stock) for sku, stock in live.items() if can_be_spelled(stock)}
    for sku in live.keys() - wanted.keys():
        said = f"Left alone: {sku}: the shop has {live[sku]}, which cannot be declared"
        print_error(safe_text(said))
    differing = working.differing(wanted)
    if not globs and (bounds := len(declared) - len(skus)) and not options.quiet:
        print_error(f"{count(bounds, 'SKU')} under at_least or at_most: left as declared.")
    if not differing:
        print_error(_nothing_to_change(len(wanted), len(skus)))
        return code
    working.say(differing)
    working.save(differing)
    print_error(f"{count(len(differing), 'SKU')} changed. Look at it: git diff")
    return code


def _nothing_to_change(same: int, read: int) -> str:
    """Return why nothing changes: *same* of the *read* SKUs are declared as the shop has them."""
    if same == read:
        return f"Nothing to change: {count(read, 'SKU')} declared as the shop has them."
    left = f"{count(read - same, 'SKU')} left alone, see above"
    return f"Nothing changed. {count(same, 'SKU')} declared as the shop has them; {left}."
