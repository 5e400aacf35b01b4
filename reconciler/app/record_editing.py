"""`base show`, `set`, and `unlock`: what git keeps of the applies, shown and corrected."""

import os
import secrets
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from reconciler import __version__
from reconciler.app.base import KnownBase, load_base, said_in
from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.memory import open_shared, refresh_record
from reconciler.app.recording import describe_lock, dump_state, ensure_unlocked, find_actor
from reconciler.app.reporter import Reporter
from reconciler.app.stores import load_settings
from reconciler.desired.files import SEEN_FOLDER
from reconciler.desired.loader import PastState
from reconciler.desired.observations import blob_id
from reconciler.errors import HistoryError, NoBaseError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import Repository, open_repository, shown_remote
from reconciler.model import Base, Declared, SettledSku, SkuLedger, StoreSettings, format_time
from reconciler.plan.applied import AppliedState
from reconciler.plan.settling import settle_all
from reconciler.records.base import BaseTexts, find_base, path_below_top
from reconciler.records.ledgers import INTENDED_LEDGER_FILE, LEDGER_FILE
from reconciler.records.records import (
    APPLIED_FILE,
    INTENDED_FILE,
    RELEASED_FILE,
    SHOP_FILE,
    Record,
    RecordKind,
    finish,
    make_record,
    ref_of,
)
from reconciler.render.wording import count, first_of

_NOTHING: tuple[str, ...] = ()
MAX_LISTED = 50


@dataclass(frozen=True, slots=True)
class SetRequest:
    """What is asked of `base set`: the commit, which SKUs (none: all), and whether to ask."""

    ref: str
    globs: Sequence[str] = ()
    yes: bool = False


def show_record(context: StoreContext, reporter: Reporter) -> ExitCode:
    """Print what is recorded: for which commit, by whom, and who holds the lock."""
    settings = load_settings(context)
    repository = _require_repository(context)
    refresh_record(repository, settings, reporter)
    known = load_base(context, settings, None, None)
    ref = ref_of(settings.site_id)
    if known.base is None or known.last is None or known.last.record is None:
        reporter.result(f"No record at {ref}. The first apply, or `base set HEAD`, makes one.")
        return ExitCode.DONE
    for line in _describe(known.base, known.last, known.last.record, ref):
        reporter.result(line)
    return ExitCode.DONE


def _describe(base: Base, last: BaseTexts, record: Record, ref: str) -> Iterable[str]:
    yield f"Record {last.commit[:7]} at {ref}"
    by = f" by {record.by}" if record.by else ""
    what = "An apply of" if record.actions or record.is_intent else "Settled at"
    yield f"{what} {record.source[:7]} on {last.date}{by}, reconciler {record.tool_version}."
    yield f"{count(len(base.declared), 'level')} settled, {len(base.released)} released."
    if record.is_intent:
        yield describe_lock(record, datetime.now(UTC))
        return
    results = [action.result.replace("_", " ") for action in record.actions]
    counts = [f"{results.count(result)} {result}" for result in sorted(set(results))]
    yield f"Outcome: {', '.join(counts) or 'nothing to write'}."


def set_record(
    context: StoreContext, request: SetRequest, memory: MemoryRequest, reporter: Reporter
) -> ExitCode:
    """Record that the shop has what a commit declares, for all SKUs or those that are named.

    Raises:
        NoBaseError: The commit can't be found or read.
        HeldError: An apply is under way.
        UsageError: No SKU is called like that.
    """
    settings = load_settings(context)
    repository = _require_repository(context)
    remote = open_shared(repository, settings.site_id, memory)
    known = _load_known(context, settings, request)
    _ensure_settled(known, request)
    texts = find_base(repository, context.folder, settings.site_id, request.ref)
    if texts is None:
        raise NoBaseError(f"{request.ref} names no commit here; fetch it, or name another")
    said = said_in(texts, context.folder, settings.name)
    chosen, ledgers = _choose(said, known.base, request)
    what = f"{settings.name}: the shop has what {texts.source[:7]} declares"
    _announce(what, chosen.keys(), ledgers, reporter)
    if not request.yes and not reporter.confirm("Record that? Type yes to go on"):
        reporter.say("Nothing was recorded.")
        return ExitCode.FAILED
    now = datetime.now(UTC)
    is_whole = not request.globs
    seen = _observations(repository, context, texts.source) if is_whole else _NOTHING
    state = _state_of(known.base, chosen, seen, format_time(now), is_whole=is_whole)
    state = replace(state, ledgers=_merge(known.base, ledgers, chosen.keys(), is_whole=is_whole))
    last = known.last.record if known.last else None
    source = texts.source if is_whole or last is None else last.source
    record = _make_record(repository, settings, known, source, now, state.consumed)
    files = dump_state(state, settings.rule)
    message = f"{settings.name}: base set to {texts.source[:7]} for {count(len(chosen), 'SKU')}\n"
    commit = make_record(repository, record, files, message)
    finish(repository, record, commit, remote)
    reporter.say(f"Recorded as {commit[:7]} at {ref_of(settings.site_id)}{_shared(remote)}.")
    return ExitCode.DONE


