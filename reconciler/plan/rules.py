"""Rule × declared × live → the stock to aim for. Pure."""

from reconciler.errors import NoBaseError
from reconciler.model import InventoryType, Rule, Stock


def aim(rule: Rule, declared: Stock, live: Stock) -> Stock:
    """Return the stock that *rule* asks for: *live* itself where the rule leaves it alone.

    The rule is decided before anything is compared, so what follows compares two stocks and
    knows of no rule. Raises NoBaseError for `on_change`, which cannot be decided from these.
    """
    match rule:
        case Rule.EXACT:
            return declared
        case Rule.OBSERVE:
            return live
        case Rule.AT_LEAST:
            return declared if live.readable and _size(live) < _size(declared) else live
        case Rule.AT_MOST:
            return declared if live.readable and _size(live) > _size(declared) else live
        case Rule.ON_CHANGE:
            raise NoBaseError("the rule on_change asks what was declared before")


def _size(stock: Stock) -> float:
    """Return how much a readable stock is, for bounds: infinite is more than any number."""
    if stock.inventory_type is InventoryType.INFINITE or stock.quantity is None:
        return float("inf")
    return stock.quantity
