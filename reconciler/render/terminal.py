"""Render plans, drift, and reports for a terminal, as styled spans. All text is escaped."""

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.model import Drift, Finding, FindingKind, Outcome, Plan, Report, Result, Stock
from reconciler.render.dates import short_time
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import (
    Row,
    action_row,
    count,
    drift_difference,
    drift_sentence,
    drift_totals,
    drift_words,
    explained_sentence,
    find_wrong,
    requests_sentence,
    summary_sentence,
    unread_sentence,
)

MAX_BLOCKS = 50
MAX_LISTED = 50
MAX_COMMITS = 20
_PLACE_COLUMN = 56


class Span(NamedTuple):
    """A part of a line. `style` is `bold`, `green`, `yellow`, `red`, `dim`, or ''."""

    text: str
    style: str = ""


Line = tuple[Span, ...]


def render_plan(plan: Plan, *, verbose: bool = False) -> Iterator[Line]:
    """Yield a plan in the style of Terraform: actions, findings, violations, and totals."""
    yield _line(title(plan), "bold")
    for commit in plan.provenance.commits[:MAX_COMMITS]:
        yield _line(f"  {safe_text(commit)}", "dim")
    if (more := len(plan.provenance.commits) - MAX_COMMITS) > 0:
        yield _line(f"  and {count(more, 'commit')} more since the base", "dim")
    yield ()
    yield from _actions(plan, verbose=verbose)
    yield from _findings(plan, verbose=verbose)
    for violation in plan.violations:
        lift = f"Apply needs --allow {violation.limit}"
        yield _line(f"Limit exceeded: {safe_text(violation.message)} {lift}.", "red")
    if plan.violations:
        yield ()
    yield from _closing(plan)


def title(plan: Plan) -> str:
    """Return the first line of a plan: its store and its base."""
    made = plan.provenance
    said = f"Store {safe_text(plan.store)} (site {safe_text(plan.site_id)})"
    if made.base:
        said += f", base {safe_text(made.base[:7])} {safe_text(made.base_date or '')}".rstrip()
    return f"{said}, offline" if made.offline else said


