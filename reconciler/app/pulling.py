"""`pull`: the shop's own numbers into the YAML."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from reconciler.app.assignments import BOUNDS
from reconciler.app.base import load_base
from reconciler.app.connect import Connection
from reconciler.app.context import StoreContext
from reconciler.app.editing import load_working_copy
from reconciler.app.memory import refresh_record
from reconciler.app.reporter import Reporter
from reconciler.app.snapshot import read_stocks
from reconciler.desired.editor.serialize import can_be_spelled
from reconciler.errors import UsageError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import open_repository
from reconciler.model import Base, DesiredState, Rule, Seen
from reconciler.plan.reference import References
from reconciler.render.wording import count


def pull_stocks(
    context: StoreContext, globs: Sequence[str], connection: Connection, reporter: Reporter
) -> ExitCode:
    """Let the files declare what the shop has of the SKUs that *globs* name, or of all.

    What is declared under a bound stays as it is unless a glob names it. Raises UsageError if no
    SKU is meant.
    """
    working = load_working_copy(context)
    settings = working.desired.settings
    repository = open_repository(context.inventory)
    refresh_record(repository, settings, reporter)
    base = load_base(context, settings, None, None).base
    declared = working.desired.declared
    skus = [
        sku
        for sku, entry in declared.items()
        if (any(fnmatchcase(sku, glob) for glob in globs) if globs else entry.rule not in BOUNDS)
    ]
    if not skus:
        raise UsageError("No declared SKU matches. Nothing was read.")
    seen, at = read_stocks(context, working.desired, connection, reporter, skus)
    code = ExitCode.DONE if seen.keys() == set(skus) else ExitCode.INPUT
    taken = _take(working.desired, base, seen, reporter)
    wanted = {sku: one.stock for sku, one in taken.items()}
    differing = working.differing(wanted)
    if not globs and (bounds := len(declared) - len(skus)):
        reporter.notice(f"{count(bounds, 'SKU')} under at_least or at_most kept as declared.")
    if not differing:
        reporter.say(_nothing_to_change(len(wanted), len(skus)))
        return code
    working.show(differing, reporter)
    working.save(differing, taken, at)
    working.remove_consumed(base)
    reporter.say(f"{count(len(differing), 'SKU')} changed. Check with `git diff`.")
    return code


def _take(
    desired: DesiredState, base: Base | None, seen: Mapping[str, Seen], reporter: Reporter
) -> dict[str, Seen]:
    """Return what of *seen* goes into the files; the reporter is told of the rest."""
    odd = {sku for sku, one in seen.items() if not can_be_spelled(one.stock)}
    for sku in sorted(odd):
        reporter.say(f"Skipped {sku}: the shop has {seen[sku].stock}, which YAML can't declare.")
    in_doubt = {key for one in (base.pending if base else ()) for key in one.keys} & seen.keys()
    for sku in sorted(in_doubt - odd):
        reporter.say(
            f"Skipped {sku}: a write of a crashed apply is in doubt. See `reconciler plan`."
        )
    odd |= in_doubt
    pending = _find_pending(desired, base, seen)
    for sku in sorted(pending - odd):
        reporter.say(
            f"Skipped {sku}: {desired.declared[sku].stock} is declared, but not applied yet."
            " Apply it, or restore the number, and pull again."
        )
    return {sku: one for sku, one in seen.items() if sku not in odd | pending}


def _find_pending(desired: DesiredState, base: Base | None, seen: Mapping[str, Seen]) -> set[str]:
    """Return the SKUs whose level no apply has dealt with: to pull would drop that number."""
    references = References(base, desired)
    known = {
        sku: references.look_up(desired.declared[sku], one.sku_id)
        for sku, one in seen.items()
        if desired.declared[sku].rule is Rule.ON_CHANGE and desired.declared[sku].stock != one.stock
    }
    return {sku for sku, one in known.items() if one is not None and one.has_changed}


def _nothing_to_change(same: int, read: int) -> str:
    """Return why nothing changes: *same* of the *read* SKUs are declared as the shop has them."""
    if same == read:
        return f"Nothing to change: {count(read, 'SKU')} declared as the shop has them."
    left = f"{count(read - same, 'SKU')} skipped, see above"
    return f"Nothing changed. {count(same, 'SKU')} declared as the shop has them. {left}."
