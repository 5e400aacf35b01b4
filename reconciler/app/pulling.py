"""`pull`: the shop's own numbers into the YAML."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from reconciler.app.connect import Connection
from reconciler.app.context import StoreContext
from reconciler.app.editing import load_working_copy
from reconciler.app.quantities import BOUNDS
from reconciler.app.reporter import Reporter
from reconciler.app.snapshot import read_stocks
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.editor.serialize import can_be_spelled
from reconciler.errors import UsageError
from reconciler.exit_codes import ExitCode
from reconciler.render.wording import count


def pull_stocks(
    context: StoreContext, globs: Sequence[str], connection: Connection, reporter: Reporter
) -> ExitCode:
    """Let the files declare what the shop has of the SKUs that *globs* name, or of all.

    What is declared under a bound stays as it is unless a glob names it. Raises UsageError if no
    SKU is meant.
    """
    working = load_working_copy(context)
    declared = working.desired.declared
    skus = [
        sku
        for sku, entry in declared.items()
        if (any(fnmatchcase(sku, glob) for glob in globs) if globs else entry.rule not in BOUNDS)
    ]
    if not skus:
        raise UsageError("no declared SKU is called like that; nothing was read")
    live = read_stocks(context, working.desired, connection, reporter, skus)
    code = ExitCode.DONE if live.keys() == set(skus) else ExitCode.INPUT
    wanted = {sku: Wanted(stock) for sku, stock in live.items() if can_be_spelled(stock)}
    for sku in live.keys() - wanted.keys():
        reporter.say(f"Left alone: {sku}: the shop has {live[sku]}, which cannot be declared")
    differing = working.differing(wanted)
    if not globs and (bounds := len(declared) - len(skus)):
        reporter.notice(f"{count(bounds, 'SKU')} under at_least or at_most: left as declared.")
    if not differing:
        reporter.say(_nothing_to_change(len(wanted), len(skus)))
        return code
    working.show(differing, reporter)
    working.save(differing)
    reporter.say(f"{count(len(differing), 'SKU')} changed. Look at it: git diff")
    return code


def _nothing_to_change(same: int, read: int) -> str:
    """Return why nothing changes: *same* of the *read* SKUs are declared as the shop has them."""
    if same == read:
        return f"Nothing to change: {count(read, 'SKU')} declared as the shop has them."
    left = f"{count(read - same, 'SKU')} left alone, see above"
    return f"Nothing changed. {count(same, 'SKU')} declared as the shop has them; {left}."
