"""`base show` and `base set`: show and correct the record."""

import os
import secrets
from collections.abc import Iterable, Sequence, Set
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from reconciler import __version__
from reconciler.app.base import KnownBase, load_base, said_in
from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.lock import describe_lock, ensure_unlocked
from reconciler.app.memory import open_shared, refresh_record
from reconciler.app.record_files import dump_state
from reconciler.app.recording import find_actor
from reconciler.app.reporter import Reporter
from reconciler.app.stores import load_settings
from reconciler.desired.files import SEEN_FOLDER
from reconciler.desired.loader import PastState
from reconciler.desired.observations import blob_id
from reconciler.errors import HistoryError, NoBaseError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.git.process import shown_remote
from reconciler.git.repository import Repository, open_repository
from reconciler.model import (
    Base,
    Declared,
    Pending,
    SettledSku,
    SkuLedger,
    StoreSettings,
    format_time,
)
from reconciler.plan.applied import AppliedState
from reconciler.plan.settling import settle_all
from reconciler.records.base import BaseTexts, find_base, path_below_top
from reconciler.records.batches import BATCH_FILE, Batch, RecordedAction, dump_batch
from reconciler.records.publish import finish
from reconciler.records.records import Record, RecordKind, make_record, ref_of
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count, first_of

_NOTHING: tuple[str, ...] = ()
MAX_LISTED = 50
NOT_WRITTEN = "Nothing was written to the shop"


class SetRequest(Struct, frozen=True):
    """The options of `base set`: the commit, SKU patterns (none: all), and whether to confirm."""

    ref: str
    globs: Sequence[str] = ()
    yes: bool = False


def show_record(context: StoreContext, reporter: Reporter) -> ExitCode:
    """Print the record: its commit, who wrote it, and who holds the lock."""
    settings = load_settings(context)
    repository = require_repository(context)
    refresh_record(repository, settings, reporter)
    known = load_base(context, settings, None, None)
    ref = ref_of(settings.site_id)
    if known.base is None or known.last is None or known.last.record is None:
        reporter.result(
            f"No record at {ref}. The first apply creates it, or `reconciler base set HEAD`."
        )
        return ExitCode.DONE
    for line in _describe(known.base, known.last, known.last.record, ref):
        reporter.result(line)
    return ExitCode.DONE


def _describe(base: Base, last: BaseTexts, record: Record, ref: str) -> Iterable[str]:
    yield f"Record {last.commit[:7]} at {ref}"
    by = f" by {record.by}" if record.by else ""
    what = "Apply of" if record.planned or record.is_intent else "Set to"
    yield f"{what} {record.source[:7]} on {last.date}{by}, reconciler {record.tool_version}."
    yield f"{count(len(base.declared), 'level')} settled, {len(base.released)} released."
    if record.is_intent:
        yield describe_lock(last)
    deadline = last.told.deadline if last.told else None
    is_alive = deadline is not None and datetime.now(UTC) < deadline
    word = "Announced, may be in progress" if is_alive else "In doubt"
    pending = sorted(base.pending, key=lambda one: one.sku)
    for write in pending[:MAX_LISTED]:
        yield f"{word}: {describe_doubt(write)}"
    if len(pending) > MAX_LISTED:
        yield f"And {len(pending) - MAX_LISTED} more."
    if pending and not is_alive:
        yield (
            "`reconciler plan` resolves most of these from the orders. For those it reports as"
            " `unsettled`, run `reconciler base settle`."
        )


def describe_doubt(write: Pending) -> str:
    """Return a write in doubt: its SKU, its stocks, and when it was announced."""
    units = "" if write.correction is None else f" ({write.correction:+})"
    return (
        f"{safe_text(write.sku)}: {write.before} -> {write.after}{units}, announced after"
        f" {write.read_at[:19]}Z, no result reported."
    )


