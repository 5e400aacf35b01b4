"""Desired state × base × plan × report → what the next record says of each SKU."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    FindingKind,
    Outcome,
    Plan,
    Report,
    Result,
    SettledSku,
    Stock,
)
from reconciler.plan.reference import Knowledge, References


@dataclass(frozen=True, slots=True)
class AppliedState:
    """What holds after an apply: the settled levels, and what the shop had then.

    `released` holds the levels of SKUs that no file declares, `consumed` the ids of the
    observations that this apply, or one before, has dealt with.
    """

    declared: Mapping[str, Declared]
    released: Mapping[str, Declared]
    shop: Mapping[str, SettledSku]
    consumed: tuple[str, ...]


def state_after(
    desired: DesiredState, base: Base | None, plan: Plan, report: Report, at: str
) -> AppliedState:
    """Return what holds *at* this time (UTC, ISO 8601), when *report* has come of *plan*.

    A level is settled if it was written, was already right, needed nothing, or was overtaken; also
    where it is unknown whether a write landed, since to write again could put a sale back. One
    that was not dealt with keeps what was known before: the level last settled, or an observation
    since. If nothing was known, it is left out, and so is still new.
    """
    references = References(base, desired)
    found = _find_settled(plan, report, at)
    left = _find_left(plan, report)
    declared: dict[str, Declared] = {}
    shop: dict[str, SettledSku] = {}
    for sku, entry in desired.declared.items():
        own = found.get(sku)
        if sku not in left:
            declared[sku] = entry
            if own is None and (known := references.find_settled(entry, None)) is not None:
                own = replace(known.settled, sku=sku)
            if own is not None:
                shop[sku] = own
            continue
        earlier = references.find_latest(entry, own.sku_id if own else None)
        if earlier is not None:
            terms = entry.terms._replace(as_of=earlier.declared.as_of)
            declared[sku] = entry._replace(stock=earlier.declared.stock, terms=terms)
            shop[sku] = replace(earlier.settled, sku=sku)
    released = _find_released(references, shop)
    shop |= {key: one.settled for key, one in released.items()}
    seen = {one.id for one in desired.observations}
    consumed = tuple(sorted(seen | (base.consumed if base else frozenset())))
    levels = {key: one.declared for key, one in released.items()}
    return AppliedState(declared, levels, shop, consumed)


def _find_settled(plan: Plan, report: Report, at: str) -> dict[str, SettledSku]:
    """Return what the shop has of each SKU that this plan names by its id."""
    settled = {one.sku: replace(one, at=one.at or at) for one in plan.settled}
    had = {outcome.sku: _had(outcome) for outcome in report.outcomes}
    for action in plan.actions:
        live = had.get(action.sku)
        is_declared = live is None or live == action.after
        kept = None if is_declared else live
        settled[action.sku] = SettledSku(action.sku, action.target.sku_id, kept, at)
    return settled


def _had(outcome: Outcome) -> Stock | None:
    """Return what the shop had after an action that was dealt with."""
    return outcome.after if outcome.result is Result.APPLIED else outcome.found


def _find_left(plan: Plan, report: Report) -> set[str]:
    """Return the SKUs that were not dealt with."""
    left = {outcome.sku for outcome in report.outcomes if _is_left_alone(outcome)}
    left |= {one.sku for one in plan.findings if one.kind.is_error}
    # A pattern that freezes nothing is a finding too, and may be called like a SKU.
    frozen = (one for one in plan.findings if one.kind is FindingKind.FROZEN)
    left |= {one.sku for one in frozen if one.source is not None}
    return left.union(plan.unread)


def _find_released(references: References, shop: Mapping[str, SettledSku]) -> dict[str, Knowledge]:
    """Return what is known of keys that no file declares, unless the SKU has another key now."""
    ids = {one.sku_id for one in shop.values() if one.sku_id}
    return {
        key: one for key, one in references.undeclared().items() if one.settled.sku_id not in ids
    }


def _is_left_alone(outcome: Outcome) -> bool:
    """Whether the SKU is as it was before as far as we are concerned.

    A write that was answered with another number was taken: to repeat it could re-add a sale.
    """
    if outcome.result is Result.FAILED:
        return outcome.found is None or outcome.found == outcome.before
    return outcome.result in {Result.MOVED, Result.NOT_TRIED}
