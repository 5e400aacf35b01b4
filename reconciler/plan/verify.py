"""Saved plan × desired state × base × listing → whether it may still be applied."""

from msgspec.structs import replace

from reconciler.errors import StalePlanError
from reconciler.model import (
    Action,
    Base,
    DesiredState,
    Listing,
    LiveState,
    Plan,
    Rule,
    StoreSettings,
)
from reconciler.plan.booking import find_fault, replan
from reconciler.plan.levels import find_cause
from reconciler.plan.limits import check_limits
from reconciler.plan.match import match_skus
from reconciler.plan.naming import Named, name_skus
from reconciler.plan.planner import count_managed, sort_actions, total_units
from reconciler.plan.recovery import recover
from reconciler.plan.reference import References
from reconciler.plan.rules import aim, count_put_back, is_frozen
from reconciler.plan.sales import count_sold


def _stale(why: str) -> StalePlanError:
    return StalePlanError(f"{why} Run `reconciler plan` again.")


def check_store(plan: Plan, settings: StoreSettings) -> None:
    """Raise StalePlanError for a plan of another store or site."""
    if (plan.store, plan.site_id) != (settings.name, settings.site_id):
        raise _stale(
            f"The plan is for the store {plan.store} (site {plan.site_id}), not for"
            f" {settings.name} (site {settings.site_id}). Use --store."
        )


def check_saved(plan: Plan, desired: DesiredState, digest: str, base: Base | None) -> None:
    """Raise StalePlanError unless *plan* is what the rules make of *desired* since *base*.

    *digest* is that of *desired*. Live stock is checked later, SKU by SKU, before each write.
    """
    check_store(plan, desired.settings)
    made = plan.provenance
    if made.offline:
        raise _stale("The plan was created with --offline, so it can't be applied.")
    if made.desired_digest != digest:
        raise _stale("The YAML changed after this plan was created.")
    if made.base != (base.commit if base else None):
        was, now = (made.base or "none")[:7], (base.commit if base else "none")[:7]
        raise _stale(f"The base was {was} and is now {now}.")
    _check_actions(plan, desired, References(base, desired))


def _check_actions(plan: Plan, desired: DesiredState, references: References) -> None:
    count = len(plan.actions)
    names, targets = ({action.sku for action in plan.actions}, {a.target for a in plan.actions})
    if len(names) != count or len(targets) != count:
        raise _stale("The plan writes a SKU twice.")
    left_out = set(plan.unread)
    keys = desired.declared.keys() | {one.sku for one in desired.events}
    if not left_out <= keys or left_out & names:
        raise _stale("The SKUs that the plan did not read don't match the YAML.")
    collection = desired.settings.sku_collection_id
    if collection and any(action.target.collection_id != collection for action in plan.actions):
        raise _stale("The plan is for another sku_collection_id.")
    settled = {one.sku for one in plan.settled}
    levels = {action.sku for action in plan.actions if not action.events}
    if not settled <= desired.declared.keys() or settled & (levels | left_out):
        raise _stale("The levels that the plan settles don't match the YAML.")
    if plan.actions != sort_actions(plan.actions):
        raise _stale("The plan's actions are not in order.")
    for action in plan.actions:
        if not action.events and not _follows(action, desired, references):
            raise _stale(f"The plan's action for {action.sku} does not match the YAML.")


def _follows(action: Action, desired: DesiredState, references: References) -> bool:
    """Return whether *action* is what the rules make of its SKU."""
    entry = desired.declared.get(action.sku)
    if (
        entry is None
        or is_frozen(action.sku, desired.settings)
        or action.rule is not entry.rule
        or (action.correction, action.sold_since) != (None, None)
        or entry.id not in {None, action.target.sku_id}
        or (entry.rule is Rule.ON_CHANGE and references.is_replaced(entry, action.target.sku_id))
    ):
        return False
    reference = references.look_up(entry, action.target.sku_id)
    after = aim(entry.rule, entry.stock, reference, action.before)
    made = (
        reference,
        find_cause(reference, action.before),
        after,
        count_put_back(reference, action.before, after),
    )
    return (action.reference, action.cause, action.after, action.put_back) == made


