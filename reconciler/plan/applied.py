"""Desired state × base × plan × report → what the next record says of each SKU."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model import (
    Action,
    Base,
    Declared,
    DesiredState,
    Event,
    FindingKind,
    LedgerSku,
    Outcome,
    Plan,
    Report,
    Result,
    SettledSku,
    SkuLedger,
    Stock,
)
from reconciler.plan.accounts import find_released_ids
from reconciler.plan.ledger import Balance, compute_balance, corrected, release, write_level
from reconciler.plan.reference import Knowledge, References


@dataclass(frozen=True, slots=True)
class AppliedState:
    """What holds after an apply: the settled levels, and what the shop had then.

    `released` holds the levels of SKUs that no file declares, `ledgers` what was dealt with of
    events, `consumed` the ids of the observations that this apply, or one before, has dealt with.
    """

    declared: Mapping[str, Declared]
    released: Mapping[str, Declared]
    shop: Mapping[str, SettledSku]
    consumed: tuple[str, ...]
    ledgers: tuple[SkuLedger, ...] = ()


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
        known = references.find_settled(entry, own.sku_id if own else None)
        level_at = known.settled.level_at if known else ""
        if sku not in left:
            declared[sku] = entry
            row = own or (known.settled if known else None)
            if row is not None:
                shop[sku] = replace(row, sku=sku, level_at=row.level_at or level_at)
            continue
        earlier = references.find_latest(entry, own.sku_id if own else None)
        if earlier is not None:
            declared[sku] = entry._replace(stock=earlier.declared.stock)
            shop[sku] = replace(earlier.settled, sku=sku, level_at=level_at)
    released = _find_released(references, shop)
    shop |= {key: one.settled for key, one in released.items()}
    seen = {one.id for one in desired.observations}
    consumed = tuple(sorted(seen | (base.consumed if base else frozenset())))
    levels = {key: one.declared for key, one in released.items()}
    renewed = {one.sku_id: one.at for one in found.values() if one.at != _settled_at(base, one)}
    ledgers = ledgers_after(desired, _without_corrections(base, renewed), plan, report, at)
    return AppliedState(declared, levels, shop, consumed, ledgers)


def _find_settled(plan: Plan, report: Report, at: str) -> dict[str, SettledSku]:
    """Return what the shop has of each SKU whose level this plan deals with."""
    read_at = plan.provenance.read_at or at
    settled = {one.sku: replace(one, at=one.at or read_at) for one in plan.settled}
    outcomes = report.by_sku
    for action in plan.actions:
        if action.events:
            continue
        outcome = outcomes.get(action.sku)
        live = _had(outcome) if outcome else None
        is_declared = live is None or live == action.after
        kept = None if is_declared else live
        sku_id = action.target.sku_id
        when = outcome.at if outcome and outcome.at else at
        settled[action.sku] = SettledSku(action.sku, sku_id, kept, when, level_at=when)
    return settled


def _settled_at(base: Base | None, row: SettledSku) -> str:
    """Return when the level of a SKU was settled before, '' if it was not."""
    known = base.shop.get(row.sku) if base else None
    return known.at if known else ""


def _without_corrections(base: Base | None, renewed: Mapping[str, str]) -> Base | None:
    """Return *base* without what events added before the levels *renewed* were settled anew."""
    if base is None or not base.ledgers or not renewed:
        return base
    ledgers = (
        replace(one, corrections=tuple(c for c in one.corrections if c.at > renewed[one.sku_id]))
        if one.sku_id in renewed
        else one
        for one in base.ledgers
    )
    return replace(base, ledgers=tuple(ledgers))


def ledgers_after(
    desired: DesiredState, base: Base | None, plan: Plan, report: Report, at: str
) -> tuple[SkuLedger, ...]:
    """Return what was dealt with of events once *report* has come of *plan*."""
    named = {key for one in plan.ledgers for key in one.keys}
    known = base.ledgers if base else ()
    ledgers = {one.sku_id: one for one in known if one.sku_id}
    unnamed = [one for one in known if not one.sku_id]
    by_key = {key: one for one in unnamed for key in one.keys}
    kept = [one for one in unnamed if not named.intersection(one.keys)]
    actions = {one.target.sku_id: one for one in plan.actions}
    outcomes = report.by_sku
    events: dict[str, list[Event]] = defaultdict(list)
    for event in desired.events:
        events[event.sku].append(event)
    released = find_released_ids(base, desired)
    for sku in plan.ledgers:
        by_name = next((by_key[key] for key in sku.keys if key in by_key), SkuLedger(""))
        balance = compute_balance(
            [one for key in sku.keys for one in events.get(key, ())],
            ledgers.get(sku.sku_id, by_name),
            "",  # the plan has judged what is too old
        )
        if sku.sku_id in released and not balance.events:
            ledgers[sku.sku_id] = release(balance.ledger)
            continue
        action = actions.get(sku.sku_id)
        outcome = outcomes.get(action.sku) if action else None
        ledgers[sku.sku_id] = _ledger_after(balance, sku, action, outcome, at)
    return (*kept, *ledgers.values())


def _ledger_after(
    balance: Balance, sku: LedgerSku, action: Action | None, outcome: Outcome | None, at: str
) -> SkuLedger:
    """Return the ledger of one SKU after an *action* on it, or none, came to its *outcome*."""
    if action is None or outcome is None:
        is_counted = balance.count is not None
        after = balance.after(at, sku)
        return replace(after, doubt_at="") if is_counted else after
    earlier = replace(balance.ledger, sku_id=sku.sku_id, keys=sku.keys)
    if _is_left_alone(outcome):
        return earlier
    if not action.events:
        return write_level(balance, at, sku)
    if outcome.result in {Result.APPLIED, Result.ALREADY}:
        return corrected(balance.after(at, sku), outcome.at or at, _units(outcome))
    return replace(earlier, doubt_at=at)


def _units(outcome: Outcome) -> int:
    """Return how many units a write added."""
    before, after = outcome.before, outcome.after
    if before is None or after is None or before.inventory_type is not after.inventory_type:
        return 0
    return int(after.quantity or 0) - int(before.quantity or 0)


def _had(outcome: Outcome) -> Stock | None:
    """Return what the shop had after an action that was dealt with."""
    return outcome.after if outcome.result is Result.APPLIED else outcome.found


def _find_left(plan: Plan, report: Report) -> set[str]:
    """Return the SKUs that were not dealt with."""
    levels = {one.sku for one in plan.actions if not one.events}
    left = {sku for sku, one in report.by_sku.items() if _is_left_alone(one)} & levels
    left |= {one.sku for one in plan.findings if one.kind.is_error} - levels
    # A pattern that freezes nothing is a finding too, and may be called like a SKU.
    frozen = (one for one in plan.findings if one.kind is FindingKind.FROZEN)
    left |= {one.sku for one in frozen if one.source is not None}
    # What is said of events does not undo that the level is dealt with.
    return left.union(plan.unread) - {one.sku for one in plan.settled}


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
