"""`count` and `adjust`: write counts or adjustments as one event file."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from reconciler.app.context import StoreContext
from reconciler.app.editing import WorkingCopy
from reconciler.app.editor_schemas import EVENT_SCHEMA, find_schemas
from reconciler.app.reporter import Reporter
from reconciler.atomic_files import replace_files
from reconciler.desired.editor.event_text import NewEvent, name_event, write_event
from reconciler.desired.loader import build_desired
from reconciler.errors import UsageError
from reconciler.exit_codes import ExitCode
from reconciler.model import INFINITE, DesiredState, Rule
from reconciler.plan.event_faults import MAX_AGE
from reconciler.render.wording import count, first_of

# So much may two clocks differ.
_AHEAD = timedelta(minutes=5)


class EventRequest(Struct, frozen=True):
    """The options of an event besides its numbers. The default time is now."""

    at: datetime | None = None
    reason: str = ""
    is_count: bool = False
    asks: bool = False


def add_event(
    context: StoreContext,
    working: WorkingCopy,
    units: Mapping[str, int],
    request: EventRequest,
    reporter: Reporter,
) -> ExitCode:
    """Show an event, ask for confirmation, and write its file, named by date and reason.

    Raises:
        UsageError: Nothing is left to write, the time is in the future, or a rule owns a number.
        InputError: The file would be invalid.
    """
    at = request.at or datetime.now(UTC).astimezone().replace(microsecond=0)
    if at > datetime.now(UTC) + _AHEAD:
        raise UsageError(f"{at.isoformat()} is in the future. Give the time when it happened.")
    if request.is_count and at < datetime.now(UTC) - MAX_AGE:
        raise UsageError(
            f"{at.isoformat()} is more than 7 days ago, so apply would refuse the count. Count"
            " again."
        )
    units = _without_owned(working.desired, units, reporter, is_count=request.is_count)
    _say_twins(working.desired, units, request, reporter)
    event = NewEvent(at, request.reason, units, request.is_count)
    root = f"{working.folder}/"
    name = name_event(event, {path.removeprefix(root) for path in working.files})
    schemas = find_schemas(context.inventory)
    # From the event's folder up to the store's, and from there to the schemas.
    up = "../" * name.count("/")
    content = write_event(event, f"{up}{schemas.folder}/{EVENT_SCHEMA}").encode()
    path = f"{root}{name}"
    files = {**working.files, path: content}
    build_desired(working.desired.settings.name, working.folder, files.items(), [])
    _show(event, path, reporter)
    if request.asks and not reporter.confirm("Write this file? Type yes to continue"):
        reporter.say("Nothing was written.")
        return ExitCode.FAILED
    replace_files({**schemas.missing, path: content}, working.files)
    reporter.say(
        f"{count(len(units), 'SKU')} in {path}. Commit it. `reconciler apply` brings it to the"
        " shop."
    )
    return ExitCode.DONE


def _say_twins(
    desired: DesiredState, units: Mapping[str, int], request: EventRequest, reporter: Reporter
) -> None:
    """Name the files that have one of the SKUs for the same reason: it may be booked already."""
    twins = [
        str(one.source)
        for one in desired.events
        if request.reason and one.file.reason == request.reason and one.sku in units
    ]
    if twins:
        said = f"Note: {first_of(twins)} already has the reason {request.reason}."
        reporter.notice(f"{said} If it is the same delivery, delete one of the files.")


def _without_owned(
    desired: DesiredState, units: Mapping[str, int], reporter: Reporter, *, is_count: bool
) -> Mapping[str, int]:
    """Return *units* without SKUs whose rule owns the number, which are named.

    Raises:
        UsageError: None is left, or units are to be added to an infinite level.
    """
    declared = desired.declared
    owned = [sku for sku in units if sku in declared and declared[sku].rule is not Rule.ON_CHANGE]
    if not is_count and (
        endless := [s for s in units if s in declared and declared[s].stock == INFINITE]
    ):
        raise UsageError(f"{first_of(endless)}: infinite, so nothing can be added. Leave it out.")
    if len(owned) == len(units):
        raise UsageError(
            f"Events need the rule on_change, but {first_of(owned)} has the rule"
            f" {declared[owned[0]].rule}. Use `reconciler set`, or change the rule."
        )
    if owned:
        reporter.notice(
            f"Skipped, because the rule owns the number: {first_of(owned)}. Use `reconciler set`."
        )
    return {sku: number for sku, number in units.items() if sku not in owned}


def _show(event: NewEvent, path: str, reporter: Reporter) -> None:
    """Print the content of the file, and possible problems for the apply."""
    width = max(map(len, event.units))
    for sku, units in event.units.items():
        said = f"{units} counted" if event.is_count else f"{units:+}"
        reporter.result(f"  {sku:<{width}}  {said}")
    reporter.result(f"at {event.at.isoformat(timespec='seconds')}, in {path}")
