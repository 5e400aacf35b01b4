"""Render a plan as an HTML page."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from reconciler.model import Action, Finding, LimitUse, Plan
from reconciler.render.html.charts import draw_bars
from reconciler.render.html.template import render_page
from reconciler.render.terminal import title
from reconciler.render.wording import action_row, count, summary_sentence

_COLUMNS = ("SKU", "Name", "Before", "After", "Units", "Rule", "Why", "File", "Commit")
_NUMBERS = ("Before", "After", "Units")


class ChangeRow(NamedTuple):
    """One action in the table."""

    sku: str
    name: str
    before: str
    after: str
    signed: str
    direction: str
    rule: str
    why: str
    short: str
    place: str
    commit: str


def render_plan_page(plan: Plan) -> str:
    """Return *plan* as one self-contained page. Writes that undo sales come first."""
    commit = (plan.provenance.head or "")[:7]
    rows = [_change_row(action, commit) for action in plan.actions]
    undoing = [row for row, action in zip(rows, plan.actions, strict=True) if action.put_back > 0]
    units = sum(action.put_back for action in plan.actions if action.put_back > 0)
    errors = [one for one in plan.findings if one.kind.is_error]
    others = [one for one in plan.findings if not one.kind.is_error]
    return render_page(
        "plan.html",
        {
            "title": f"Plan for {plan.store}",
            "made": f"{title(plan)}. Created {plan.provenance.created_at}.",
            "commits": plan.provenance.commits,
            "put_back": undoing,
            "put_back_total": count(units, "sold unit"),
            "violations": [one.message for one in plan.violations],
            "summary": summary_sentence(plan.summary),
            "totals": _totals(plan),
            "chart": draw_bars("Units by SKU", ((one.sku, one.units) for one in plan.actions)),
            "columns": _COLUMNS,
            "numbers": _NUMBERS,
            "rows": rows,
            "rules": sorted({row.rule for row in rows}),
            "limits": [_limit_row(one) for one in plan.limits],
            "errors": _by_kind(errors),
            "others": _by_kind(others),
        },
    )


def _totals(plan: Plan) -> list[tuple[str, str]]:
    summary = plan.summary
    return [
        ("to change", str(summary.to_change)),
        ("units raised", f"+{summary.units_raised}"),
        ("units lowered", f"-{summary.units_lowered}"),
        ("set to zero", str(summary.zeroed)),
        ("unchanged", str(summary.unchanged)),
        ("not read", str(summary.unread)),
        ("not managed", str(summary.not_managed)),
    ]


def _change_row(action: Action, commit: str) -> ChangeRow:
    row = action_row(action)
    units = action.units
    return ChangeRow(
        row.sku,
        row.name,
        str(action.before),
        str(action.after),
        f"{units:+d}" if units else "",
        "up" if units > 0 else "down" if units else "",
        action.rule.value,
        row.why or action.cause.value.replace("_", " "),
        row.short,
        row.place,
        commit,
    )


class _LimitRow(NamedTuple):
    """A limit, and how much of it the plan uses."""

    name: str
    found: int
    allowed: int
    most: int
    is_over: bool


def _limit_row(use: LimitUse) -> _LimitRow:
    most = max(use.allowed, use.found, 1)
    return _LimitRow(use.limit.value, use.found, use.allowed, most, use.found > use.allowed)


def _by_kind(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    ordered = sorted(findings, key=lambda one: (one.kind.value, one.sku))
    return [(kind, list(ones)) for kind, ones in groupby(ordered, key=lambda one: one.kind.value)]
