"""A correction × what the shop has right before the write → what to write, or why not."""

from dataclasses import replace

from reconciler.model import MAX_QUANTITY, Action, InventoryType, Stock, finite


def aim_again(action: Action, found: Stock) -> Action:
    """Return *action* for what was *found* right before the write.

    A correction is added to that: a sale since the plan is no conflict, and is kept.
    """
    if action.correction is None:
        return action
    after = max(0, int(found.quantity or 0) + action.correction)
    return replace(action, before=found, after=finite(after))


def find_obstacle(action: Action, found: Stock) -> str:
    """Return why the correction of *action* can't be added to what was *found*, or ''."""
    if found == action.after:
        return (
            "Skipped: the shop already has this number, and this run didn't write it. Run"
            " `reconciler plan` again."
        )
    if found.inventory_type is InventoryType.INFINITE or not isinstance(found.quantity, int):
        return "Skipped."
    after = found.quantity + (action.correction or 0)
    if after > MAX_QUANTITY or (after < 0 and not action.is_count):
        return f"{action.correction:+} would make {after}. Skipped."
    return ""


def name_shift(planned: Action, found: Stock) -> str:
    """Return that the shop had another number than planned, which a correction was added to."""
    if planned.correction is None or found == planned.before:
        return ""
    return f"{planned.correction:+}. The shop had {planned.before} at the time of the plan."
