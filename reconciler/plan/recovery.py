"""The writes of an apply that never ended × live stock × orders → what of them counts as done."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.model import Base, OrderBook, Pending, Recovered, SettledSku, SkuLedger, Stock
from reconciler.plan.sales import count_sold


def recover_pending(
    pending: Collection[Pending], stocks: Mapping[str, Stock], orders: OrderBook | None
) -> Recovered:
    """Return what the live *stocks*, by SKU id, say of writes that may have landed.

    A level that is as planned was written, one that is as before was not. Any other counts as
    done too, since to write again could re-add a sale, and is named. Of a correction, what was sold
    since decides; where that can't be said, it stays in doubt.
    """
    levels: list[str] = []
    unsure: list[str] = []
    booked: list[str] = []
    in_doubt: list[str] = []
    for write in pending:
        live = stocks.get(write.sku_id)
        if write.correction is not None:
            landed = _has_landed(write, live, orders)
            if landed is not False:
                (in_doubt if landed is None else booked).append(write.sku_id)
        elif live != write.before and write.declared is not None:
            levels.append(write.declared.sku)
            if live != write.after:
                unsure.append(write.declared.sku)
    return Recovered(*(tuple(sorted(ones)) for ones in (levels, unsure, booked, in_doubt)))


def _has_landed(write: Pending, live: Stock | None, orders: OrderBook | None) -> bool | None:
    """Return whether a correction was written, or None if the orders can't tell."""
    sold = count_sold(orders, write.sku_id, write.read_at)
    if isinstance(sold, str) or live is None or not isinstance(live.quantity, int):
        return None
    there = live.quantity + sold.units
    if there == write.after.quantity:
        return True
    return False if there == write.before.quantity else None


def with_recovered(base: Base, recovered: Recovered) -> Base:
    """Return *base* with what a dead run did, and nothing pending."""
    landed = [one.declared for one in base.pending if one.declared is not None]
    landed = [one for one in landed if one.sku in recovered.levels]
    ids = {one.declared.sku: one.sku_id for one in base.pending if one.declared is not None}
    # What the shop had before the write says nothing about the level that it has now.
    at = base.at or base.date
    shop = {one.sku: SettledSku(one.sku, ids[one.sku], None, at, level_at=at) for one in landed}
    return replace(
        base,
        declared={**base.declared, **{one.sku: one for one in landed}},
        shop={**base.shop, **shop},
        ledgers=tuple(_recover_ledgers(base, recovered)),
        pending=(),
    )


def _recover_ledgers(base: Base, recovered: Recovered) -> Collection[SkuLedger]:
    """Return the ledgers of *base* with the corrections that landed, or are in doubt."""
    ledgers = {one.sku_id: one for one in base.ledgers if one.sku_id}
    unnamed = [one for one in base.ledgers if not one.sku_id]
    for write in base.pending:
        is_level = write.declared is not None and write.declared.sku in recovered.levels
        if write.ledger is not None and (write.sku_id in recovered.booked or is_level):
            ledgers[write.sku_id] = write.ledger  # the intent has the correction already
        elif write.sku_id in recovered.in_doubt:
            earlier = ledgers.get(write.sku_id, SkuLedger(write.sku_id))
            keys = write.ledger.keys if write.ledger else earlier.keys
            ledgers[write.sku_id] = replace(earlier, keys=keys, doubt_at=write.read_at)
    return (*unnamed, *ledgers.values())
