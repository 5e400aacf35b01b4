"""The files of a store as they are edited: read, changed, shown, and written back."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from reconciler.app.calendar import today, tomorrow
from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.atomic_files import replace_files
from reconciler.desired.editor.patch import Wanted
from reconciler.desired.editor.store_edit import revise
from reconciler.desired.files import read_files
from reconciler.desired.loader import build_desired
from reconciler.desired.observations import write_observation
from reconciler.desired.reader.scalars import shown
from reconciler.errors import InputError, Problem
from reconciler.exit_codes import ExitCode
from reconciler.model import Base, DesiredState, Rule, Seen
from reconciler.plan.planner import is_frozen
from reconciler.render.wording import count, first_of


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A store's files as they are on disk, its settings first, and what they declare."""

    files: Mapping[str, bytes]
    desired: DesiredState
    new_settings: str | None = None
    """The path of the settings, if they are not on disk yet."""

    @property
    def folder(self) -> str:
        """Return the store's folder, as the paths of the files begin with it."""
        return next(iter(self.files)).rpartition("/")[0]

    def save(self, wanted: Mapping[str, Wanted], seen: Mapping[str, Seen] | None = None) -> None:
        """Let the files declare what is *wanted*, beside an observation of what was *seen*.

        Raises:
            EditError: Nothing was changed.
        """
        contents = revise(self.desired, self.files, wanted)
        replace_files(contents | self.observe(seen or {}), self.files)

    def observe(self, seen: Mapping[str, Seen]) -> dict[str, bytes]:
        """Return a new observation of what was *seen*, by its path; none of nothing."""
        if not seen:
            return {}
        name, text = write_observation(seen, datetime.now(UTC))
        return {f"{self.folder}/{name}": text.encode()}

    def remove_consumed(self, base: Base | None) -> None:
        """Delete the observations that an apply has dealt with."""
        for one in self.desired.observations:
            if base is not None and one.id in base.consumed:
                with contextlib.suppress(OSError):
                    Path(one.path).unlink()

    def differing(self, wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """Return what of *wanted* the files do not declare yet."""
        declared = self.desired.declared
        return {
            sku: one
            for sku, one in wanted.items()
            if one.stock != declared[sku].stock or one.as_of not in {None, declared[sku].as_of}
        }

    def show(self, wanted: Mapping[str, Wanted], reporter: Reporter) -> None:
        """Print the declared and the wanted stock, one line per SKU."""
        width = max(map(len, wanted), default=0)
        for sku, one in wanted.items():
            entry = self.desired.declared[sku]
            changed = f"{entry.stock} -> {one.stock}" if one.stock != entry.stock else one.stock
            day = f", counted {one.as_of}" if one.as_of else ""
            reporter.result(f"  {sku:<{width}}  {changed}{day}  ({entry.source})")


@dataclass(frozen=True, slots=True)
class EditRequest:
    """What is asked of an edit.

    `as_of` is the day that was given; `may_assert` says that what is declared already may be a
    count all the same; `seen` is what the shop has, where the numbers were counted from that.
    """

    as_of: str | None = None
    asks: bool = False
    may_assert: bool = True
    seen: Mapping[str, Seen] | None = None


def load_working_copy(context: StoreContext, *, may_be_empty: bool = False) -> WorkingCopy:
    """Return a store as it can be edited; raise InputError for files that are not acceptable."""
    problems: list[Problem] = []
    files = dict(read_files(context.folder, problems))
    desired = build_desired(
        context.folder.resolve().name,
        context.folder.as_posix(),
        files.items(),
        problems,
        may_be_empty=may_be_empty,
    )
    return WorkingCopy(files, desired)


def edit_store(
    working: WorkingCopy,
    wanted: Mapping[str, Wanted],
    reporter: Reporter,
    request: EditRequest,
) -> ExitCode:
    """Show what differs, ask if that is wanted, and edit the files."""
    differing = working.differing(wanted)
    _refuse_older(working, differing)
    _say_counted_again(working, wanted, reporter)
    if not differing and request.seen:
        working.save({}, request.seen)
        reporter.say("The files declare that already. What the shop has was noted in .seen/.")
        return ExitCode.DONE
    if not differing:
        reporter.say("Nothing to change: the files declare that already.")
        if request.may_assert and request.as_of is None and _can_be_asserted(working, wanted):
            reporter.say("If you counted again and got the same numbers, add --as-of today.")
        return ExitCode.DONE
    working.show(differing, reporter)
    if request.asks and not reporter.confirm("Write these to the files? Type yes to go on"):
        reporter.say("Nothing was changed.")
        return ExitCode.FAILED
    working.save(differing, request.seen)
    declared = working.desired.declared
    changed = len({declared[sku].terms.path for sku in differing})
    reporter.say(
        f"{count(len(differing), 'SKU')} in {count(changed, 'file')}. Look at it: git diff."
        " The shop has it after reconciler apply."
    )
    _say_unwritten(working, differing, reporter)
    return ExitCode.DONE


def _can_be_asserted(working: WorkingCopy, wanted: Mapping[str, Wanted]) -> bool:
    """Return whether a new date would mean something for one of the SKUs."""
    entries = (working.desired.declared[sku] for sku in wanted)
    day = today().isoformat()
    return any(entry.rule is Rule.ON_CHANGE and (entry.as_of or "") < day for entry in entries)


def _say_counted_again(
    working: WorkingCopy, wanted: Mapping[str, Wanted], reporter: Reporter
) -> None:
    """Name the SKUs whose date is that of the count already: it asserts a number only once."""
    declared = working.desired.declared
    again = [sku for sku, one in wanted.items() if one.as_of and one.as_of == declared[sku].as_of]
    if again:
        following = date.fromisoformat(declared[again[0]].as_of or "") + timedelta(days=1)
        day = f"the next day: --as-of {following}" if following <= tomorrow() else "a later day"
        reporter.say(
            f"Counted on that day already: {first_of(again)}. A second count of a day is written"
            " only as far as it changes the number, and in that direction; to assert it, count"
            f" for {day}."
        )


def _say_unwritten(
    working: WorkingCopy, differing: Mapping[str, Wanted], reporter: Reporter
) -> None:
    """Name the SKUs that no apply writes."""
    declared, settings = working.desired.declared, working.desired.settings
    unwritten = [
        sku for sku in differing if declared[sku].rule is Rule.OBSERVE or is_frozen(sku, settings)
    ]
    if unwritten:
        names = first_of(unwritten)
        reporter.say(f"But apply does not write what is frozen or under observe: {names}")


def _refuse_older(working: WorkingCopy, wanted: Mapping[str, Wanted]) -> None:
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