def set_record(
    context: StoreContext, request: SetRequest, memory: MemoryRequest, reporter: Reporter
) -> ExitCode:
    """Record that the shop has what a commit declares, for all SKUs or those that match.

    Raises:
        NoBaseError: The commit can't be found or read.
        LockedError: An apply holds the lock.
        UsageError: No SKU matches.
    """
    settings = load_settings(context)
    repository = require_repository(context)
    remote = open_shared(repository, settings.site_id, memory)
    known = _load_known(context, settings, request)
    ensure_unlocked(known)
    texts = find_base(repository, context.folder, settings.site_id, request.ref)
    if texts is None:
        raise NoBaseError(f"No commit {request.ref} in this clone. Fetch it, or name another one.")
    past = said_in(texts, context.folder, settings.name)
    chosen, ledgers = _choose(past, known.base, request)
    what = f"{settings.name}: the shop has what {texts.source[:7]} declares"
    _announce(what, chosen.keys(), ledgers, reporter)
    if not request.yes and not reporter.confirm("Record this? Type yes to continue"):
        reporter.say("Nothing was recorded.")
        return ExitCode.FAILED
    now, is_whole = datetime.now(UTC), not request.globs
    seen = _observations(repository, context, texts.source) if is_whole else _NOTHING
    state = _state_of(known.base, chosen, seen, format_time(now), is_whole=is_whole)
    state = _with_events(state, known.base, ledgers, request.globs)
    last = known.last.record if known.last else None
    source = texts.source if is_whole or last is None else last.source
    record = make_edit(repository, settings, known, source, now, state.consumed)
    files = dump_state(state, settings.rule) | keep_deadline(known)
    message = f"{settings.name}: set base to {texts.source[:7]} for {count(len(chosen), 'SKU')}\n"
    commit = make_record(repository, record, files, message)
    finish(repository, ref_of(settings.site_id), commit, record.previous, remote, done=NOT_WRITTEN)
    reporter.say(f"Recorded as {commit[:7]} at {ref_of(settings.site_id)}{shared_text(remote)}.")
    return ExitCode.DONE


def _announce(
    what: str, chosen: Set[str], ledgers: Sequence[SkuLedger], reporter: Reporter
) -> None:
    """Print what will be recorded."""
    reporter.result(f"{count(len(chosen), 'level')} of {what}. {first_of(sorted(chosen))}".rstrip())
    if ledgers:
        reporter.result("These events count as applied, so no later apply adds them again:")
    for line in _describe_ledgers(ledgers):
        reporter.result(line)


def _load_known(context: StoreContext, settings: StoreSettings, request: SetRequest) -> KnownBase:
    """Return what git knows. To set all SKUs, a record that can't be read is ignored."""
    try:
        return load_base(context, settings, None, None)
    except (HistoryError, NoBaseError):
        if request.globs:
            raise
    repository = require_repository(context)
    head = repository.find_commit("HEAD")
    name, site_id = settings.name, settings.site_id
    return KnownBase(repository, context.folder, name, site_id, head, None, None)


def _choose(
    past: PastState, base: Base | None, request: SetRequest
) -> tuple[dict[str, Declared], tuple[SkuLedger, ...]]:
    """Return the matching levels, and the ledgers in which their events are settled.

    Raises:
        UsageError: No SKU matches.
    """
    globs = request.globs or ("*",)

    def matches(sku: str) -> bool:
        return any(fnmatchcase(sku, glob) for glob in globs)

    chosen = {sku: entry for sku, entry in past.declared.items() if matches(sku)}
    events = [one for one in past.events if matches(one.sku)]
    if not chosen and not events:
        raise UsageError(f"No SKU at {request.ref} matches. Check --sku.")
    known = base.ledgers if base else ()
    return chosen, settle_all(events, known, is_whole=not request.globs)


def _describe_ledgers(ledgers: Sequence[SkuLedger]) -> Iterable[str]:
    """Yield the counts and sums that will be recorded, to compare before confirming."""
    for one in ledgers[:MAX_LISTED]:
        counted = f"counted {one.counted} at {one.counted_at[:16]}Z" if one.counted_at else ""
        put_in = f"{one.put_in:+} put in" if one.put_in or not counted else ""
        yield f"  {one.keys[-1]}: {', '.join(filter(None, (counted, put_in)))}"
    if len(ledgers) > MAX_LISTED:
        yield f"  and {len(ledgers) - MAX_LISTED} more"


