"""Desired state × base → a live state as if the shop still had what was last settled or seen."""

from reconciler.model import (
    Base,
    DesiredState,
    Listing,
    LiveSku,
    LiveState,
    Rule,
    Statement,
    Stock,
)
from reconciler.plan.reference import References


def simulate_live(desired: DesiredState, base: Base) -> tuple[LiveState, set[str]]:
    """Return that live state, and the SKUs of which nothing can be said.

    Those are new, or counted with the number they had: what the shop sold since would be put back.
    """
    references = References(base, desired)
    skus: list[LiveSku] = []
    stocks: dict[str, Stock] = {}
    unknown: set[str] = set()
    for number, (sku, entry) in enumerate(desired.declared.items()):
        settled = references.find_settled(entry, entry.id)
        known_id = settled.settled.sku_id if settled else ""
        sku_id = entry.id or known_id or f"offline-{number}"
        skus.append(LiveSku(sku_id, entry.code, "", archived=False))
        known = references.look_up(entry, entry.id)
        level = known.level if known else None
        is_counted = known is not None and known.statement is Statement.COUNTED
        if level is None or (is_counted and entry.rule is Rule.ON_CHANGE and level == entry.stock):
            unknown.add(sku)
        else:
            stocks[sku_id] = level
    return LiveState(Listing("offline", tuple(skus)), stocks, 0, None), unknown
