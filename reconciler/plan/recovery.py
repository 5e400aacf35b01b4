"""The writes of an apply that never ended × live stocks → what of them counts as done. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

from reconciler.model import Base, Pending, SettledSku, Stock


class Recovered(NamedTuple):
    """SKUs whose declaration of the dead run counts as applied; of `unsure` nobody knows."""

    done: tuple[str, ...]
    unsure: tuple[str, ...]


def recover_pending(pending: Collection[Pending], stocks: Mapping[str, Stock]) -> Recovered:
    """Return what the live *stocks*, by SKU id, say of writes that may have landed.

    A SKU that is as planned was written, one that is as before was not. Anything else counts as
    done too, since to write again could re-add a sale, and is named.
    """
    done, unsure = [], []
    for write in pending:
        live = stocks.get(write.sku_id)
        if live == write.before:
            continue
        done.append(write.declared.sku)
        if live != write.after:
            unsure.append(write.declared.sku)
    return Recovered(tuple(sorted(done)), tuple(sorted(unsure)))


def with_recovered(base: Base, done: Collection[str]) -> Base:
    """Return *base* with what the dead run declared of the SKUs *done*, and nothing pending."""
    landed = [write for write in base.pending if write.declared.sku in done]
    declared = {write.declared.sku: write.declared for write in landed}
    # What the shop had before the write says nothing about the level that it has now.
    shop = {
        write.declared.sku: SettledSku(write.declared.sku, write.sku_id, None, base.at or base.date)
        for write in landed
    }
    return replace(
        base, declared={**base.declared, **declared}, shop={**base.shop, **shop}, pending=()
    )
