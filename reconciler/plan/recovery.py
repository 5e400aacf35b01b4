"""Find out from stock and orders which writes in doubt landed."""

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
    """Return whether the run that announced the writes in doubt may still be writing."""
    return bool(base.busy_until) and live.until <= base.busy_until


def recover(base: Base, declared: Mapping[str, Declared], live: LiveState) -> Recovered:
    """Return which writes in doubt of *base* landed, according to *live*.

    While the run that announced them may still be writing, all stay in doubt.
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
    """Return which writes in doubt landed, given live *stocks* by SKU id and *orders*.

    If a rule owns the number, the next read decides, so the write counts as skipped. Of several
    writes of one SKU, only the last one is resolved.
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
    """Return whether later applies must know if a write landed.

    For writes from events they must, because a rule may own the number only for a while.
    """
    if write.correction is not None or (write.ledger is not None and write.ledger.events):
        return True
    entry = next((declared[key] for key in write.keys if key in declared), write.declared)
    return entry is None or entry.rule is Rule.ON_CHANGE


def doubt_since(write: Pending) -> str:
    """Return the time since which orders can show whether a write landed."""
    return shift(write.read_at, -NEAR) if write.read_at else ""


def _has_landed(write: Pending, live: Stock | None, orders: OrderBook | None) -> bool | None:
    """Return whether a write landed, or None if it is unknown."""
    if live is None or write.before == write.after:
        return None
    if INFINITE in {write.before, write.after}:
        # Sales never change a SKU between infinite and finite.
        return (live == INFINITE) is (write.after == INFINITE)
    sold = count_sold_after_read(orders, write.sku_id, write.read_at, write.read_until)
    if sold is None or not isinstance(live.quantity, int):
        return None
    there = finite(live.quantity + sold)
    return True if there == write.after else False if there == write.before else None


def _say_why(write: Pending, live: Stock | None, orders: OrderBook | None) -> str:
    """Return why stock and orders can't show whether a write landed."""
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
    """Yield a finding for each write in doubt: its result, or that it is unknown."""
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
    """Return *base* with the landed writes, and those still in doubt as pending."""
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
    """A write that landed between two times of the shop's clock."""

    write: Pending
    earliest: str
    latest: str


def with_landed(base: Base, landed: Collection[Landed]) -> Base:
    """Return *base* with writes that landed.

    Sales count from the `earliest` time on. Counts before the `latest` time don't matter.
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
