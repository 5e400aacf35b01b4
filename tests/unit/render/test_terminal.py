"""Render plans and reports for a terminal. The golden file shows a complete plan."""

import json
from collections.abc import Iterable
from pathlib import Path

from factories import NO_LIMITS, action, declared, desired, live, plan_of

from reconciler.model import Bound, Limit, LiveSku, Outcome, Report, Result, Rule, finite
from reconciler.plan.plan_file import dump_plan
from reconciler.render.terminal import Line, render_plan, render_report

GOLDEN = Path(__file__).parents[2] / "golden"


def _text(lines: Iterable[Line]) -> str:
    return "".join("".join(span.text for span in line) + "\n" for line in lines)


def _everything() -> tuple[object, ...]:
    entries = (
        declared("TEE-BLK-M", 70, line=4),
        declared("EBOOK-1", "infinite", line=5),
        declared("MUG", 0, line=6),
        declared("POSTER", 5, line=7),
        declared("CAP", 16, line=8),
        declared("SOCKS", 50, rule=Rule.AT_MOST, line=9),
        declared("MUGG", 1, line=10),
        declared("TWIN", 1, line=11),
    )
    state = desired(*entries, limits={**NO_LIMITS, Limit.ZEROED: Bound(0, is_share=False)})
    current = live(
        {
            "TEE-BLK-M": 43,
            "EBOOK-1": 100,
            "MUG": 9,
            "POSTER": "infinite",
            "CAP": None,
            "SOCKS": 31,
            "MUGS": 1,
        },
        [LiveSku(f"id-{n}", "TWIN", "Twin", archived=False) for n in (1, 2)],
    )
    return state, current


def test_render_plan_equals_the_golden_file() -> None:
    """golden/plan.txt has every kind of line."""
    state, current = _everything()
    text = _text(render_plan(plan_of(state, current)))  # type: ignore[arg-type]  # both are nouns

    assert text == (GOLDEN / "plan.txt").read_text("utf-8")


def test_dump_plan_equals_the_golden_json() -> None:
    """golden/plan.json is the same plan, apart from the tool's version."""
    state, current = _everything()
    data = json.loads(dump_plan(plan_of(state, current)))  # type: ignore[arg-type]  # both are nouns
    apart = {"tool_version": "", "fingerprint": ""}
    golden = json.loads((GOLDEN / "plan.json").read_text("utf-8"))

    assert data | apart == golden | apart


def test_render_plan_of_many_actions_has_a_line_each() -> None:
    """Above 50 actions, only --verbose prints blocks."""
    names = [f"S{n:03}" for n in range(51)]
    plan = plan_of(desired(*(declared(name, 5) for name in names)), live(dict.fromkeys(names, 3)))

    assert '  ~ S000  3 -> 5 +2  "Product S000"  inventory/demo/a.yaml:1\n' in _text(
        render_plan(plan)
    )
    assert "      quantity: 3 -> 5    +2\n" in _text(render_plan(plan, verbose=True))


def test_render_plan_without_actions_is_one_sentence() -> None:
    """Users may grep for its beginning."""
    same = plan_of(desired(declared("A", 5)), live({"A": 5}))
    drifted = plan_of(desired(declared("A", 5, rule=Rule.OBSERVE)), live({"A": 3}))

    assert "\nNo changes. The live stock is as declared.\n" in _text(render_plan(same))
    assert "\nNo changes. Drift left alone: 1 SKU, 2 units below the declared stock.\n" in _text(
        render_plan(drifted)
    )


def test_render_plan_with_an_error_is_not_no_changes() -> None:
    """A plan with an error must not look fine."""
    text = _text(render_plan(plan_of(desired(declared("X", 5)), live({}))))

    assert "No changes" not in text
    assert "1 SKU can't be planned. See the lines with a !." in text


def test_render_report_counts_outcomes() -> None:
    """The totals are those of the outcomes, not of the plan."""
    planned = action("A", 3, 5)
    outcomes = tuple(
        Outcome(result.value, result, planned.before, planned.after, finite(4), "why")
        for result in Result
    )
    text = _text(render_report(Report("demo", outcomes)))

    assert text.endswith(
        "Apply incomplete. 1 changed, 1 already right, 1 moved, 1 failed, 1 unknown, 1 not tried.\n"
    )
    assert "  moved     moved  planned 3 -> 5, found 4: why\n" in text


def test_render_report_of_a_complete_apply_is_one_sentence() -> None:
    """Users may grep for its beginning."""
    done = Outcome("A", Result.APPLIED, finite(3), finite(5), finite(5))

    assert _text(render_report(Report("demo", (done,)))) == (
        "Apply complete. 1 changed, 0 already right, 0 moved, 0 failed.\n"
    )


def test_render_plan_counts_frozen_differences() -> None:
    """A frozen SKU that differs is not as declared."""
    plan = plan_of(desired(declared("A", 5), frozen=("A",)), live({"A": 3}))

    assert "\nNo changes. Frozen: 1 SKU would change.\n" in _text(render_plan(plan))
