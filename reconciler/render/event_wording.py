"""Describe events: counts, deliveries, removals, and sales since."""

from reconciler.model import Action, EventChange, EventVerb, SoldSince
from reconciler.render.dates import short_time

MAX_CHANGES = 5


def events_why(action: Action) -> str:
    """Return the reason of an action from events: `44 counted Nov 27 10:00; 5 sold since …`."""
    first, *others = map(_change, action.events[:MAX_CHANGES])
    parts = [first, *([_sold(action.sold_since)] if action.sold_since else []), *others]
    if (more := len(action.events) - MAX_CHANGES) > 0:
        parts.append(f"and {more} more")
    if action.is_count and action.after.quantity == 0 and action.sold_since:
        short = _shortfall(action)
        parts += [f"{short} more sold than there were, so 0"] if short else []
    return "; ".join(parts)


def _change(one: EventChange) -> str:
    reason = f" {one.reason}" if one.reason else ""
    match one.verb:
        case EventVerb.COUNTED:
            return f"{one.units} counted {short_time(one.at)}"
        case EventVerb.RECOUNTED:
            return f"count corrected {one.was} -> {(one.was or 0) + one.units}"
        case EventVerb.ADJUSTED:
            return f"{one.units:+}{reason}"
        case EventVerb.EDITED:
            was = one.was or 0
            return f"{one.units:+}{reason} corrected {was:+} -> {was + one.units:+}"
        case EventVerb.TAKEN_BACK:
            return f"{one.units:+}{reason} taken back"
        case EventVerb.SHORT:
            return f"{one.units:+}{reason}"


def _sold(sold: SoldSince) -> str:
    if not sold.orders:
        return "none sold since"
    orders = "1 order" if sold.orders == 1 else f"{sold.orders} orders"
    return f"{sold.units} sold since in {orders}"


def _shortfall(action: Action) -> int:
    """Return the units sold since a count beyond the count and later deliveries."""
    came_in = sum(one.units for one in action.events)
    return max(0, (action.sold_since.units if action.sold_since else 0) - came_in)
