"""Desired state × base → a live state as if the store still had what was declared last. Pure."""

from reconciler.model import Base, DesiredState, Listing, LiveSku, LiveState, Rule
from reconciler.plan.reference import BaseIndex


def pretend_live(desired: DesiredState, base: Base) -> tuple[LiveState, set[str]]:
    """Return that live state, and the SKUs of which nothing can be said.

    Those are new, or counted anew: what sold of them since would be put back.
    """
    index = BaseIndex(base.declared)
    skus, stocks, new = [], {}, set()
    for number, (sku, entry) in enumerate(desired.declared.items()):
        sku_id = entry.id or f"offline-{number}"
        skus.append(LiveSku(sku_id, entry.code, "", archived=False))
        before = index.look_up(entry, sku_id)
        is_recounted = before.recounted and entry.rule is Rule.ON_CHANGE
        if before.stock is None or (is_recounted and before.stock == entry.stock):
            new.add(sku)
        else:
            stocks[sku_id] = before.stock
    return LiveState(Listing("offline", tuple(skus)), stocks, 0, None), new
