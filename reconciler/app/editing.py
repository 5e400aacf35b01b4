"""The files of a store as they are edited: read, changed, shown, and written back."""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.atomic_files import replace_files
from reconciler.desired.editor.store_edit import revise
from reconciler.desired.files import read_files
from reconciler.desired.loader import build_desired
from reconciler.desired.observations import write_observation
from reconciler.errors import Problem
from reconciler.exit_codes import ExitCode
from reconciler.model import Base, DesiredState, Rule, Seen, Stock
from reconciler.plan.rules import is_frozen
from reconciler.render.wording import count, first_of


class WorkingCopy(Struct, frozen=True):
    """A store's files on disk, with the settings first, and the desired state in them."""

    files: Mapping[str, bytes]
    desired: DesiredState
    new_settings: str | None = None
    """The path of the settings, if they are not on disk yet."""

    @property
    def folder(self) -> str:
        """Return the store's folder, as the paths of the files begin with it."""
        return next(iter(self.files)).rpartition("/")[0]

    def save(
        self,
        wanted: Mapping[str, Stock],
        seen: Mapping[str, Seen] | None = None,
        at: datetime | None = None,
    ) -> None:
        """Write files that declare *wanted*, and an observation of the stocks *seen*.

        Raises:
            EditError: Nothing was changed.
        """
        contents = revise(self.desired, self.files, wanted)
        observed = self.observe(seen, at) if seen and at else {}
        replace_files(contents | observed, self.files)

    def observe(self, seen: Mapping[str, Seen], at: datetime) -> dict[str, bytes]:
        """Return a new observation of the stocks *seen* at a time, by its path. Empty for none.

        The time is by the shop's clock, like the times of applies.
        """
        if not seen:
            return {}
        name, text = write_observation(seen, at)
        return {f"{self.folder}/{name}": text.encode()}

    def remove_consumed(self, base: Base | None) -> None:
        """Delete the observations that an apply has dealt with."""
        for one in self.desired.observations:
            if base is not None and one.id in base.consumed:
                with contextlib.suppress(OSError):
                    Path(one.path).unlink()

    def differing(self, wanted: Mapping[str, Stock]) -> dict[str, Stock]:
        """Return the part of *wanted* that the files don't declare yet."""
        declared = self.desired.declared
        return {sku: stock for sku, stock in wanted.items() if stock != declared[sku].stock}

    def show(self, wanted: Mapping[str, Stock], reporter: Reporter) -> None:
        """Print the declared and the wanted stock, one line per SKU."""
        width = max(map(len, wanted), default=0)
        for sku, stock in wanted.items():
            entry = self.desired.declared[sku]
            reporter.result(f"  {sku:<{width}}  {entry.stock} -> {stock}  ({entry.source})")


def load_working_copy(context: StoreContext, *, may_be_empty: bool = False) -> WorkingCopy:
    """Return a store for editing; raise InputError if its files are invalid."""
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
    working: WorkingCopy, wanted: Mapping[str, Stock], reporter: Reporter, *, asks: bool
) -> ExitCode:
    """Show the changes, ask for confirmation, and edit the files."""
    differing = working.differing(wanted)
    if not differing:
        reporter.say("Nothing to change: the files already declare this.")
        return ExitCode.DONE
    working.show(differing, reporter)
    if asks and not reporter.confirm("Write these to the files? Type yes to continue"):
        reporter.say("Nothing was changed.")
        return ExitCode.FAILED
    working.save(differing)
    declared = working.desired.declared
    changed = len({declared[sku].terms.path for sku in differing})
    reporter.say(
        f"{count(len(differing), 'SKU')} in {count(changed, 'file')}. Check it with `git diff`."
        " `reconciler apply` brings it to the shop."
    )
    _say_unwritten(working, differing, reporter)
    return ExitCode.DONE


def _say_unwritten(
    working: WorkingCopy, differing: Mapping[str, Stock], reporter: Reporter
) -> None:
    """Name the SKUs that no apply writes."""
    declared, settings = working.desired.declared, working.desired.settings
    unwritten = [
        sku for sku in differing if declared[sku].rule is Rule.OBSERVE or is_frozen(sku, settings)
    ]
    if unwritten:
        names = first_of(unwritten)
        reporter.say(f"But apply skips frozen SKUs and those under observe: {names}.")
