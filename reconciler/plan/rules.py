"""Decide which stock a rule aims for, and what a write would undo."""

from fnmatch import fnmatchcase

from reconciler.model import InventoryType, Reference, Rule, Statement, Stock, StoreSettings, finite


def is_frozen(sku: str, settings: StoreSettings) -> bool:
    """Return whether a `frozen` pattern in *settings* matches *sku*."""
    return any(fnmatchcase(sku, glob) for glob in settings.frozen)


def with_added(level: Stock, reference: Reference | None) -> Stock:
    """Return *level* plus what events have added since it was settled."""
    if reference is None or not reference.added or not isinstance(level.quantity, int):
        return level
    return finite(level.quantity + reference.added)


def aim(rule: Rule, declared: Stock, reference: Reference | None, live: Stock) -> Stock:
    """Return the stock that *rule* requires, or *live* if the rule leaves it alone.

    *reference* is what the author of the level knew. Only `on_change` needs it. The rule is decided
    before anything is compared.
    """
    match rule:
        case Rule.EXACT:
            return declared
        case Rule.OBSERVE:
            return live
        case Rule.AT_LEAST:
            return declared if live.readable and size(live) < size(declared) else live
        case Rule.AT_MOST:
            return declared if live.readable and size(live) > size(declared) else live
        case Rule.ON_CHANGE:
            return _aim_on_change(declared, reference, live)


def _aim_on_change(declared: Stock, reference: Reference | None, live: Stock) -> Stock:
    if reference is None or not reference.has_changed:
        return live
    if reference.statement is Statement.TYPED and reference.level is not None:
        return _follow(declared, reference.level, live)
    return declared


def count_put_back(reference: Reference | None, before: Stock, after: Stock) -> int:
    """Return how many units moved since *reference* and would be undone by the write.

    Above 0: sold units that would be back on the shelf. Below 0: units that came in and would be
    removed. The author knows the level, and may know what the shop had when it was settled. Only
    what moved beyond both, and beyond what events added since, is undone.
    """
    if reference is None or reference.had is None or reference.level is None:
        return 0
    known = [_whole(reference.had), _whole(reference.level)]
    live, aimed = _whole(before), _whole(after)
    start = [quantity + reference.added for quantity in known if quantity is not None]
    if known[0] is None or live is None or aimed is None:
        return 0
    if aimed > live:
        return max(0, min(max(start) - live, aimed - live))
    return -max(0, min(live - min(start), live - aimed))


def _whole(stock: Stock) -> int | None:
    return stock.quantity if isinstance(stock.quantity, int) else None


def _follow(declared: Stock, known: Stock, live: Stock) -> Stock:
    """Return *declared*, or *live* if the shop has overtaken the change.

    A raised level never lowers the shop, and a lowered one never raises it.
    """
    if not live.readable:
        return declared
    is_raised = size(declared) > size(known)
    is_overtaken = size(live) > size(declared) if is_raised else size(live) < size(declared)
    return live if is_overtaken else declared


def size(stock: Stock) -> float:
    """Return the size of a readable stock for bounds: infinite is more than any number."""
    if stock.inventory_type is InventoryType.INFINITE or stock.quantity is None:
        return float("inf")
    return stock.quantity
