"""Render plans, reports, and drift as GitHub's Markdown, most serious first, cut to a limit.

Foreign text (names, codes, messages) is in code elements, where GitHub creates no mentions,
references, or links. Characters of Markdown and HTML are written as entities.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from reconciler.model import (
    Action,
    Drift,
    Finding,
    FindingKind,
    Outcome,
    Plan,
    Report,
    Result,
    Stock,
)
from reconciler.render.dates import short_time
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import (
    action_row,
    count,
    dangers,
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

COMMENT_LIMIT = 65_536
SUMMARY_LIMIT = 1024 * 1024
# Room for the line about cut lines.
_RESERVE = 400
MAX_DANGERS = 20
_HEAD = "| SKU | {live} | declared before | write | units | why |\n|---|--:|--:|--:|--:|---|\n"


# Characters without a meaning inside a line. A dot can create a link, as in www.example.com.
_PLAIN = frozenset(" -,+'")


def inert(text: str) -> str:
    """Return *text* as Markdown that only shows it."""
    entities = "".join(c if c.isalnum() or c in _PLAIN else f"&#{ord(c)};" for c in safe_text(text))
    return f"<code>{entities}</code>" if entities else ""


class Section(Struct, frozen=True):
    """A part of the text that can be cut between its lines."""

    head: str
    lines: Sequence[str]
    foot: str = ""


def fit(head: str, sections: Sequence[Section], limit: int, *, in_bytes: bool) -> str:
    """Return *head*, as many lines of *sections* as *limit* allows, and a note about cut lines.

    GitHub counts characters in a comment, and bytes in a summary.
    """
    text = head
    used = _size(head, in_bytes=in_bytes)
    cut = 0
    for section in sections:
        if not section.lines:
            continue
        around = _size(section.head + section.foot, in_bytes=in_bytes)
        room = limit - _RESERVE - used - around
        kept: list[str] = []
        for line in section.lines:
            size = _size(line, in_bytes=in_bytes)
            if cut or size > room:
                break
            kept.append(line)
            room -= size
        cut += len(section.lines) - len(kept)
        if kept:
            text += section.head + "".join(kept) + section.foot
            used = limit - _RESERVE - room
    if cut:
        text += f"\n**{count(cut, 'line')} cut:** GitHub's limit. The plan file has everything.\n"
    return text


def _size(text: str, *, in_bytes: bool) -> int:
    return len(text.encode()) if in_bytes else len(text)


def render_plan(plan: Plan, limit: int = COMMENT_LIMIT, *, in_bytes: bool = False) -> str:
    """Return *plan* for a comment of *limit* characters, or a step summary of *limit* bytes."""
    made = plan.provenance
    offline = ", offline" if made.offline else ""
    title = f"### Stock of {inert(plan.store)}: {_headline(plan)}{offline}\n\n"
    totals = f"{summary_sentence(plan.summary)}{_based(plan)}\n\n"
    if plan.summary.drifted:
        totals += f"{drift_sentence(plan.summary)}\n\n"
    if not made.offline:
        totals += f"{requests_sentence(plan.requests)} {unread_sentence(plan.summary)}".rstrip()
        totals += "\n\n"
    return fit(title + totals, [*_plan_sections(plan)], limit, in_bytes=in_bytes)


def _based(plan: Plan) -> str:
    """Return the base of the plan, and whether the shop was read."""
    made = plan.provenance
    if made.base is None:
        return " No base found, so the plan can't tell changes from drift."
    offline = " Offline: compared with the base, not with the shop." if made.offline else ""
    return f" Base: {inert(made.base[:7])} {made.base_date or ''}".rstrip() + f".{offline}"


def _headline(plan: Plan) -> str:
    if plan.errors:
        return f"{count(len(find_wrong(plan.findings)), 'SKU')} can't be planned"
    if plan.violations:
        return f"{count(len(plan.violations), 'limit')} exceeded"
    return f"{plan.summary.to_change} to change" if plan.actions else "no changes"


def _plan_sections(plan: Plan) -> Iterator[Section]:
    yield Section("", [_violation(v.limit, v.message) for v in plan.violations], "\n")
    yield Section("", [_finding(finding) for finding in plan.errors], "\n")
    danger = [f"- {inert(said)}\n" for action in plan.actions if (said := dangers(action))]
    if len(danger) > MAX_DANGERS:  # the table has all of them, and needs the room
        danger[MAX_DANGERS:] = [f"- and {len(danger) - MAX_DANGERS} more like these\n"]
    yield Section("**Check these first:**\n\n", danger, "\n")
    live = "live, if as in the base" if plan.provenance.offline else "live"
    yield Section(_HEAD.format(live=live), [_action_line(action) for action in plan.actions], "\n")
    others = [f for f in plan.findings if not f.kind.is_error]
    loud = [f for f in others if f.kind not in {FindingKind.DRIFT, FindingKind.NOT_MANAGED}]
    yield Section("", [_finding(finding) for finding in loud], "\n")
    for kind, words in (
        (FindingKind.DRIFT, "Drift left alone"),
        (FindingKind.NOT_MANAGED, "Not managed"),
    ):
        found = [_finding(finding) for finding in others if finding.kind is kind]
        yield _collapsed(f"{words}: {count(len(found), 'SKU')}", found)
    commits = [f"- {inert(commit)}\n" for commit in plan.provenance.commits]
    yield _collapsed(f"{count(len(commits), 'commit')} since the base", commits)


def _collapsed(summary: str, lines: Sequence[str]) -> Section:
    head = f"<details><summary>{summary}</summary>\n\n"
    return Section(head, lines, "\n</details>\n\n")


def _action_line(action: Action) -> str:
    row = action_row(action)
    units = next((field.units for field in row.fields if field.units), "")
    known = action.reference.level if action.reference else None
    base = "" if known is None else str(known)
    # The reasons of events are free text.
    why = inert(row.why) if action.events else row.why
    cells = (inert(action.sku), action.before, base, action.after, units, why)
    return f"| {' | '.join(str(cell) for cell in cells)} |\n"


def _violation(limit: str, message: str) -> str:
    return f"- **Limit exceeded:** {inert(message)} Apply needs `--allow {limit}`.\n"


def _finding(finding: Finding) -> str:
    sign = "**error** " if finding.kind.is_error else ""
    sku = f"{inert(finding.sku)} " if finding.sku else ""
    kind = finding.kind.value.replace("_", " ")
    return f"- {sign}{sku}{kind}: {inert(finding.message)}\n"


def render_report(report: Report, limit: int = COMMENT_LIMIT, *, in_bytes: bool = False) -> str:
    """Return *report* for a comment of *limit* characters, or a step summary of *limit* bytes."""
    counts = ", ".join(
        f"{report.count(result)} {result.value.replace('_', ' ')}" for result in Result
    )
    said = "applied" if report.is_complete else "apply incomplete"
    head = f"### Stock of {inert(report.store)}: {said}\n\n{counts}.\n\n"
    if report.stopped:
        head += f"**Stopped:** {inert(report.stopped)}\n\n"
    done = [o for o in report.outcomes if _is_as_planned(o)]
    odd = [o for o in report.outcomes if not _is_as_planned(o)]
    table = "| SKU | outcome | planned | found | |\n|---|---|---|--:|---|\n"
    return fit(
        head,
        [
            Section(table, [_outcome_line(outcome) for outcome in odd], "\n"),
            _collapsed(f"{count(len(done), 'SKU')} as planned", [_done_line(o) for o in done]),
        ],
        limit,
        in_bytes=in_bytes,
    )


def _is_as_planned(outcome: Outcome) -> bool:
    """Whether an outcome needs no mention besides its result."""
    return outcome.result in {Result.APPLIED, Result.ALREADY} and not outcome.message


def render_drift(drift: Drift, limit: int = COMMENT_LIMIT, *, in_bytes: bool = False) -> str:
    """Return *drift* for an issue of *limit* characters, or a step summary of *limit* bytes."""
    head = f"### Stock of {inert(drift.store)}: drift\n\n{drift_totals(drift)}\n\n"
    table = "| SKU | declared | live | difference | rule | |\n|---|--:|--:|--:|---|---|\n"
    rows = [
        f"| {inert(row.sku)} | {row.declared} | {row.live} | {drift_difference(row)} | {row.rule} |"
        f" {drift_words(row)} |\n"
        for row in drift.unexplained
    ]
    findings = [_finding(finding) for finding in drift.findings]
    explained = [
        f"| {inert(row.sku)} | {row.had} | {row.live} | {explained_sentence(row)} |"
        f" {short_time(row.since)} UTC |\n"
        for row in sorted(drift.explained or (), key=lambda row: not row.unexplained)
    ]
    sold = "| SKU | had | live | | since |\n|---|--:|--:|---|---|\n"
    sections = [
        Section("", findings, "\n"),
        Section(table, rows, "\n"),
        Section(sold, explained, "\n"),
    ]
    return fit(head, sections, limit, in_bytes=in_bytes)


def _outcome_line(outcome: Outcome) -> str:
    planned = f"{_shown(outcome.before)} -> {_shown(outcome.after)}" if outcome.after else ""
    result = outcome.result.value.replace("_", " ")
    cells = (inert(outcome.sku), result, planned, _shown(outcome.found), inert(outcome.message))
    return f"| {' | '.join(cells)} |\n"


def _done_line(outcome: Outcome) -> str:
    return f"- {inert(outcome.sku)}: {_shown(outcome.before)} -> {_shown(outcome.after)}\n"


def _shown(stock: Stock | None) -> str:
    return "" if stock is None else str(stock)
