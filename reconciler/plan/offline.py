"""Desired state × base → a live state as if the store still had what was declared last. Pure."""

from reconciler.model import Base, DesiredState, Listing, LiveSku, LiveState
from reconciler.plan.based import BaseIndex


def pretend_live(desired: DesiredState, base: Base) -> tuple[LiveState, set[str]]:
    """Return that live state, and the SKUs of which nothing can be said: they are new."""
    index = BaseIndex(base.declared)
    skus, stocks, new = [], {}, set()
    for sku, entry in desired.declared.items():
        sku_id = entry.id or sku
        skus.append(LiveSku(sku_id, entry.code, "", archived=False))
        before = index.look_up(entry, sku_id).stock
        if before is None:
            new.add(sku)
        else:
            stocks[sku_id] = before
    return LiveState(Listing("", tuple(skus)), stocks, 0, None), new