def _announce(
    what: str, chosen: Set[str], ledgers: Sequence[SkuLedger], reporter: Reporter
) -> None:
    """Print what is going to be recorded."""
    reporter.result(f"{count(len(chosen), 'level')} of {what}. {first_of(sorted(chosen))}".rstrip())
    if ledgers:
        reporter.result("The shop also has these events, and no apply brings them again:")
    for line in _describe_ledgers(ledgers):
        reporter.result(line)


def _load_known(context: StoreContext, settings: StoreSettings, request: SetRequest) -> KnownBase:
    """Return what git knows; a record that can't be read counts for nothing if all SKUs are set."""
    try:
        return load_base(context, settings, None, None)
    except (HistoryError, NoBaseError):
        if request.globs:
            raise
    repository = _require_repository(context)
    head = repository.find_commit("HEAD")
    name, site_id = settings.name, settings.site_id
    return KnownBase(repository, context.folder, name, site_id, head, None, None)


def _ensure_settled(known: KnownBase, request: SetRequest) -> None:
    """Raise HeldError for an apply under way, UsageError for one that crashed."""
    ensure_unlocked(known, take_over=False, has_journal=False, now=datetime.now(UTC))
    if request.globs and known.base is not None and known.base.pending:
        raise UsageError(
            "An apply crashed, and what it wrote is not known yet. Apply first, which reads that,"
            " or set all SKUs: leave --sku out."
        )


def _choose(
    said: PastState, base: Base | None, request: SetRequest
) -> tuple[dict[str, Declared], tuple[SkuLedger, ...]]:
    """Return the levels that are meant, and the ledgers that say the shop has their events.

    Raises:
        UsageError: No SKU is called like that.
    """
    globs = request.globs or ("*",)

    def is_meant(sku: str) -> bool:
        return any(fnmatchcase(sku, glob) for glob in globs)

    chosen = {sku: entry for sku, entry in said.declared.items() if is_meant(sku)}
    events = [one for one in said.events if is_meant(one.sku)]
    if not chosen and not events:
        raise UsageError(f"{request.ref} names no SKU that is called like that")
    known = base.ledgers if base else ()
    return chosen, settle_all(events, known, is_whole=not request.globs)


def _describe_ledgers(ledgers: Sequence[SkuLedger]) -> Iterable[str]:
    """Yield what is taken for put in, for comparing before the answer."""
    for one in ledgers[:MAX_LISTED]:
        counted = f"counted {one.counted} at {one.counted_at[:16]}Z" if one.counted_at else ""
        put_in = f"{one.put_in:+} put in" if one.put_in or not counted else ""
        yield f"  {one.keys[-1]}: {', '.join(filter(None, (counted, put_in)))}"
    if len(ledgers) > MAX_LISTED:
        yield f"  and {len(ledgers) - MAX_LISTED} more"


