"""Render annotations: escaped, capped, the most serious first."""

import re

import pytest
from factories import action, desired, live, plan_of
from msgspec.structs import replace

from reconciler.errors import Problem
from reconciler.model import Action, Finding, FindingKind, Limit, Plan, Source, Violation
from reconciler.render.github_annotations import MAX_ANNOTATIONS, render_plan, render_problems

EMPTY = plan_of(desired(), live({}))
EVIL = "a,line=9::x%0A\n::set-output name=x::y\r##[error]z"
SOURCE = Source("a.yaml", 7)


def _levels(lines: list[str]) -> list[str]:
    return [re.sub(r"^::(\w+).*$", r"\1", line, flags=re.DOTALL) for line in lines]


def _plan(*actions: Action, findings: tuple[Finding, ...] = (), limits: int = 0) -> Plan:
    violations = (Violation(Limit.CHANGES, 1, 2, "too many"),) * limits
    return replace(EMPTY, actions=actions, findings=findings, violations=violations)


def test_render_problems_marks_the_line() -> None:
    """Path, line, and column are given. A problem of a whole file has no line."""
    lines = list(render_problems([Problem("a.yaml", 7, 3, "no"), Problem("b.yaml", 0, 0, "no")]))

    assert lines[0].startswith("::error file=a.yaml,line=7,col=3,")
    assert "file=b.yaml," in lines[1] and "line=" not in lines[1]


@pytest.mark.parametrize("line", [0, 7])
def test_render_problems_escapes_path_and_message(line: int) -> None:
    """A file's name or content can't end the command or start another one."""
    (text,) = render_problems([Problem(EVIL, line, 1, EVIL)])
    place, _, message = text.removeprefix("::").partition("::")

    assert text.isprintable() and "##[" not in text
    assert place.count(",") == (3 if line else 1)
    assert "%250A" in place and "%250A" in message


@pytest.mark.parametrize(
    ("number", "shown"), [(0, 0), (1, 1), (10, MAX_ANNOTATIONS), (11, 10), (500, 10)]
)
def test_render_caps_annotations_at_ten(number: int, shown: int) -> None:
    """The last one has the number of those left out."""
    problems = list(render_problems([Problem("a.yaml", n, 1, "no") for n in range(number)]))
    marks = list(render_plan(_plan(*(action(f"S{n}") for n in range(number)))))

    assert (len(problems), len(marks)) == (shown, shown)
    if number > MAX_ANNOTATIONS:
        assert all(str(number - 9) in lines[-1] for lines in (problems, marks))


def test_render_plan_begins_with_the_most_serious() -> None:
    """Errors, violations, and dangers come before other actions. Other findings are left out."""
    findings = (
        Finding(FindingKind.DRIFT, "D", "drifted", SOURCE),
        Finding(FindingKind.MISSING, "M", "missing", SOURCE),
    )
    plan = _plan(action("RAISE", 3, 5), action("ZERO", 3, 0), findings=findings, limits=1)
    lines = list(render_plan(plan))

    assert _levels(lines) == ["error", "error", "warning", "notice"]
    assert [name in line for name, line in zip(["M", "", "ZERO", "RAISE"], lines, strict=True)]
    assert "file=a.yaml,line=7," in lines[0]
    assert "file=" not in lines[1]


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [(3, 5, "notice"), (5, 3, "notice"), (3, 0, "warning"), ("infinite", 3, "warning")],
)
def test_render_plan_warns_of_dangerous_actions(before: int | str, after: int, level: str) -> None:
    """Any other change is a notice with both numbers."""
    (line,) = render_plan(_plan(action("SKU-1", before, after)))

    assert _levels([line]) == [level]
    assert all(text in line for text in ("SKU-1", str(before)))


def test_render_plan_escapes_sku_path_and_finding() -> None:
    """Names chosen by others can't control the runner."""
    evil = replace(action(EVIL), source=Source(EVIL, 7))
    finding = Finding(FindingKind.MISSING, EVIL, EVIL, Source(EVIL, 7))
    lines = list(render_plan(_plan(evil, findings=(finding,))))

    for line in lines:
        place = line.removeprefix("::").partition("::")[0]
        assert line.isprintable() and "##[" not in line and place.count(",") == 2
    assert len(lines) == 2


def test_render_plan_with_a_smaller_limit_keeps_the_most_serious() -> None:
    """Several stores share the ten annotations."""
    plan = _plan(*(action(f"S{n}") for n in range(9)), limits=1)

    assert _levels(list(render_plan(plan, 2))) == ["error", "notice"]