def _actions(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    rows = [action_row(action) for action in plan.actions]
    if len(rows) > MAX_BLOCKS and not verbose:
        width = max(len(safe_text(row.sku)) for row in rows)
        short = max(len(safe_text(row.short)) for row in rows)
        for row in rows:
            said = f"{safe_text(row.sku):<{width}}  {safe_text(row.short):<{short}}"
            yield Span("  ~ ", "yellow"), Span(said), Span(f"{_quoted(row)}  {_place(row)}", "dim")
    else:
        for row in rows:
            yield from _block(row)
    if rows:
        yield ()


def _block(row: Row) -> Iterator[Line]:
    head = f"{safe_text(row.sku)}{_quoted(row)}"
    gap = " " * max(0, _PLACE_COLUMN - 4 - len(head))
    yield Span("  ~ ", "yellow"), Span(head, "bold"), Span(f"{gap}  {_place(row)}", "dim")
    for field in row.fields:
        units = f"    {field.units}" if field.units else ""
        why = f"    ({safe_text(row.why)})" if row.why and field is row.fields[-1] else ""
        yield _line(f"      {field.label}: {field.before} -> {field.after}{units}{why}")


def _place(row: Row) -> str:
    return safe_text(row.place)


def _quoted(row: Row) -> str:
    return f'  "{safe_text(row.name)}"' if row.name else ""


def _findings(plan: Plan, *, verbose: bool) -> Iterator[Line]:
    """Yield all errors, and other findings that are not only counted."""
    counted = set() if verbose else {FindingKind.NOT_MANAGED, FindingKind.DRIFT}
    shown = [finding for finding in plan.findings if finding.kind not in counted]
    for finding in shown if verbose else shown[:MAX_LISTED]:
        yield _finding(finding)
    if len(shown) > MAX_LISTED and not verbose:
        yield _line(f"  and {len(shown) - MAX_LISTED} more (--verbose lists them)", "dim")
    if shown:
        yield ()


def _finding(finding: Finding) -> Line:
    place = f"  ({safe_text(str(finding.source))})" if finding.source else ""
    sign, style = ("!", "red") if finding.kind.is_error else ("i", "dim")
    name = f"{safe_text(finding.sku)}  " if finding.sku else ""
    said = f"{name}{finding.kind}: {safe_text(finding.message)}"
    return Span(f"  {sign} ", style), Span(said), Span(place, "dim")


def _closing(plan: Plan) -> Iterator[Line]:
    summary, errors = plan.summary, len(find_wrong(plan.findings))
    if errors:
        yield _line(f"{count(errors, 'SKU')} can't be planned. See the lines with a !.", "red")
    if plan.actions or errors:
        if summary.drifted:
            yield _line(drift_sentence(summary))
            yield ()
        yield _line(summary_sentence(summary), "bold")
        if not plan.provenance.offline:
            yield _line(f"{requests_sentence(plan.requests)} {unread_sentence(summary)}".rstrip())
    else:
        yield _line(f"No changes. {_why_nothing(plan)}", "green")


def _why_nothing(plan: Plan) -> str:
    """Return why there is nothing to do, in one or two sentences."""
    summary = plan.summary
    held = (f for f in plan.findings if f.kind is FindingKind.FROZEN and f.source is not None)
    frozen = sum(1 for _ in held)
    said = [drift_sentence(summary)] if summary.drifted else []
    if frozen:
        said.append(f"Frozen: {count(frozen, 'SKU')} would change.")
    if summary.unread:
        said.append(unread_sentence(summary))
    if said:
        return " ".join(said)
    if plan.unread:
        return "Everything that was read is as declared."
    if plan.provenance.offline:
        return "The YAML is the same as the base. The shop was not contacted."
    return "The live stock is as declared."


def render_drift(drift: Drift, *, verbose: bool = False) -> Iterator[Line]:
    """Yield unexplained differences, or all with *verbose*, and the totals."""
    yield _line(f"Store {safe_text(drift.store)}: {count(drift.declared, 'SKU')} declared", "bold")
    yield ()
    rows = drift.rows if verbose else drift.unexplained
    for finding in drift.findings:
        yield _finding(finding)
    for row in rows:
        said = f"{safe_text(row.sku)}  declared {row.declared}, live {row.live}"
        units = f"  {drift_difference(row)}" if drift_difference(row) else ""
        place = f"  ({safe_text(str(row.source))})"
        yield Span("  ~ ", "yellow"), Span(f"{said}{units}: {drift_words(row)}"), Span(place, "dim")
    explained = drift.explained or ()
    for one in explained:
        said = f"{safe_text(one.sku)}  {explained_sentence(one)}, since {short_time(one.since)} UTC"
        style = "yellow" if one.unexplained else "dim"
        yield Span("  ~ ", style), Span(said), Span(f"  ({safe_text(str(one.source))})", "dim")
    if rows or explained or drift.findings:
        yield ()
    odd = not drift.is_clean or any(finding.kind.is_error for finding in drift.findings)
    yield _line(drift_totals(drift), "red" if odd else "green")


_STYLES = {
    Result.APPLIED: "green",
    Result.ALREADY: "dim",
    Result.MOVED: "yellow",
    Result.FAILED: "red",
    Result.UNKNOWN: "red",
    Result.NOT_TRIED: "red",
}


def render_report(report: Report, *, verbose: bool = False) -> Iterator[Line]:
    """Yield outcomes that are not as planned, or all with *verbose*, and the totals."""
    for outcome in report.outcomes:
        if verbose or outcome.message or outcome.result not in {Result.APPLIED, Result.ALREADY}:
            yield _outcome(outcome)
    if report.stopped:
        yield _line(f"Stopped: {safe_text(report.stopped)}", "red")
    failed, unknown, not_tried = (
        report.count(result) for result in (Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED)
    )
    totals = (
        f"{report.count(Result.APPLIED)} changed, {report.count(Result.ALREADY)} already right,"
        f" {report.count(Result.MOVED)} moved, {failed} failed"
    )
    if report.is_complete:
        yield _line(f"Apply complete. {totals}.", "green")
    else:
        yield _line(f"Apply incomplete. {totals}, {unknown} unknown, {not_tried} not tried.", "red")


def _outcome(outcome: Outcome) -> Line:
    said = safe_text(outcome.sku)
    if outcome.after is not None:
        verb = "wrote" if outcome.result is Result.APPLIED else "planned"
        said += f"  {verb} {_shown(outcome.before)} -> {_shown(outcome.after)}"
    if outcome.found is not None:
        said += f", found {_shown(outcome.found)}"
    if outcome.message:
        said += f": {safe_text(outcome.message)}"
    name = outcome.result.value.replace("_", " ")
    return Span(f"  {name:<9} ", _STYLES[outcome.result]), Span(said)


def _shown(stock: Stock | None) -> str:
    return "?" if stock is None else str(stock)


def _line(text: str, style: str = "") -> Line:
    return (Span(text, style),)
