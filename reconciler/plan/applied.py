"""Compute the state that the next record keeps after an apply."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model import (
    Action,
    Base,
    Declared,
    DesiredState,
    Event,
    FindingKind,
    LedgerSku,
    Outcome,
    Pending,
    Plan,
    Report,
    Result,
    Rule,
    SettledSku,
    SkuLedger,
    Stock,
)
from reconciler.plan.ledger import Balance, compute_balance, corrected, release, write_level
from reconciler.plan.recovery import is_remembered
from reconciler.plan.reference import Knowledge, References
from reconciler.plan.settling import merge_ledgers, move_keys


class AppliedState(Struct, frozen=True):
    """The settled state after an apply, for the next record.

    `declared` holds the settled levels, and `shop` what the shop had of each SKU then. `released`
    holds the levels of SKUs that no file declares. `ledgers` holds the settled events. `consumed`
    holds the ids of the observations that this apply or an earlier one has used. `in_doubt` holds
    writes whose result is unknown.
    """

    declared: Mapping[str, Declared]
    released: Mapping[str, Declared]
    shop: Mapping[str, SettledSku]
    consumed: tuple[str, ...]
    ledgers: tuple[SkuLedger, ...] = ()
    in_doubt: tuple[Pending, ...] = ()


def state_after(
    desired: DesiredState, base: Base | None, plan: Plan, report: Report, at: str
) -> AppliedState:
    """Return the settled state after *plan* was applied with the result *report*.

    *at* is the time of the apply (UTC, ISO 8601). A level is settled if it was written, was already
    right, needed nothing, or was overtaken. Other levels keep what was known before: the level last
    settled, or a later observation. Without that they are left out, and stay new.
    """
    references = References(base, desired)
    found = _find_settled(plan, report, at)
    left = _find_left(plan, report)
    renewed = {
        one.sku_id: one.at
        for one in found.values()
        if one.sku not in left and one.at != _settled_at(base, one)
    }
    ledgers = ledgers_after(desired, _without_corrections(base, renewed), plan, report, at)
    in_doubt = _find_doubts(desired, base, plan, report, ledgers, at)
    left = left.union(*(one.keys for one in in_doubt))
    declared: dict[str, Declared] = {}
    shop: dict[str, SettledSku] = {}
    for sku, entry in desired.declared.items():
        own = found.get(sku)
        known = references.find_settled(entry, own.sku_id if own else None)
        level_at = known.settled.level_at if known else ""
        # Settle only what the plan covers or what is unchanged, even if a plan file omits SKUs.
        if sku not in left and (own is not None or references.is_unchanged(entry)):
            declared[sku] = entry
            row = own or (known.settled if known else None)
            if row is not None:
                shop[sku] = replace(row, sku=sku, level_at=row.level_at or level_at)
            continue
        earlier = references.find_latest(entry, own.sku_id if own else None)
        if earlier is not None:
            declared[sku] = entry._replace(stock=earlier.declared.stock)
            shop[sku] = replace(earlier.settled, sku=sku, level_at=level_at)
    released = _find_released(references, base, shop)
    shop |= {key: one.settled for key, one in released.items()}
    seen = {one.id for one in desired.observations}
    consumed = tuple(sorted(seen | (base.consumed if base else frozenset())))
    levels = {key: one.declared for key, one in released.items()}
    return AppliedState(declared, levels, shop, consumed, ledgers, in_doubt)


def write_ahead(
    desired: DesiredState, base: Base | None, plan: Plan, at: str
) -> Mapping[str, Pending]:
    """Return the expected state of each SKU after its write, by key.

    *at* is the time of the write. These states are announced before the writes, so a crashed run
    leaves nothing else in doubt.
    """
    done = (Outcome(a.sku, Result.APPLIED, a.before, a.after) for a in plan.actions)
    state = state_after(desired, base, plan, Report(plan.store, tuple(done)), at)
    ledgers = {one.sku_id: one for one in state.ledgers}
    made = plan.provenance
    return {
        action.sku: Pending(
            action.sku,
            action.target.sku_id,
            action.before,
            action.after,
            made.read_at or at,
            made.read_until or made.read_at or at,
            None if action.events else state.declared.get(action.sku),
            action.correction,
            ledgers.get(action.target.sku_id),
        )
        for action in plan.actions
    }


def _find_doubts(
    desired: DesiredState,
    base: Base | None,
    plan: Plan,
    report: Report,
    ledgers: Iterable[SkuLedger],
    at: str,
) -> tuple[Pending, ...]:
    """Return the writes in doubt, from this apply and earlier ones."""
    counted = {one.sku_id: one.counted_at for one in ledgers}
    known = base.pending if base else ()
    kept = [one for one in known if counted.get(one.sku_id, "") <= one.over_at]
    unknown = [one for one in report.outcomes if one.result is Result.UNKNOWN]
    ahead = write_ahead(desired, base, plan, at) if unknown else {}
    for outcome in unknown:
        write = ahead[outcome.sku]
        read = (outcome.read_at or write.read_at, outcome.read_at or write.read_until)
        sent = write._replace(
            before=outcome.before or write.before,
            after=outcome.after or write.after,
            read_at=read[0],
            read_until=read[1],
            sent_by=outcome.at or at,
        )
        if is_remembered(sent, desired.declared):
            kept.append(sent)
    return tuple(sorted(kept, key=lambda one: one.sku_id))


def _find_settled(plan: Plan, report: Report, at: str) -> dict[str, SettledSku]:
    """Return what the shop has of each SKU whose level this plan settles."""
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
    """Return when the level of a SKU was settled before, or '' if it never was."""
    known = base.shop.get(row.sku) if base else None
    return known.at if known else ""


def _without_corrections(base: Base | None, renewed: Mapping[str, str]) -> Base | None:
    """Return *base* without corrections that are older than a level settled again.

    *renewed* has the new settle time by SKU id.
    """
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
    """Return the ledgers after *plan* was applied with the result *report*."""
    known = base.ledgers if base else ()
    # For a ledger that was set by hand, the plan has found the SKU.
    ids = {key: one.sku_id for one in plan.ledgers for key in one.keys}
    found = ((one.sku_id or _find_id(one, ids), one) for one in known)
    ledgers = move_keys(merge_ledgers(found), plan.ledgers)
    kept = [one for one in known if not one.sku_id and not _find_id(one, ids)]
    actions = {one.target.sku_id: one for one in plan.actions}
    outcomes = report.by_sku
    events: dict[str, list[Event]] = defaultdict(list)
    for event in desired.events:
        events[event.sku].append(event)
    for sku in plan.ledgers:
        balance = compute_balance(
            [one for key in sku.keys for one in events.get(key, ())],
            ledgers.get(sku.sku_id) or SkuLedger(sku.sku_id),
            "",  # the plan has already rejected events that are too old
        )
        if sku.is_released:
            ledgers[sku.sku_id] = release(balance.ledger)
            continue
        action = actions.get(sku.sku_id)
        outcome = outcomes.get(action.sku) if action else None
        ledgers[sku.sku_id] = _ledger_after(balance, sku, action, outcome, at)
    return (*kept, *ledgers.values())


def _find_id(ledger: SkuLedger, ids: Mapping[str, str]) -> str:
    """Return the id that the plan found for a ledger without one, or ''."""
    return next((ids[key] for key in reversed(ledger.keys) if key in ids), "")


def _ledger_after(
    balance: Balance, sku: LedgerSku, action: Action | None, outcome: Outcome | None, at: str
) -> SkuLedger:
    """Return the ledger of one SKU after its *action*, if any, had this *outcome*."""
    if action is None or outcome is None:
        return _with_short(balance.after(at, sku), sku.short)
    earlier = replace(balance.ledger, sku_id=sku.sku_id, keys=sku.keys)
    if _is_left_alone(outcome):
        return earlier
    if not action.events:
        in_doubt = outcome.result is Result.UNKNOWN and action.rule is Rule.ON_CHANGE
        return earlier if in_doubt else write_level(balance, at, sku)
    if outcome.result in {Result.APPLIED, Result.ALREADY}:
        after = corrected(balance.after(at, sku), outcome.at or at, _units(outcome))
        return _with_short(after, sku.short + _cut_off(action, outcome))
    return earlier


def _with_short(ledger: SkuLedger, units: int) -> SkuLedger:
    """Return *ledger* with more units that were sold beyond the count."""
    return replace(ledger, short=ledger.short + units) if units else ledger


def _cut_off(action: Action, outcome: Outcome) -> int:
    """Return how many units below zero a count came out right before the write."""
    if action.correction is None or outcome.before is None or outcome.after is None:
        return 0
    meant = int(outcome.before.quantity or 0) + action.correction
    return max(0, int(outcome.after.quantity or 0) - meant)


def _units(outcome: Outcome) -> int:
    """Return how many units a write added."""
    before, after = outcome.before, outcome.after
    if before is None or after is None or before.inventory_type is not after.inventory_type:
        return 0
    return int(after.quantity or 0) - int(before.quantity or 0)


def _had(outcome: Outcome) -> Stock | None:
    """Return the stock of the shop after a settled action."""
    return outcome.after if outcome.result is Result.APPLIED else outcome.found


def _find_left(plan: Plan, report: Report) -> set[str]:
    """Return the SKUs that stay unsettled."""
    rules = {one.sku: one.rule for one in plan.actions if not one.events}
    levels, outcomes = rules.keys(), report.by_sku
    left = {sku for sku, one in outcomes.items() if _is_left_alone(one)} & levels
    # If a rule owns the number, the next read decides.
    unknown = {sku for sku, one in outcomes.items() if one.result is Result.UNKNOWN}
    left |= {sku for sku in unknown & levels if rules[sku] is Rule.ON_CHANGE}
    left |= {one.sku for one in plan.findings if one.kind.is_error} - levels
    # An idle `frozen` pattern is a finding without a source, and may look like a SKU.
    frozen = (one for one in plan.findings if one.kind is FindingKind.FROZEN)
    left |= {one.sku for one in frozen if one.source is not None}
    # A finding about events does not unsettle the level.
    return left.union(plan.unread) - {one.sku for one in plan.settled}


def _find_released(
    references: References, base: Base | None, shop: Mapping[str, SettledSku]
) -> dict[str, Knowledge]:
    """Return the last known state of SKUs that no file declares, by their key.

    If that key means another SKU now, the SKU id is the key.
    """
    ids = {one.sku_id for one in shop.values() if one.sku_id}
    found = {
        key: one for key, one in references.undeclared().items() if one.settled.sku_id not in ids
    }
    if base is None:
        return found
    ids.update(one.settled.sku_id for one in found.values())
    for key, level in base.declared.items():
        row = base.shop.get(key)
        if row is not None and row.sku_id and row.sku_id not in ids:
            kept = replace(row, sku=row.sku_id)
            found[row.sku_id] = Knowledge(level._replace(sku=row.sku_id), kept)
    return found


def _is_left_alone(outcome: Outcome) -> bool:
    """Return whether the write did not happen, so the next plan tries it again.

    A write that was answered with another number did happen. Repeating it could put a sold unit
    back.
    """
    if outcome.result is Result.FAILED:
        return outcome.found is None or outcome.found == outcome.before
    return outcome.result in {Result.MOVED, Result.NOT_TRIED}