def _merge(
    base: Base | None, ledgers: Sequence[SkuLedger], chosen: Set[str], *, is_whole: bool
) -> tuple[SkuLedger, ...]:
    """Return the ledgers of the next record: *ledgers*, and those of other SKUs."""
    keys = {key for one in ledgers for key in one.keys}
    earlier = () if is_whole or base is None else base.ledgers
    kept = (one for one in earlier if not keys.intersection(one.keys))
    # The level that is set includes all earlier corrections.
    fresh = (
        replace(one, corrections=()) if not chosen.isdisjoint(one.keys) else one for one in kept
    )
    return (*fresh, *ledgers)


def _with_events(
    state: AppliedState,
    base: Base | None,
    ledgers: Sequence[SkuLedger],
    globs: Sequence[str],
) -> AppliedState:
    """Return *state* with the settled events and the remaining writes in doubt."""
    is_whole = not globs
    merged = _merge(base, ledgers, state.declared.keys(), is_whole=is_whole)
    return replace(state, ledgers=merged, in_doubt=() if is_whole else _still_in_doubt(base, globs))


def _still_in_doubt(base: Base | None, globs: Sequence[str]) -> tuple[Pending, ...]:
    """Return the writes in doubt of SKUs that don't match *globs*."""
    return tuple(
        one
        for one in (base.pending if base else ())
        if not any(fnmatchcase(key, glob) for key in one.keys for glob in globs)
    )


def _state_of(
    base: Base | None,
    chosen: dict[str, Declared],
    seen: tuple[str, ...],
    at: str,
    *,
    is_whole: bool,
) -> AppliedState:
    """Return the state after the *chosen* SKUs are set to their declared levels."""
    before = base.declared if base else {}
    shop = dict(base.shop) if base else {}
    for sku, entry in chosen.items():
        # Without an id, the next apply finds the SKU by its code. It may be another one.
        shop[sku] = SettledSku(sku, entry.id or "", None, at, level_at=at)
    declared = chosen if is_whole else {**before, **chosen}
    gone = {sku: entry for sku, entry in before.items() if sku not in declared}
    released = {**(base.released if base else {}), **gone}
    levels = {sku: entry for sku, entry in released.items() if sku not in declared}
    consumed = tuple(sorted({*seen, *(base.consumed if base else ())}))
    return AppliedState(declared, levels, shop, consumed)


def _observations(repository: Repository, context: StoreContext, commit: str) -> tuple[str, ...]:
    """Return the blob ids of the observations in *commit*, which are consumed with it."""
    folder = f"{path_below_top(repository, context.folder)}/{SEEN_FOLDER}"
    found = repository.read_commit(commit, folder)
    return tuple(blob_id(file.content) for file in (found.files if found else ()) if file.content)


def shared_text(remote: str | None) -> str:
    """Return the end of a sentence that says to which remote a record was pushed, or ''."""
    return f" and pushed to {shown_remote(remote)}" if remote else ""


def require_repository(context: StoreContext) -> Repository:
    """Return the repository of the record; raise UsageError if there is none."""
    repository = open_repository(context.inventory)
    if repository is None:
        raise UsageError(
            "The record is kept in git, but this folder is not in a repository. Work in a clone."
        )
    return repository


def keep_deadline(known: KnownBase, results: tuple[RecordedAction, ...] = ()) -> dict[str, str]:
    """Return the file with the deadline of an unlocked run, and with *results*, if any.

    *results* are those of resolved writes in doubt.
    """
    deadline = known.last.told.deadline if known.last and known.last.told else None
    batch = Batch(deadline, (), results)
    return {BATCH_FILE: dump_batch(batch)} if deadline or results else {}


def make_edit(
    repository: Repository,
    settings: StoreSettings,
    known: KnownBase,
    source: str,
    now: datetime,
    consumed: tuple[str, ...],
) -> Record:
    """Return a record for a command like `base set`, which is not an apply."""
    return Record(
        kind=RecordKind.RECEIPT,
        run=secrets.token_hex(8),
        store=settings.name,
        site_id=settings.site_id,
        source=source,
        previous=repository.find_ref(ref_of(settings.site_id)),
        fingerprint="",
        planned_at=format_time(now),
        tool_version=__version__,
        by=find_actor(repository, os.environ),
        consumed=consumed,
    )
