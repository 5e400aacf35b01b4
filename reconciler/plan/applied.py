"""Desired × base × plan × report → the declared state that now holds, SKU by SKU. Pure."""

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    FindingKind,
    Outcome,
    Plan,
    Report,
    Result,
)
from reconciler.plan.reference import BaseIndex

# What was not brought about stays as it was declared before, so that the next plan takes it up.
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
    left_alone = {outcome.sku for outcome in report.outcomes if _is_left_alone(outcome)}
    left_alone |= {finding.sku for finding in plan.findings if finding.kind in _NOT_PLANNED}
    left_alone.update(plan.unread)
    ids = {action.sku: action.target.sku_id for action in plan.actions}
    index = BaseIndex(base.declared if base else {})
    applied = {}
    for sku, entry in desired.declared.items():
        if sku not in left_alone:
            applied[sku] = entry
            continue
        earlier = index.find(entry, ids.get(sku))
        if earlier is not None:
            terms = entry.terms._replace(as_of=earlier.as_of)
            applied[sku] = entry._replace(stock=earlier.stock, terms=terms)
    return applied


def _is_left_alone(outcome: Outcome) -> bool:
    """Whether the SKU is as it was before as far as we are concerned.

    A write that was answered with another number was taken: to repeat it could re-add a sale.
    """
    if outcome.result is Result.FAILED:
        return outcome.found is None or outcome.found == outcome.before
    return outcome.result in {Result.MOVED, Result.NOT_TRIED}