def _merge(
    base: Base | None, ledgers: Sequence[SkuLedger], chosen: Set[str], *, is_whole: bool
) -> tuple[SkuLedger, ...]:
    """Return the ledgers of the next record: these, and what it knew of other SKUs."""
    keys = {key for one in ledgers for key in one.keys}
    earlier = () if is_whole or base is None else base.ledgers
    kept = (one for one in earlier if not keys.intersection(one.keys))
    # What was added before the shop was said to have a level is part of that.
    fresh = (
        replace(one, corrections=()) if not chosen.isdisjoint(one.keys) else one for one in kept
    )
    return (*fresh, *ledgers)


def _state_of(
    base: Base | None,
    chosen: dict[str, Declared],
    seen: tuple[str, ...],
    at: str,
    *,
    is_whole: bool,
) -> AppliedState:
    """Return what holds when the shop has what is declared for the *chosen* SKUs."""
    before = base.declared if base else {}
    shop = dict(base.shop) if base else {}
    for sku, entry in chosen.items():
        # The next apply finds the SKU of this code: it may be another one than before.
        shop[sku] = SettledSku(sku, entry.id or "", None, at)
    declared = chosen if is_whole else {**before, **chosen}
    gone = {sku: entry for sku, entry in before.items() if sku not in declared}
    released = {**(base.released if base else {}), **gone}
    levels = {sku: entry for sku, entry in released.items() if sku not in declared}
    consumed = tuple(sorted({*seen, *(base.consumed if base else ())}))
    return AppliedState(declared, levels, shop, consumed)


def _observations(repository: Repository, context: StoreContext, commit: str) -> tuple[str, ...]:
    """Return the ids of the observations that *commit* holds: the shop has what came after."""
    folder = f"{path_below_top(repository, context.folder)}/{SEEN_FOLDER}"
    found = repository.read_commit(commit, folder)
    return tuple(blob_id(file.content) for file in (found.files if found else ()) if file.content)


def unlock_record(
    context: StoreContext, run: str, memory: MemoryRequest, reporter: Reporter
) -> ExitCode:
    """End the lock of a crashed apply; the next one reads what it wrote.

    Raises:
        UsageError: *run* is not the apply that holds the lock.
        HeldError: It ended in between.
    """
    settings = load_settings(context)
    repository = _require_repository(context)
    remote = open_shared(repository, settings.site_id, memory)
    last = find_base(repository, context.folder, settings.site_id, None)
    record = last.record if last else None
    until = record.expires_at if record else None
    if last is None or record is None or not record.is_intent or until is None or until <= _now():
        reporter.say("Nothing is locked.")
        return ExitCode.DONE
    if record.run != run:
        raise UsageError(f"{run} does not hold the lock. {describe_lock(record, _now())}")
    ended = replace(record, expires_at=_now(), previous=last.commit)
    texts = {
        APPLIED_FILE: last.files,
        INTENDED_FILE: last.intended,
        RELEASED_FILE: last.released,
    }
    files = {name: text[0][1].decode() for name, text in texts.items() if text}
    files |= {SHOP_FILE: last.shop.decode(), LEDGER_FILE: last.ledger.decode()}
    files[INTENDED_LEDGER_FILE] = last.intended_ledger.decode()
    commit = make_record(repository, ended, files, f"{settings.name}: {run} unlocked\n")
    finish(repository, ended, commit, remote)
    reporter.say(f"Unlocked{_shared(remote)}. The next apply reads what {run} wrote.")
    return ExitCode.DONE


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _shared(remote: str | None) -> str:
    return f", and pushed to {shown_remote(remote)}" if remote else ""


def _require_repository(context: StoreContext) -> Repository:
    repository = open_repository(context.inventory)
    if repository is None:
        raise UsageError("the record is kept in git, and this folder is in no repository")
    return repository


def _make_record(
    repository: Repository,
    settings: StoreSettings,
    known: KnownBase,
    source: str,
    now: datetime,
    consumed: tuple[str, ...],
) -> Record:
    return Record(
        kind=RecordKind.RECEIPT,
        run=secrets.token_hex(8),
        store=settings.name,
        site_id=settings.site_id,
        source=source,
        previous=repository.find_ref(ref_of(settings.site_id)),
        fingerprint="",
        planned_at=format_time(now),
        expires_at=None,
        tool_version=__version__,
        actions=(),
        by=find_actor(repository, os.environ),
        consumed=consumed,
    )
