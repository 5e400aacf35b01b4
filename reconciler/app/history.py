"""`history`: show what git and the records know about one SKU."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from reconciler.app.base import load_base
from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext
from reconciler.app.memory import refresh_record
from reconciler.app.orders import read_stocks_and_orders
from reconciler.app.reporter import Reporter
from reconciler.app.snapshot import list_and_match, read_needed, until_signal
from reconciler.app.stores import load_store
from reconciler.desired.known_skus import KnownSkus
from reconciler.desired.mentions import Mention, MentionKind, find_mentions
from reconciler.errors import UsageError
from reconciler.git.file_versions import FileVersion, read_blobs, read_versions
from reconciler.git.repository import Repository, open_repository
from reconciler.model import (
    INFINITE,
    Base,
    DesiredState,
    HistoryEvent,
    HistoryKind,
    LiveSku,
    SkuHistory,
    Stock,
    format_time,
)
from reconciler.plan.closing import CLOSED
from reconciler.plan.sales import count_sold
from reconciler.records.base import path_below_top
from reconciler.records.batches import LANDED, SKIPPED
from reconciler.records.chain import PastAction, find_former_keys, read_past_actions
from reconciler.render.wording import count
from reconciler.webflow.client import StoreClient

_KINDS = {
    "applied": HistoryKind.APPLIED,
    "already": HistoryKind.APPLIED,
    "moved": HistoryKind.MOVED,
    "failed": HistoryKind.FAILED,
    "unknown": HistoryKind.IN_DOUBT,
    "": HistoryKind.IN_DOUBT,
    LANDED: HistoryKind.APPLIED,
    SKIPPED: HistoryKind.FAILED,
}
_NOTES = {LANDED: "was in doubt, took effect", SKIPPED: "was in doubt, took no effect"}


def read_history(context: StoreContext, sku: str, reporter: Reporter) -> SkuHistory:
    """Return the history of *sku* under all its keys, oldest first.

    Raises:
        UsageError: No file ever named it, or there is no git repository.
        HistoryError: Git fails.
    """
    desired = load_store(context)
    settings = desired.settings
    repository = open_repository(context.inventory)
    if repository is None:
        raise UsageError("`reconciler history` needs a git repository. Work in a clone.")
    refresh_record(repository, settings, reporter)
    base = load_base(context, settings, None, None).base
    keys, ids = _find_keys(sku, desired, base, repository)
    events = [
        *_from_files(repository, context, keys),
        *_from_records(sku, read_past_actions(repository, settings.site_id), keys, ids, repository),
    ]
    if not events:
        raise UsageError(f"{sku} was never declared. {_suggest(sku, desired, base)}")
    return SkuHistory(settings.name, sku, keys, tuple(sorted(events, key=_order)))


def _order(event: HistoryEvent) -> tuple[str, int]:
    """Return the sort key of an event: by time, and declarations before applies."""
    first = (HistoryKind.OBSERVED, HistoryKind.DECLARED, HistoryKind.COUNTED, HistoryKind.ADJUSTED)
    return event.at, first.index(event.kind) if event.kind in first else len(first)


def _suggest(sku: str, desired: DesiredState, base: Base | None) -> str:
    named = desired.declared.keys() | {one.sku for one in desired.events}
    if base is not None:
        named |= base.declared.keys() | base.released.keys()
    hint = KnownSkus(named, {}).suggest(sku) or "Check the code."
    return hint[:1].upper() + hint[1:]


def _find_keys(
    sku: str, desired: DesiredState, base: Base | None, repository: Repository
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return all keys of the SKU called *sku*, and its ids in the shop."""
    if base is None:
        return (sku,), frozenset()
    rows = base.shop.values()
    ids = {one.sku_id for one in rows if one.sku == sku and one.sku_id}
    ids |= {one.sku_id for one in base.ledgers if sku in one.keys and one.sku_id}
    if sku in desired.declared and (pinned := desired.declared[sku].id):
        ids.add(pinned)
    keys = {one.sku for one in rows if one.sku_id in ids}
    keys |= {key for one in base.ledgers if one.sku_id in ids for key in one.keys}
    keys |= find_former_keys(repository, desired.settings.site_id, ids)
    return (sku, *sorted(keys - {sku})), frozenset(ids)


