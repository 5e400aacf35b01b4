"""The files of a store as they are edited: read, revised, shown, and written back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import click

from reconciler.atomic_files import replace_files
from reconciler.cli.console import print_error, print_text
from reconciler.cli.days import today, tomorrow
from reconciler.cli.options import Options
from reconciler.cli.stages import Access, open_store, read_live, without_history
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.editor.store_edit import revise
from reconciler.desired.files import read_files
from reconciler.desired.loader import build_desired
from reconciler.desired.reader.scalars import shown
from reconciler.errors import InputError, Problem
from reconciler.model import DesiredState, Finding, Rule, Stock
from reconciler.plan.match import match_skus
from reconciler.plan.planner import is_frozen
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count

# Under these rules what is declared is a bound, and not what anybody counted.
BOUNDS = frozenset({Rule.AT_LEAST, Rule.AT_MOST})


@dataclass(frozen=True, slots=True)
class Working:
    """A store's files as they are on disk, its settings first, and what they declare."""

    files: Mapping[str, bytes]
    desired: DesiredState
    made: str | None = None
    """Which of the files is not on disk yet."""

    def save(self, wanted: Mapping[str, Wanted]) -> None:
        """Let the files declare what is *wanted*; raise EditError with nothing changed."""
        replace_files(revise(self.desired, self.files, wanted), self.files)

    def differing(self, wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """Return what of *wanted* the files do not declare yet."""
        declared = self.desired.declared
        return {
            sku: one
            for sku, one in wanted.items()
            if one.stock != declared[sku].stock or one.as_of not in {None, declared[sku].as_of}
        }

    def say(self, wanted: Mapping[str, Wanted]) -> None:
        """Print what the files declare and what they shall, a line for each SKU."""
        width = max((len(safe_text(sku)) for sku in wanted), default=0)
        for sku, one in wanted.items():
            entry = self.desired.declared[sku]
            changed = f"{entry.stock} -> {one.stock}" if one.stock != entry.stock else one.stock
            day = f", counted {one.as_of}" if one.as_of else ""
            place = safe_text(str(entry.source))
            print_text(f"  {safe_text(sku):<{width}}  {changed}{day}  ({place})\n")


def load_working(options: Options, name: str, *, may_be_empty: bool = False) -> Working:
    """Return the store *name* as it can be edited."""
    folder = options.store_folder(name)
    problems: list[Problem] = []
    files = dict(read_files(folder, problems))
    desired = build_desired(
        folder.resolve().name,
        folder.as_posix(),
        files.items(),
        problems,
        may_be_empty=may_be_empty,
    )
    return Working(files, desired)


def read_stocks(
    options: Options, desired: DesiredState, access: Access, skus: Collection[str]
) -> dict[str, Stock]:
    """Return the live stock of those of *skus* that the store has.

    Those that it does not have, or cannot tell apart, are said on stderr.
    """
    with open_store(options, desired.settings, access) as client:
        scope = without_history(options, desired, frozenset(skus))
        live = read_live(options, scope, client, access)
    matches = match_skus(desired.declared, live.listing.skus)
    for finding in matches.findings:
        if finding.kind.is_error and finding.sku in skus:
            say_finding(finding)
    found = {sku: live.stocks.get(matches.live[sku].sku_id) for sku in skus if sku in matches.live}
    return {sku: stock for sku, stock in found.items() if stock is not None}


def say_finding(finding: Finding) -> None:
    """Say on stderr what is wrong with a SKU."""
    said = f"{finding.sku}: {finding.message} ({finding.source})"
    print_error(safe_text(f"Left alone: {said}"))


def finish(
    working: Working,
    wanted: Mapping[str, Wanted],
    *,
    as_of: str | None,
    ask: bool = False,
    may_assert: bool = True,
) -> int:
    """Show what differs, ask where that is wanted, and edit the files.

    *as_of* is the day that was given; *may_assert* says that what is declared already may be a
    count all the same.
    """
    differing = working.differing(wanted)
    declared = working.desired.declared
    _refuse_older(working, differing)
    _say_counted_again(working, wanted)
    if not differing:
        print_error("Nothing to change: the files declare that already.")
        assertable = (
            declared[sku].rule is Rule.ON_CHANGE
            and (declared[sku].as_of or "") < today().isoformat()
            for sku in wanted
        )
        if may_assert and as_of is None and any(assertable):
            print_error("To assert the same numbers anew, as counted today, add --as-of today.")
        return 0
    working.say(differing)
    if ask and click.prompt("Write these to the files? Only `yes` is taken", err=True) != "yes":
        print_error("Nothing was changed.")
        return 1
    working.save(differing)
    changed = len({declared[sku].terms.path for sku in differing})
    print_error(
        f"{count(len(differing), 'SKU')} in {count(changed, 'file')}. Look at it: git diff."
        " The shop has it after reconciler apply."
    )
    _say_unwritten(working, differing)
    return 0


def _say_counted_again(working: Working, wanted: Mapping[str, Wanted]) -> None:
    """Name the SKUs whose date is that of the count already: it asserts a number only once."""
    declared = working.desired.declared
    again = [sku for sku, one in wanted.items() if one.as_of and one.as_of == declared[sku].as_of]
    if again:
        following = date.fromisoformat(declared[again[0]].as_of or "") + timedelta(days=1)
        day = f"the next day: --as-of {following}" if following <= tomorrow() else "a later day"
        print_error(
            safe_text(
                f"Counted on that day already: {_some(again)}. A second count of a day is written"
                " only as far as it changes the number, and in that direction; to assert it, count"
                f" for {day}."
            )
        )


def _say_unwritten(working: Working, differing: Mapping[str, Wanted]) -> None:
    """Name the SKUs that no apply writes."""
    declared, settings = working.desired.declared, working.desired.settings
    unwritten = [
        sku for sku in differing if declared[sku].rule is Rule.OBSERVE or is_frozen(sku, settings)
    ]
    if unwritten:
        said = f"But apply does not write what is frozen or under observe: {_some(unwritten)}"
        print_error(safe_text(said))


def _refuse_older(working: Working, wanted: Mapping[str, Wanted]) -> None:
    """Raise InputError for counts that are older than those that are declared."""
    problems = []
    for sku, one in wanted.items():
        entry = working.desired.declared[sku]
        if one.as_of is not None and entry.as_of is not None and one.as_of < entry.as_of:
            message = (
                f"{shown(sku)} was counted on {entry.as_of} as it says here, which is after"
                f" {one.as_of}; correct the date, or count for a later day"
            )
            problems.append(Problem(entry.terms.path, entry.line, 1, message))
    if problems:
        raise InputError(problems)


def _some(skus: list[str]) -> str:
    more = f" and {len(skus) - 10} more" if len(skus) > 10 else ""
    return f"{', '.join(skus[:10])}{more}"