def check_events(plan: Plan, desired: DesiredState, base: Base | None, live: LiveState) -> None:
    """Raise StalePlanError unless what *plan* does about events follows from files and record.

    Of *live*, the listing and the shop's time count. What was sold since a count, and what the
    shop had, is in the plan.
    """
    matches = match_skus(desired.declared, live.listing)
    named = name_skus(desired, base, live.listing, matches, live.now)
    accounts = named.accounts.by_id
    dealt_with = {one.sku_id for one in plan.ledgers}
    if named.in_doubt & {*dealt_with, *(one.target.sku_id for one in plan.actions)}:
        raise _stale("The plan writes a SKU that is in doubt.")
    by_target = {one.target.sku_id: one for one in plan.actions}
    for sku in plan.ledgers:
        account = accounts.get(sku.sku_id)
        action = by_target.get(sku.sku_id)
        # A level that is written has the events, also where its rule owns the number.
        is_level = action is not None and not action.events
        if (
            account is None
            or replace(sku, short=0) != account.sku
            or (sku.short and account.balance.count is None)
            or (not is_level and find_fault(account, desired.settings))
        ):
            raise _stale(f"The events of {sku.sku_id} changed after this plan was created.")
        needs_write = account.is_unsettled and account.balance.count is None
        if needs_write and (action is None or not action.events):
            raise _stale(f"The plan lacks the events of {account.key}.")
    for action in (one for one in plan.actions if one.events):
        account = accounts.get(action.target.sku_id)
        made = replan(account, action, live) if account else None
        is_same = made is not None and replace(made, name=action.name) == action
        if not is_same or action.target.sku_id not in dealt_with:
            raise _stale(f"The plan's action for {action.sku} does not match the events.")
    _check_beside_events(plan, named)


def _check_beside_events(plan: Plan, named: Named) -> None:
    """Raise StalePlanError if *plan* writes a level without its events."""
    levels = {one.target.sku_id: one.sku for one in plan.actions if not one.events}
    dealt_with = {one.sku_id for one in plan.ledgers}
    if silent := levels.keys() & named.accounts.by_id.keys() - dealt_with:
        name = levels[min(silent)]
        raise _stale(f"The plan lacks the events of {name}.")
    if clashing := levels.keys() & (named.accounts.unsettled | named.accounts.owned):
        name = levels[min(clashing)]
        raise _stale(f"The plan changes both the level and the events of {name}.")


def check_told(plan: Plan, desired: DesiredState, base: Base | None, live: LiveState) -> None:
    """Raise StalePlanError unless *live* says of counts and writes in doubt what *plan* says.

    Stock plus sales since a count stay the same, whatever sells in between.
    """
    if base is not None and base.pending:
        found = recover(base, desired.declared, live)
        is_told = set(plan.recovered.landed) <= set(found.landed)
        if not is_told or not set(plan.recovered.skipped) <= set(found.skipped):
            raise _stale("Stock and orders don't confirm what the plan says about writes in doubt.")
    for action in plan.actions:
        if action.sold_since is None or action.correction is None:
            continue
        stock = live.stocks.get(action.target.sku_id)
        sold = count_sold(live.orders, action.target.sku_id, action.sold_since.since)
        if stock is None or isinstance(sold, str) or not isinstance(stock.quantity, int):
            raise _stale(f"The orders don't explain {action.sku} anymore.")
        planned = int(action.before.quantity or 0) + action.sold_since.units
        if stock.quantity + sold.units != planned:
            raise _stale(
                f"The stock and the sales of {action.sku} since the count don't match the plan."
            )


def check_targets(plan: Plan, desired: DesiredState, listing: Listing) -> None:
    """Raise StalePlanError where an action's target is not the SKU that is declared.

    Codes may have been changed in the shop since, or ids in the plan. A target that is listed no
    more is none of that: its SKU will fail by itself.
    """
    if any(one.target.collection_id != listing.collection_id for one in plan.actions):
        raise _stale("The plan is for another SKU collection.")
    by_id = {live.sku_id: live for live in listing.skus}
    targets = [(one.sku, one.target.sku_id) for one in plan.actions if not one.events]
    targets += [(one.sku, one.sku_id) for one in plan.settled]
    for sku, sku_id in targets:
        live = by_id.get(sku_id)
        if live is not None and live.code != desired.declared[sku].code:
            raise _stale(
                f"The plan's target for {sku} is another SKU of the shop:"
                f" {live.code or 'no code'} ({live.sku_id})."
            )


def recheck_limits(plan: Plan, desired: DesiredState) -> Plan:
    """Return *plan* with the violations that it has under the limits as they are now."""
    summary = replace(plan.summary, declared=count_managed(desired), **total_units(plan.actions))
    return replace(
        plan,
        summary=summary,
        violations=check_limits(plan.actions, summary, desired.settings.limits),
    )