def _from_files(
    repository: Repository, context: StoreContext, keys: Collection[str]
) -> Iterator[HistoryEvent]:
    """Yield each change of what the files say about the SKU."""
    folder = path_below_top(repository, context.folder)
    versions = [
        one
        for one in read_versions(repository, context.folder)
        if one.path.endswith((".yaml", ".yml")) and not one.path.endswith("/store.yaml")
    ]
    repository.fetch_missing("HEAD", paths=(folder,), walk=True)
    contents = read_blobs(repository, (one.blob for one in versions if one.blob))
    files: dict[str, list[Mention]] = {}
    before = _Statements(None, {})
    ever: set[tuple[MentionKind, str]] = set()
    for _, of_commit in groupby(versions, key=lambda one: one.commit):
        ones = list(of_commit)
        for one in ones:
            content = contents.get(one.blob, b"")
            files[one.path] = find_mentions(one.path, folder, content, keys)
        after = _sum_up(files)
        yield from _compare(ones[0], before, after, ever)
        ever |= after.events.keys()
        before = after


class _Statements(NamedTuple):
    """What all files say about a SKU: its level, and its events by kind and time."""

    level: Stock | None
    events: Mapping[tuple[MentionKind, str], Mention]


def _sum_up(files: Mapping[str, list[Mention]]) -> _Statements:
    """Return the statements of all *files*, regardless of file and key."""
    level: Stock | None = None
    events: dict[tuple[MentionKind, str], Mention] = {}
    for mention in (one for ones in files.values() for one in ones):
        if mention.kind is MentionKind.LEVEL:
            level = mention.stock
            continue
        key = (mention.kind, mention.at)
        earlier = events.get(key)
        events[key] = mention._replace(units=mention.units + (earlier.units if earlier else 0))
    return _Statements(level, events)


def _compare(
    version: FileVersion,
    before: _Statements,
    after: _Statements,
    ever: Collection[tuple[MentionKind, str]],
) -> Iterator[HistoryEvent]:
    """Yield what a commit changed. Moving, renaming, or folding statements is no change.

    An event in *ever* was there before. It is back with this commit, and did not happen again.
    """
    if before.level != after.level:
        levels = (_number(before.level), _number(after.level))
        yield _event(HistoryKind.DECLARED, version, version.at, *levels)
    if _is_rearranged(before, after):
        return
    for key, mention in after.events.items():
        old = before.events.get(key)
        kind, number = _HAPPENED[mention.kind], _number(mention.stock)
        if old is None:
            at = version.at if key in ever else _time_of(mention, version)
            event = _event(kind, version, at, None, number, mention.units or None)
            note = f"{mention.reason} restored" if key in ever else mention.reason
            yield replace(event, note=note.strip())
        elif (old.stock, old.units) != (mention.stock, mention.units):
            more = mention.units - old.units or None
            event = _event(kind, version, version.at, _number(old.stock), number, more)
            yield replace(event, note=f"{mention.reason} corrected".strip())
    for key, mention in before.events.items():
        if key not in after.events and mention.kind is not MentionKind.OBSERVATION:
            gone, less = _number(mention.stock), -mention.units or None
            event = _event(_HAPPENED[mention.kind], version, version.at, gone, None, less)
            yield replace(event, note=f"{mention.reason} deleted".strip())


def _time_of(mention: Mention, version: FileVersion) -> str:
    """Return when it happened: a reading, rounded up, is never later than its commit."""
    is_reading = mention.kind is MentionKind.OBSERVATION
    return min(mention.at, version.at) if is_reading else mention.at


