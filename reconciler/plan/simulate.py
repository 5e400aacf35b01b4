"""Simulate a live state in which the shop still has what was last settled or observed."""

from collections.abc import Iterator

from reconciler.model import (
    Base,
    DesiredState,
    Listing,
    LiveSku,
    LiveState,
    OrderBook,
    Stock,
)
from reconciler.plan.reference import References
from reconciler.plan.rules import with_added


def simulate_live(desired: DesiredState, base: Base, now: str) -> tuple[LiveState, set[str]]:
    """Return the simulated live state, and the declared SKUs whose stock is unknown.

    Those are new. SKUs that have events and no level are listed without a stock. *now* is UTC, ISO
    8601.
    """
    references = References(base, desired)
    skus: list[LiveSku] = []
    stocks: dict[str, Stock] = {}
    unknown: set[str] = set()
    for number, (sku, entry) in enumerate(desired.declared.items()):
        plain_id = references.find_plain(entry)
        if plain_id is not None:
            sku_id = plain_id or f"offline-{number}"
            skus.append(LiveSku(sku_id, entry.code, "", archived=False))
            stocks[sku_id] = entry.stock
            continue
        settled = references.find_settled(entry, entry.id)
        known_id = settled.settled.sku_id if settled else ""
        sku_id = entry.id or known_id or f"offline-{number}"
        skus.append(LiveSku(sku_id, entry.code, "", archived=False))
        known = references.look_up(entry, sku_id)
        if known is None or known.level is None:
            unknown.add(sku)
        else:
            stocks[sku_id] = with_added(known.level, known)
    skus += _find_others(desired, base)
    orders = OrderBook(is_offline=True)
    return LiveState(Listing("offline", tuple(skus)), stocks, 0, None, now, orders), unknown


def _find_others(desired: DesiredState, base: Base) -> Iterator[LiveSku]:
    """Yield the SKUs that have events and no level."""
    ids = {key: one.sku_id for one in base.ledgers for key in one.keys}
    keys = {one.sku for one in desired.events} | ids.keys()
    for number, key in enumerate(sorted(keys - desired.declared.keys())):
        yield LiveSku(ids.get(key) or f"offline-event-{number}", key, "", archived=False)
