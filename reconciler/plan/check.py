"""Saved plan × desired state → whether it may still be applied. Pure."""

from dataclasses import replace

from reconciler.errors import StalePlanError
from reconciler.model import DesiredState, Plan
from reconciler.plan.compute import is_frozen, sort_actions, total_units
from reconciler.plan.limits import check_limits
from reconciler.plan.rules import aim


def check_saved(plan: Plan, desired: DesiredState, digest: str) -> None:
    """Raise StalePlanError unless *plan* is what the rules make of *desired* as it is now.

    *digest* is that of *desired*. Live stock is checked later, SKU by SKU, before each write.
    """
    settings = desired.settings
    if (plan.store, plan.site_id) != (settings.name, settings.site_id):
        raise StalePlanError(
            f"the plan is for the store {plan.store} (site {plan.site_id}), not for"
            f" {settings.name} (site {settings.site_id}); name its store, or plan again"
        )
    if plan.desired_digest != digest:
        raise StalePlanError("the YAML has changed since the plan was made; plan again")
    if len({action.target for action in plan.actions}) != len(plan.actions):
        raise StalePlanError("the plan writes a SKU twice; plan again")
    if plan.actions != sort_actions(plan.actions):
        raise StalePlanError("the plan's actions are not in their order; plan again")
    for action in plan.actions:
        entry = desired.declared.get(action.sku)
        if (
            entry is None
            or is_frozen(action.sku, settings)
            or action.rule is not entry.rule
            or entry.id not in {None, action.target.sku_id}
            or aim(entry.rule, entry.stock, action.before) != action.after
        ):
            raise StalePlanError(
                f"the plan's action for {action.sku} does not follow from the YAML; plan again"
            )


def recheck_limits(plan: Plan, desired: DesiredState) -> Plan:
    """Return *plan* with the violations that it has under the limits as they are now."""
    totals = total_units(plan.actions)
    summary = replace(plan.summary, declared=len(desired.declared), **totals)
    return replace(plan, violations=check_limits(plan.actions, summary, desired.settings.limits))
