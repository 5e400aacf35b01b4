"""Create ledgers of settled events, merge them, and move keys between them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from msgspec.structs import replace

from reconciler.model import Event, LedgerSku, SettledEvent, SkuLedger
from reconciler.plan.ledger import Balance


def move_keys(ledgers: Mapping[str, SkuLedger], named: Iterable[LedgerSku]) -> dict[str, SkuLedger]:
    """Return *ledgers* by the shop's id, after keys moved between SKUs as in *named*.

    An event that was put into one SKU is not taken back there because its key moved. It is not
    added to the other SKU either, because it is unknown what the shop did with either SKU.
    """
    moved = dict(ledgers)
    named = tuple(named)
    owners: dict[str, set[str]] = defaultdict(set)
    for sku_id, ledger in ledgers.items():
        for key in ledger.keys:
            owners[key].add(sku_id)
    for sku in named:
        own = ledgers.get(sku.sku_id) or SkuLedger(sku.sku_id)
        lost = set(own.keys).difference(sku.keys)
        gained = set(sku.keys).difference(own.keys)
        others = {key: owners[key] - {sku.sku_id} for key in gained if key in owners}
        came = [
            one
            for key, ids in others.items()
            for sku_id in ids
            for one in _under(ledgers[sku_id], {key})
        ]
        if lost or came:
            moved[sku.sku_id] = _take_in(_let_go(own, lost), came)
    return moved


def _under(ledger: SkuLedger, keys: Set[str]) -> list[SettledEvent]:
    """Return the events that a ledger has under *keys*."""
    latest = ledger.keys[-1] if ledger.keys else ""
    return [one for one in ledger.events if (one.key or latest) in keys]


def _let_go(ledger: SkuLedger, keys: Set[str]) -> SkuLedger:
    """Return *ledger* with the events under *keys* marked so that they change nothing."""
    gone = frozenset(_under(ledger, keys))
    put_in = sum(one.units for one in gone if _is_put_in(one, ledger.counted_at))
    events = tuple(one._replace(in_level=True) if one in gone else one for one in ledger.events)
    return replace(ledger, put_in=ledger.put_in - put_in, events=events)


def _take_in(ledger: SkuLedger, came: Iterable[SettledEvent]) -> SkuLedger:
    """Return *ledger* with events of another SKU, which change nothing here."""
    known = {(one.name, one.at, one.units) for one in ledger.events}
    new = (one for one in came if (one.name, one.at, one.units) not in known)
    return replace(ledger, events=(*ledger.events, *(one._replace(in_level=True) for one in new)))


def merge_ledgers(found: Iterable[tuple[str, SkuLedger]]) -> dict[str, SkuLedger]:
    """Return one ledger for each SKU id, merged from those *found* for it.

    Ledgers without an id are left out.
    """
    merged: dict[str, SkuLedger] = {}
    for sku_id, ledger in found:
        if sku_id:
            merged[sku_id] = _join(merged[sku_id], ledger) if sku_id in merged else ledger
    return merged


def _join(first: SkuLedger, second: SkuLedger) -> SkuLedger:
    """Return one ledger with the contents of both."""
    latest = max(first, second, key=lambda one: one.counted_at)
    events = tuple(dict.fromkeys((*first.events, *second.events)))
    return replace(
        latest,
        sku_id=first.sku_id or second.sku_id,
        keys=tuple(dict.fromkeys((*first.keys, *second.keys))),
        put_in=sum(one.units for one in events if _is_put_in(one, latest.counted_at)),
        events=events,
        corrections=tuple(sorted((*first.corrections, *second.corrections))),
    )


def _is_put_in(event: SettledEvent, counted_at: str) -> bool:
    return not event.is_count and not event.in_level and event.at > counted_at


def settle_all(
    events: Iterable[Event], known: Iterable[SkuLedger] = (), *, is_whole: bool = True
) -> tuple[SkuLedger, ...]:
    """Return ledgers in which all *events* count as settled.

    The SKU of each key comes from the *known* ledgers, if they have the key. Events that a level
    includes stay included. If *is_whole* is false, events under other keys stay as they are.
    """
    by_key = {key: one for one in known for key in one.keys}
    grouped: dict[LedgerSku, list[Event]] = defaultdict(list)
    for one in events:
        ledger = by_key.get(one.sku)
        sku = LedgerSku(ledger.sku_id, ledger.keys) if ledger else LedgerSku("", (one.sku,))
        grouped[sku].append(one)
    ledgers = []
    for sku, ones in grouped.items():
        counts = [one for one in ones if one.is_count]
        latest = max(counts, key=lambda one: one.at, default=None)
        earlier = by_key.get(sku.keys[-1], SkuLedger(sku.sku_id)) if sku.keys else SkuLedger("")
        swallowed = tuple(one for one in earlier.events if one.in_level)
        balance = Balance(SkuLedger(sku.sku_id, events=swallowed), tuple(ones), latest)
        after = balance.after(max(one.at for one in ones), sku)
        # The code may belong to another SKU by now, so the next apply looks it up.
        after = replace(after, sku_id="", set_id=sku.sku_id or earlier.set_id)
        ledgers.append(
            after if is_whole else _with_others(after, earlier, {one.sku for one in ones})
        )
    return tuple(ledgers)


def _with_others(after: SkuLedger, earlier: SkuLedger, keys: Set[str]) -> SkuLedger:
    """Return *after* plus what *earlier* has under other keys than *keys*."""
    gone = {*after.events, *_under(earlier, keys)}
    events = (*after.events, *(one for one in earlier.events if one not in gone))
    counted_at, counted = max(
        (after.counted_at, after.counted), (earlier.counted_at, earlier.counted), key=lambda c: c[0]
    )
    put_in = sum(one.units for one in events if _is_put_in(one, counted_at))
    return replace(after, events=events, counted_at=counted_at, counted=counted, put_in=put_in)
