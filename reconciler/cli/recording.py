"""An apply that ended → its receipt in git, and on the remote."""

from reconciler import __version__
from reconciler.apply.applied import declared_as_applied
from reconciler.cli.basing import History
from reconciler.desired.write import write_inventory
from reconciler.errors import UsageError
from reconciler.history.git import Repository
from reconciler.history.records import (
    Record,
    RecordedAction,
    push_record,
    write_record,
)
from reconciler.model import DesiredState, Plan, Report, Result
from reconciler.plan.saved import fingerprint
from reconciler.render.rows import count
from reconciler.render.safe import safe_text


def check_can_record(history: History) -> Repository:
    """Return the repository; raise UsageError where what is applied could not be recorded."""
    repository = history.repository
    if repository is None:
        raise UsageError("--record needs a git repository; work in a clone, or leave it out")
    if history.head is None:
        raise UsageError("--record names the commit that was applied, and there is none; commit")
    if repository.differs(history.folder):
        raise UsageError(
            f"--record says which commit was applied, and {history.folder} differs from it;"
            " commit what is there, or leave --record out"
        )
    return repository


def record_receipt(
    history: History, desired: DesiredState, plan: Plan, report: Report, remote: str | None
) -> str:
    """Write the receipt of an apply, push it where that is asked for, and return its commit.

    Raises PushError when only pushing failed.
    """
    repository = check_can_record(history)
    results = {outcome.sku: outcome for outcome in report.outcomes}
    actions = tuple(
        RecordedAction(
            action.sku,
            action.target.collection_id,
            action.target.sku_id,
            str(action.before),
            str(action.after),
            results[action.sku].result if action.sku in results else Result.NOT_TRIED,
        )
        for action in plan.actions
    )
    record = Record(
        kind="receipt",
        store=plan.store,
        site_id=plan.site_id,
        source=history.head or "",
        fingerprint=fingerprint(plan),
        created_at=plan.provenance.created_at,
        tool_version=__version__,
        actions=actions,
    )
    applied = declared_as_applied(desired, history.base, plan, report)
    schema = "schemas/inventory.schema.json"
    text = write_inventory(applied.values(), desired.settings.rule, schema) if applied else None
    commit = write_record(repository, record, text, _message(record, report))
    if remote is not None:
        push_record(repository, plan.store, remote)
    return commit


def _message(record: Record, report: Report) -> str:
    """Return what `git log` shows of the record: a line an action."""
    changed = report.count(Result.APPLIED)
    left = sum(action.result not in {Result.APPLIED, Result.ALREADY} for action in record.actions)
    lines = [f"{record.store}: {count(changed, 'SKU')} changed, {left} left as they were", ""]
    for action in record.actions:
        result = str(action.result).replace("_", " ")
        lines.append(f"{safe_text(action.sku)}: {action.before} -> {action.after}, {result}")
    lines += ["", f"Applied: {record.source}", f"Plan: {record.fingerprint}"]
    return "\n".join(lines) + "\n"
