"""`adjust --close`: old, settled events → one file with the same sums."""

from collections import defaultdict
from datetime import UTC, datetime

from reconciler.app.base import load_base
from reconciler.app.context import StoreContext
from reconciler.app.editing import WorkingCopy
from reconciler.app.editor_schemas import EVENT_SCHEMA, find_schemas
from reconciler.app.memory import refresh_record
from reconciler.app.reporter import Reporter
from reconciler.atomic_files import replace_files
from reconciler.desired.editor.event_text import NewEvent, name_event, write_event
from reconciler.desired.editor.remove import remove_skus
from reconciler.desired.loader import build_desired
from reconciler.desired.reader.text import decode
from reconciler.errors import NoBaseError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import open_repository
from reconciler.model import Event, format_time
from reconciler.plan.closing import CLOSED, Closing, find_closing
from reconciler.plan.event_faults import MAX_AGE
from reconciler.render.wording import count


def close_events(
    context: StoreContext, working: WorkingCopy, reporter: Reporter, *, asks: bool
) -> ExitCode:
    """Merge settled adjustments, and delete events that a settled count includes.

    Raises:
        NoBaseError: Without a record, it is unknown which events the shop has.
        EditError: A file can't be edited. Nothing was changed.
    """
    settings = working.desired.settings
    refresh_record(open_repository(context.inventory), settings, reporter)
    known = load_base(context, settings, None, None)
    if known.base is None:
        error = NoBaseError("--close needs the record, which says what the shop has already.")
        error.add_note(known.ways_out)
        raise error
    long_ago = format_time(datetime.now(UTC) - MAX_AGE)
    closing = find_closing(working.desired.events, known.base.ledgers, long_ago)
    if not closing.gone:
        reporter.say("Nothing to close: no settled event is more than 7 days old.")
        return ExitCode.DONE
    contents = _edit(context, working, closing)
    own = {path: text for path, text in contents.items() if path.startswith(working.folder + "/")}
    after = {path: text for path, text in {**working.files, **own}.items() if text is not None}
    build_desired(settings.name, working.folder, after.items(), [], may_be_empty=True)
    deleted = sum(text is None for text in own.values())
    reporter.result(
        f"{count(len(closing.gone), 'event')} can go, for {count(len(closing.sums), 'sum')}:"
        f" {count(deleted, 'file')} deleted, {len(own) - deleted} written. No stock changes."
    )
    if asks and not reporter.confirm("Continue? Type yes"):
        reporter.say("Nothing was changed.")
        return ExitCode.FAILED
    replace_files(contents, working.files)
    reporter.say("Commit this. It causes no change in the next plan.")
    return ExitCode.DONE


def _edit(context: StoreContext, working: WorkingCopy, closing: Closing) -> dict[str, bytes | None]:
    """Return the new contents of files, None for files to delete."""
    by_path: dict[str, list[Event]] = defaultdict(list)
    for one in closing.gone:
        by_path[one.file.path].append(one)
    contents: dict[str, bytes | None] = {}
    for path, events in by_path.items():
        text, _ = decode(path, working.files[path])
        left = remove_skus(path, text, {one.sku for one in events})
        contents[path] = None if left is None else left.encode()
    if closing.sums:
        at = datetime.fromisoformat(closing.at)
        event = NewEvent(at, CLOSED, closing.sums, is_count=False)
        root = f"{working.folder}/"
        name = name_event(event, {path.removeprefix(root) for path in working.files})
        schemas = find_schemas(context.inventory)
        schema = f"{'../' * name.count('/')}{schemas.folder}/{EVENT_SCHEMA}"
        contents |= {**schemas.missing, root + name: write_event(event, schema).encode()}
    return contents
