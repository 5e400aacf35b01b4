"""What `git log` shows of an apply."""

from collections.abc import Iterable
from typing import Final

from reconciler.model import Action, Outcome, Plan, Report, Result
from reconciler.records.records import Record
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count

MAX_LINES: Final = 1000


def describe_apply(record: Record, plan: Plan, report: Report) -> str:
    """Return the commit message of a record: a line for each action that was attempted."""
    changed = report.count(Result.APPLIED)
    outcomes = report.by_sku
    ends = [(action, outcomes[action.sku]) for action in plan.actions if action.sku in outcomes]
    left = sum(one.result not in {Result.APPLIED, Result.ALREADY} for _, one in ends)
    lines = [f"{record.store}: apply {count(changed, 'SKU')}, {left} not applied", ""]
    lines += _lines(ends)
    lines += ["", f"Applied: {record.source}", f"Plan: {record.fingerprint}"]
    return "\n".join(lines) + "\n"


def _lines(ends: Iterable[tuple[Action, Outcome]]) -> Iterable[str]:
    ends = list(ends)
    for action, outcome in ends[:MAX_LINES]:
        result = outcome.result.replace("_", " ")
        yield f"{safe_text(action.sku)}: {action.before} -> {action.after}, {result}"
    if len(ends) > MAX_LINES:
        yield f"and {len(ends) - MAX_LINES} more"