def _is_rearranged(before: _Statements, after: _Statements) -> bool:
    """Return whether adjustments only have other times or files, with the same sum."""
    old, new = (
        [m for key, m in one.events.items() if key not in other.events]
        for one, other in ((before, after), (after, before))
    )
    kinds = {mention.kind for mention in (*old, *new)}
    same = [key for key in before.events if key in after.events]
    total = sum(m.units for m in new) - sum(m.units for m in old)
    more = sum(after.events[key].units - before.events[key].units for key in same)
    are_counts_same = all(before.events[key].stock == after.events[key].stock for key in same)
    has_known_reasons = {m.reason for m in new} <= {m.reason for m in old} | {CLOSED}
    return (
        bool(old)
        and kinds == {MentionKind.ADJUSTMENT}
        and (has_known_reasons and are_counts_same and not total + more)
    )


_HAPPENED = {
    MentionKind.COUNT: HistoryKind.COUNTED,
    MentionKind.ADJUSTMENT: HistoryKind.ADJUSTED,
    MentionKind.OBSERVATION: HistoryKind.OBSERVED,
}


def _event(
    kind: HistoryKind,
    version: FileVersion,
    at: str,
    before: int | float | str | None,
    after: int | float | str | None,
    units: int | None = None,
) -> HistoryEvent:
    commit, author, subject = version.commit, version.author, version.subject
    return HistoryEvent(kind, at, before, after, units, commit, author, subject)


def _from_records(
    asked: str,
    actions: Iterable[PastAction],
    keys: Collection[str],
    ids: Collection[str],
    repository: Repository,
) -> Iterator[HistoryEvent]:
    """Yield what applies did to the SKU, and to earlier SKUs with the key *asked*."""
    for one in actions:
        write = one.write
        is_ours = write.sku_id in ids or write.sku == asked or (not ids and write.sku in keys)
        if is_ours and one.result in _KINDS:
            subject = repository.ask("show", "-s", "--format=%s", one.source)
            yield HistoryEvent(
                _KINDS[one.result],
                one.at,
                _number(write.before),
                _number(write.after),
                write.correction,
                one.source,
                one.by,
                subject,
                _note(one),
            )


def _note(action: PastAction) -> str:
    """Return how a write in doubt was resolved, '' for other actions."""
    if action.result not in _NOTES:
        return ""
    how = "by base settle" if action.is_said else "by stock and orders"
    return f"{_NOTES[action.result]} ({how})"


def _number(stock: Stock | None) -> int | float | str | None:
    if stock is None:
        return None
    return "infinite" if stock == INFINITE else stock.quantity


def add_live(
    context: StoreContext, history: SkuHistory, connection: Connection, reporter: Reporter
) -> SkuHistory:
    """Return *history* with the units sold since the last apply, and the live stock.

    Raises:
        InterruptedRunError: A signal arrived.
    """
    desired = load_store(context)
    applied = [one for one in history.events if one.kind is HistoryKind.APPLIED]
    since = applied[-1].at if applied else history.events[0].at

    def read(client: StoreClient) -> HistoryEvent:
        listing, matches = list_and_match(desired, client, connection)
        live = matches.live.get(history.sku) or _find_live(listing.skus, history.keys)
        if live is None:
            note = "the shop has no SKU, or several, with that code"
            return HistoryEvent(HistoryKind.SOLD, format_time(client.now()), note=note)
        found = read_stocks_and_orders(
            client,
            desired.settings.site_id,
            since,
            [live],
            lambda skus: read_needed(client, listing, skus, connection, reporter),
        )
        sold = count_sold(found.orders, live.sku_id, since)
        units = None if isinstance(sold, str) else sold.units
        note = f"unknown: {sold}" if isinstance(sold, str) else f"in {count(sold.orders, 'order')}"
        now, after = format_time(client.now()), _number(found.stocks.get(live.sku_id))
        return HistoryEvent(HistoryKind.SOLD, now, None, after, units, note=note)

    with open_store(context, desired.settings, connection) as client:
        event = until_signal(connection, lambda: read(client))
    return replace(history, events=(*history.events, event))


def _find_live(listed: Iterable[LiveSku], keys: Collection[str]) -> LiveSku | None:
    found = [one for one in listed if one.code in keys]
    return found[0] if len(found) == 1 else None
