"""Check whether a saved plan may still be applied."""

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
    """Check that *plan* is for this store and site.

    Raises:
        StalePlanError: The plan is for another store or site.
    """
    if (plan.store, plan.site_id) != (settings.name, settings.site_id):
        raise _stale(
            f"The plan is for the store {plan.store} (site {plan.site_id}), not for"
            f" {settings.name} (site {settings.site_id}). Use --store."
        )


def check_saved(plan: Plan, desired: DesiredState, digest: str, base: Base | None) -> None:
    """Check that *plan* is what the rules produce for *desired* and *base*.

    *digest* is that of *desired*. Live stock is checked later, SKU by SKU, before each write.

    Raises:
        StalePlanError: The plan differs, or can't be applied.
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
    """Return whether *action* is what the rules produce for its SKU."""
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
    """Check that what *plan* does about events follows from the files and the record.

    Only the listing and the shop's time of *live* are used. The plan has the live stock and what
    was sold since a count.

    Raises:
        StalePlanError: The plan does not follow from them.
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
        # A written level includes the events, even if its rule owns the number.
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
    """Raise StalePlanError if *plan* writes a level whose events are missing or unsettled."""
    levels = {one.target.sku_id: one.sku for one in plan.actions if not one.events}
    dealt_with = {one.sku_id for one in plan.ledgers}
    if silent := levels.keys() & named.accounts.by_id.keys() - dealt_with:
        name = levels[min(silent)]
        raise _stale(f"The plan lacks the events of {name}.")
    if clashing := levels.keys() & (named.accounts.unsettled | named.accounts.owned):
        name = levels[min(clashing)]
        raise _stale(f"The plan changes both the level and the events of {name}.")


def check_told(plan: Plan, desired: DesiredState, base: Base | None, live: LiveState) -> None:
    """Check that *live* confirms what *plan* has for counts and writes in doubt.

    Stock plus sales since a count stays the same, whatever sells in between.

    Raises:
        StalePlanError: Stock and orders don't confirm the plan.
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
    """Check that the target of each action is the declared SKU.

    Codes may have changed in the shop, or ids in the plan. A target that is no longer listed passes
    here, because its write fails by itself.

    Raises:
        StalePlanError: A target is another SKU of the shop.
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
    """Return *plan* with its violations under the current limits."""
    summary = replace(plan.summary, declared=count_managed(desired), **total_units(plan.actions))
    return replace(
        plan,
        summary=summary,
        violations=check_limits(plan.actions, summary, desired.settings.limits),
    )
