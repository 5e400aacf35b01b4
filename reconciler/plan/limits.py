"""Check actions against the safety limits of a store."""

import shlex
from collections.abc import Mapping, Sequence

from reconciler.model import Action, Bound, Limit, LimitUse, Rule, Statement, Summary, Violation

# A share of a few SKUs means little: one of three is 33 %.
MIN_DECLARED_FOR_SHARES = 10

_UNITS = frozenset({Limit.UNITS_RAISED, Limit.UNITS_LOWERED, Limit.PUT_BACK})
_SAYS = {
    Limit.CHANGES: ("SKU", "would change"),
    Limit.UNITS_RAISED: ("unit", "would be added"),
    Limit.UNITS_LOWERED: ("unit", "would be removed"),
    Limit.ZEROED: ("SKU", "would go from stock to 0"),
    Limit.INVENTORY_TYPE_CHANGES: ("SKU", "would change between finite and infinite"),
    Limit.PUT_BACK: ("unit", "sold since would go back on the shelf"),
}


def measure_limits(
    actions: Sequence[Action], summary: Summary, limits: Mapping[Limit, Bound]
) -> tuple[LimitUse, ...]:
    """Return how much of each limit *actions* use, in the order of the limits.

    A share is a percentage of the declared SKUs. For units, it is a percentage of the live units of
    the declared finite SKUs, or of their declared units if they were not read. A share applies from
    `MIN_DECLARED_FOR_SHARES` declared SKUs up.
    """
    found = {
        Limit.CHANGES: len(actions),
        Limit.UNITS_RAISED: summary.units_raised,
        Limit.UNITS_LOWERED: summary.units_lowered,
        Limit.ZEROED: summary.zeroed,
        Limit.PUT_BACK: sum(max(action.put_back, 0) for action in actions if _is_typed(action)),
        Limit.INVENTORY_TYPE_CHANGES: sum(
            action.before.inventory_type is not action.after.inventory_type for action in actions
        ),
    }
    return tuple(
        LimitUse(limit, _allowed(limit, bound, summary), found[limit])
        for limit, bound in limits.items()
        if not bound.is_share or summary.declared >= MIN_DECLARED_FOR_SHARES
    )


def _whole(limit: Limit, summary: Summary) -> int:
    return max(summary.live_units, 0) if limit in _UNITS else summary.declared


def _allowed(limit: Limit, bound: Bound, summary: Summary) -> int:
    return _whole(limit, summary) * bound.number // 100 if bound.is_share else bound.number


def check_limits(
    actions: Sequence[Action], summary: Summary, limits: Mapping[Limit, Bound]
) -> tuple[Violation, ...]:
    """Return every limit that *actions* exceed, in the order of the limits."""
    violations = []
    for use in measure_limits(actions, summary, limits):
        limit, allowed, found = use.limit, use.allowed, use.found
        if found > allowed:
            bound = limits[limit]
            of = f" ({bound} of {_whole(limit, summary)})" if bound.is_share else ""
            noun, what = _SAYS[limit]
            many = "" if found == 1 else "s"
            message = f"{limit} allows {allowed}{of}, but {found} {noun}{many} {what}."
            if limit is Limit.PUT_BACK:
                message += _advise(actions)
            violations.append(Violation(limit, allowed, found, message))
    return tuple(violations)


def _advise(actions: Sequence[Action]) -> str:
    """Return what to do instead of putting sold units back."""
    sku = next(one.sku for one in actions if _is_typed(one) and one.put_back > 0)
    name = shlex.quote(sku)
    return (
        f" If units came in, restore the level and run `reconciler adjust {name}=+UNITS`. If you"
        f" counted them, run `reconciler count {name}=UNITS`."
    )


def _is_typed(action: Action) -> bool:
    """Return whether the level was typed.

    Counts, and numbers that git owns, are intended, so they don't use up `put_back`.
    """
    reference = action.reference
    return (
        action.rule is Rule.ON_CHANGE
        and reference is not None
        and reference.statement is Statement.TYPED
    )
