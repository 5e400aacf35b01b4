"""Desired × base × plan × report → the declared state that now holds, SKU by SKU. Pure."""

from collections.abc import Mapping

from reconciler.model import Base, Declared, DesiredState, FindingKind, Plan, Report, Result

# What was not brought about stays as it was declared before, so that the next plan takes it up.
_LEFT_ALONE = frozenset({Result.MOVED, Result.FAILED, Result.NOT_TRIED})
_NOT_PLANNED = frozenset(
    {
        FindingKind.MISSING,
        FindingKind.AMBIGUOUS,
        FindingKind.RENAMED,
        FindingKind.OVERTAKEN,
        FindingKind.FROZEN,
    }
)


def declared_as_applied(
    desired: DesiredState, base: Base | None, plan: Plan, report: Report
) -> dict[str, Declared]:
    """Return what of *desired* holds now that *report* came of *plan*.

    A SKU holds its declaration if it was written, was already right or needed nothing, and also
    where nobody knows (`UNKNOWN`): to write it again could re-add a sale. One that was left alone
    holds what the base says; if that says nothing, it is left out, and so is still new.
    """
    left_alone = {outcome.sku for outcome in report.outcomes if outcome.result in _LEFT_ALONE}
    left_alone |= {finding.sku for finding in plan.findings if finding.kind in _NOT_PLANNED}
    left_alone.update(plan.unread)
    before: Mapping[str, Declared] = base.declared if base else {}
    by_id = {entry.id: entry for entry in before.values() if entry.id is not None}
    applied = {}
    for sku, entry in desired.declared.items():
        held = entry
        if sku in left_alone:
            earlier = by_id.get(entry.id or "") or before.get(sku)
            if earlier is None:
                continue
            held = earlier._replace(sku=sku)
        applied[sku] = held
    return applied
