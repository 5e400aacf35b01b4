"""Render Markdown: inert, most serious first, cut to GitHub's limits."""

import re

import pytest
from factories import NO_LIMITS, action, base_of, declared, desired, live, plan_of
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Bound, Limit, Outcome, Report, Result, finite
from reconciler.render.github_annotations import MAX_ANNOTATIONS
from reconciler.render.github_annotations import render_plan as render_annotations
from reconciler.render.markdown import (
    COMMENT_LIMIT,
    SUMMARY_LIMIT,
    inert,
    render_plan,
    render_report,
)
from reconciler.render.terminal import render_report as render_text

EVIL = [
    "@org/team",
    "<img src=x onerror=alert(1)>",
    "```\nfence",
    "a|b",
    "-->",
    "[x](javascript:alert)",
    "#12",
    "https://example.com",
    "www.example.com",
    ":smile:",
    "&lt;b&gt;",
    "~~x~~ **y** _z_",
    "\\",
    "\u202e",
]


@pytest.mark.parametrize("name", EVIL)
def test_inert_escapes_markup(name: str) -> None:
    """Nothing in it has a meaning in Markdown, HTML, or on GitHub."""
    shown = inert(name)

    assert re.fullmatch(r"<code>(?:[\w ,+'-]|&#[0-9]+;)*</code>", shown), shown


@given(st.text())
def test_inert_escapes_every_string(text: str) -> None:
    """Law 10, for Markdown."""
    assert re.fullmatch(r"(?:<code>(?:[\w ,+'-]|&#[0-9]+;)+</code>)?", inert(text))


def test_render_plan_puts_dangers_above_the_table() -> None:
    """Sold out, another type, undone sales, and exceeded limits are dangers."""
    state = desired(
        declared("A", 0),
        declared("B", "infinite"),
        declared("C", 70),
        declared("D", 5),
        limits={**NO_LIMITS, Limit.ZEROED: Bound(0, is_share=False)},
    )
    base = base_of(declared("C", 50))
    text = render_plan(plan_of(state, live({"A": 3, "B": 4, "C": 43, "D": 4}), base))
    table = text.index("| SKU |")

    for words in (
        "A is set to zero, from 3",
        "B goes from 4 to infinite",
        "C&#58; 7 sold since would go back on the shelf",
        "Limit exceeded:",
    ):
        assert words in text[:table], text
    assert "| <code>C</code> | 43 | 50 | 70 | +27 | declared 50 -> 70;" in text
    assert text.startswith("### Stock of <code>demo</code>: 1 limit exceeded")


def test_render_plan_of_20000_actions_fits_a_comment() -> None:
    """C10: the text is cut at GitHub's limit, says so, and all details are closed."""
    skus = {f"SKU-{n:05}": 3 for n in range(20_000)}
    plan = plan_of(desired(*(declared(sku, 5) for sku in skus)), live(skus))
    text = render_plan(plan)

    assert len(text) <= COMMENT_LIMIT
    assert re.search(r"\*\*\d+ lines cut:\*\*", text)
    assert "Plan: 20000 to change" in text
    assert text.count("<details>") == text.count("</details>")
    assert len(render_plan(plan, 1024 * 1024).encode()) <= 1024 * 1024


def test_render_annotations_of_500_actions_are_ten() -> None:
    """The last one has the number of those left out."""
    skus = {f"SKU-{n:03}": 3 for n in range(500)}
    plan = plan_of(desired(*(declared(sku, 5) for sku in skus)), live(skus))
    lines = list(render_annotations(plan))

    assert len(lines) == MAX_ANNOTATIONS
    assert lines[-1].endswith("::491 more lines of the plan not shown here")
    assert lines[0].startswith("::notice file=inventory/demo/a.yaml,line=1,title=")


def test_render_report_lists_outcomes_that_differ() -> None:
    """They are in a table. The others are collapsed."""
    moved = action("A", 3, 5)
    report = Report(
        "demo",
        (
            Outcome("A", Result.MOVED, moved.before, moved.after, finite(2), "Skipped."),
            Outcome("B", Result.APPLIED, finite(1), finite(2), finite(2)),
        ),
        "interrupted",
    )
    text = render_report(report)

    assert "| <code>A</code> | moved | 3 -> 5 | 2 | <code>Skipped&#46;</code> |" in text
    assert "<summary>1 SKU as planned</summary>" in text
    assert "**Stopped:** <code>interrupted</code>" in text


def test_render_plan_in_bytes_fits_a_summary() -> None:
    """C10: GitHub counts the bytes of a summary, and shows nothing if there are too many."""
    skus = {f"\u7d2b\u6c34\u6676\u306e\u30bb\u30c3\u30c8-{n:05}": 3 for n in range(20_000)}
    plan = plan_of(desired(*(declared(sku, 5) for sku in skus)), live(skus))
    text = render_plan(plan, SUMMARY_LIMIT, in_bytes=True)

    assert 0.9 * SUMMARY_LIMIT < len(text.encode()) <= SUMMARY_LIMIT
    assert "GitHub's limit. Th" in text
    assert len(render_plan(plan, 9000)) <= 9000


def test_render_report_with_a_moved_sku_is_incomplete() -> None:
    """This matches exit code 3, in text and in Markdown."""
    outcome = Outcome("A", Result.MOVED, finite(3), finite(5), finite(2))
    report = Report("demo", (outcome,))

    assert "apply incomplete" in render_report(report)
    lines = ["".join(span.text for span in line) for line in render_text(report)]
    assert lines[-1].startswith("Apply incomplete. 0 changed, 0 already right, 1 moved, 0 failed")


def test_render_report_shows_messages() -> None:
    """An outcome with a message is shown, even if it is as planned."""
    outcome = Outcome("A", Result.APPLIED, finite(3), finite(5), finite(5), "Written again")
    report = Report("demo", (outcome,))

    assert "Written again" in render_report(report)
    lines = ["".join(span.text for span in line) for line in render_text(report)]
    assert "Written again" in lines[0]
    assert lines[-1].startswith("Apply complete. 1 changed")
