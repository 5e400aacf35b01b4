"""Writes in doubt × live stock × orders → which of them landed, and the base with those."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from msgspec.structs import replace

from reconciler.model import (
    INFINITE,
    Base,
    Declared,
    DesiredState,
    Finding,
    LiveState,
    OrderBook,
    Pending,
    Recovered,
    Rule,
    SettledSku,
    Stock,
    finite,
)
from reconciler.plan.findings import told, unsettled
from reconciler.plan.sales import NEAR, count_sold_after_read, shift


def _is_busy(base: Base, live: LiveState) -> bool:
    """Whether the run that announced the writes in doubt may still be writing."""
    return bool(base.busy_until) and live.until <= base.busy_until


def recover(base: Base, declared: Mapping[str, Declared], live: LiveState) -> Recovered:
    """Return what *live* says of the writes of *base* that are in doubt.

    While the run that announced them may still be writing, nothing tells.
    """
    if _is_busy(base, live):
        return Recovered(in_doubt=tuple(sorted({one.sku_id for one in base.pending})))
    return recover_pending(base.pending, declared, live.stocks, live.orders)


def recover_pending(
    pending: Collection[Pending],
    declared: Mapping[str, Declared],
    stocks: Mapping[str, Stock],
    orders: OrderBook | None,
) -> Recovered:
    """Return what the live *stocks*, by SKU id, and the *orders* say of writes in doubt.

    A SKU whose rule owns the number needs no memory: the next read decides. So its write counts as
    skipped. Of several writes of one SKU the last one is told.
    """
    landed: list[str] = []
    skipped: list[str] = []
    in_doubt: list[str] = []
    for write in _latest(pending):
        answer = None if is_remembered(write, declared) else False
        if answer is None:
            answer = _has_landed(write, stocks.get(write.sku_id), orders)
        found = in_doubt if answer is None else landed if answer else skipped
        found.append(write.sku_id)
    return Recovered(tuple(sorted(landed)), tuple(sorted(skipped)), tuple(sorted(in_doubt)))


def is_remembered(write: Pending, declared: Mapping[str, Declared]) -> bool:
    """Return whether it matters to later applies whether a write landed.

    What events brought always does: a rule that owns the number may do so for a while only.
    """
    if write.correction is not None or (write.ledger is not None and write.ledger.events):
        return True
    entry = next((declared[key] for key in write.keys if key in declared), write.declared)
    return entry is None or entry.rule is Rule.ON_CHANGE


def doubt_since(write: Pending) -> str:
    """Return the moment since which orders tell whether a write landed."""
    return shift(write.read_at, -NEAR) if write.read_at else ""


def _has_landed(write: Pending, live: Stock | None, orders: OrderBook | None) -> bool | None:
    """Return whether a write landed, or None if nothing tells."""
    if live is None or write.before == write.after:
        return None
    if INFINITE in {write.before, write.after}:
        # Selling turns no infinite stock into a finite one, nor the other way round.
        return (live == INFINITE) is (write.after == INFINITE)
    sold = count_sold_after_read(orders, write.sku_id, write.read_at, write.read_until)
    if sold is None or not isinstance(live.quantity, int):
        return None
    there = finite(live.quantity + sold)
    return True if there == write.after else False if there == write.before else None


def _say_why(write: Pending, live: Stock | None, orders: OrderBook | None) -> str:
    """Return why stock and orders don't tell whether a write landed."""
    if live is None:
        return "Its stock is unknown"
    if orders is None or orders.fault:
        return f"{orders.fault if orders else 'the orders were not read'}"
    if count_sold_after_read(orders, write.sku_id, write.read_at, write.read_until) is None:
        return "An order at that moment, a refund, or a pending order leaves it open"
    return "Neither number fits the sales since then"


def name_doubts(
    base: Base,
    desired: DesiredState,
    live: LiveState,
    recovered: Recovered,
    in_doubt: Set[str],
) -> Iterator[Finding]:
    """Yield the findings of writes in doubt: their result, or that it is unknown."""
    busy_until = base.busy_until if _is_busy(base, live) else ""
    for write in _latest(base.pending):
        entry = next((desired.declared[key] for key in write.keys if key in desired.declared), None)
        if write.sku_id in in_doubt and write.sku_id in recovered.in_doubt:
            stock = live.stocks.get(write.sku_id)
            why = _say_why(write, stock, live.orders)
            yield unsettled(write, entry, stock, why, busy_until)
        elif write.sku_id not in recovered.in_doubt and is_remembered(write, desired.declared):
            yield told(write, entry, has_landed=write.sku_id in recovered.landed)


def with_recovered(base: Base, recovered: Recovered) -> Base:
    """Return *base* with the writes that landed, and those that are in doubt still pending."""
    latest = _latest(base.pending)
    landed = [one for one in latest if one.sku_id in recovered.landed]
    skipped = [one for one in latest if one.sku_id in recovered.skipped]
    ids = frozenset(recovered.landed)
    in_doubt = (one for one in base.pending if one.sku_id not in ids and one not in skipped)
    base = replace(base, pending=tuple(in_doubt))
    return with_landed(base, [Landed(one, one.read_until, one.over_at) for one in landed])


def _latest(pending: Iterable[Pending]) -> list[Pending]:
    """Return the last write in doubt of each SKU."""
    ordered = sorted(pending, key=lambda one: one.read_until)
    return list({one.sku_id: one for one in ordered}.values())


class Landed(NamedTuple):
    """A write that landed between two moments, by the shop's time."""

    write: Pending
    earliest: str
    latest: str


def with_landed(base: Base, landed: Collection[Landed]) -> Base:
    """Return *base* with writes that landed.

    What was sold since the earliest moment matters, and no count before the latest one.
    """
    writes = [one.write for one in landed]
    levels = {one.sku: one.declared for one in writes if one.declared is not None}
    shop = {
        one.sku: SettledSku(one.sku, one.sku_id, None, earliest, level_at=latest)
        for one, earliest, latest in landed
        if one.declared is not None
    }
    ledgers = {one.sku_id: one.ledger for one in writes if one.ledger is not None}
    keys = {key for one in ledgers.values() for key in one.keys}
    kept = (
        one
        for one in base.ledgers
        if one.sku_id not in ledgers and (one.sku_id or not keys.intersection(one.keys))
    )
    return replace(
        base,
        declared={**base.declared, **levels},
        shop={**base.shop, **shop},
        ledgers=(*kept, *ledgers.values()),
    )
