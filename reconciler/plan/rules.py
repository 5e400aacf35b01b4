"""Rule × declared × base × live → the stock to aim for. Pure."""

from reconciler.model import InventoryType, Rule, Stock


def aim(
    rule: Rule, declared: Stock, base: Stock | None, live: Stock, *, recounted: bool = False
) -> Stock:
    """Return the stock that *rule* asks for: *live* itself where the rule leaves it alone.

    *base* is what was declared last, None for a SKU that is new since then; *recounted* says that
    the declaration has a new `as_of`. The rule is decided before anything is compared, so what
    follows compares two stocks and knows of no rule.
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
            if base is None or recounted:
                return declared
            return live if declared == base else _follow(declared, base, live)


def _follow(declared: Stock, base: Stock, live: Stock) -> Stock:
    """Return *declared*, unless that would go against the direction in which it was changed.

    A raised declaration never lowers the live stock and a lowered one never raises it: numbers
    that were pulled from a shop are overtaken by what it sells until they are merged.
    """
    if not live.readable:
        return declared
    is_raised = size(declared) > size(base)
    is_overtaken = size(live) > size(declared) if is_raised else size(live) < size(declared)
    return live if is_overtaken else declared


def size(stock: Stock) -> float:
    """Return how much a readable stock is, for bounds: infinite is more than any number."""
    if stock.inventory_type is InventoryType.INFINITE or stock.quantity is None:
        return float("inf")
    return stock.quantity
