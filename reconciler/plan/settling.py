"""Ledgers by which the shop has what some files say, and ledgers without some of their keys."""

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import replace

from reconciler.model import Event, LedgerSku, SettledEvent, SkuLedger
from reconciler.plan.ledger import Balance


def without_keys(ledger: SkuLedger, keys: Set[str]) -> SkuLedger:
    """Return *ledger* without the events that it has under *keys*."""
    if not keys:
        return ledger
    latest = ledger.keys[-1] if ledger.keys else ""
    kept = tuple(one for one in ledger.events if (one.key or latest) not in keys)
    put_in = sum(one.units for one in kept if _is_put_in(one, ledger.counted_at))
    others = tuple(key for key in ledger.keys if key not in keys)
    return replace(ledger, keys=others, events=kept, put_in=put_in)


def _is_put_in(event: SettledEvent, counted_at: str) -> bool:
    return not event.is_count and not event.in_level and event.at > counted_at


def settle_all(
    events: Iterable[Event], known: Iterable[SkuLedger] = (), *, is_whole: bool = True
) -> tuple[SkuLedger, ...]:
    """Return ledgers by which the shop has all *events* of some files.

    Which SKU a key means is taken from what is *known*; else only the key is. What a level has
    stays so. Unless this *is the whole* of the events, those under other keys stay as they are.
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
        ledgers.append(
            after if is_whole else _with_others(after, earlier, {one.sku for one in ones})
        )
    return tuple(ledgers)


def _with_others(after: SkuLedger, earlier: SkuLedger, keys: Set[str]) -> SkuLedger:
    """Return *after* with what the *earlier* ledger has under other keys than *keys*."""
    others = without_keys(earlier, keys)
    events = (*after.events, *(one for one in others.events if one not in after.events))
    counted_at, counted = max(
        (after.counted_at, after.counted), (others.counted_at, others.counted), key=lambda c: c[0]
    )
    put_in = sum(one.units for one in events if _is_put_in(one, counted_at))
    return replace(after, events=events, counted_at=counted_at, counted=counted, put_in=put_in)
