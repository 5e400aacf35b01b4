"""Add a correction to the stock read right before the write, or explain why not."""

from msgspec.structs import replace

from reconciler.model import MAX_QUANTITY, Action, InventoryType, Stock, finite


def aim_again(action: Action, found: Stock) -> Action:
    """Return *action* with its correction added to the stock *found* right before the write.

    So a sale since the plan is not a conflict, and is kept. Other actions stay as they are.
    """
    if action.correction is None:
        return action
    after = max(0, int(found.quantity or 0) + action.correction)
    return replace(action, before=found, after=finite(after))


def find_obstacle(action: Action, found: Stock) -> str:
    """Return why the correction of *action* can't be added to *found*, or ''."""
    if found == action.after:
        return (
            "The shop already has this number, and this run didn't write it. Skipped."
            " Run `reconciler plan` again."
        )
    if found.inventory_type is InventoryType.INFINITE or not isinstance(found.quantity, int):
        return "Skipped."
    after = found.quantity + (action.correction or 0)
    if after > MAX_QUANTITY or (after < 0 and not action.is_count):
        return f"{action.correction:+} would make {after}. Skipped."
    return ""


def name_shift(planned: Action, found: Stock) -> str:
    """Return a note if the correction was added to another number than planned, else ''."""
    if planned.correction is None or found == planned.before:
        return ""
    return f"{planned.correction:+} was added to {found}. The plan saw {planned.before}."
