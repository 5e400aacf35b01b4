"""Render annotations for GitHub Actions. All text is escaped."""

from collections.abc import Iterator, Sequence

from reconciler.errors import Problem
from reconciler.model import Plan
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count, dangers

# The runner shows ten for each step, and drops the rest silently.
MAX_ANNOTATIONS = 10


def render_problems(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield a line for each problem. If there are too many, the last line counts the rest."""
    shown = problems if len(problems) <= MAX_ANNOTATIONS else problems[: MAX_ANNOTATIONS - 1]
    for problem in shown:
        place = f"file={_property(problem.path)}"
        if problem.line:
            place += f",line={problem.line},col={problem.column}"
        said = "%0A".join(map(_data, (problem.message, *problem.paste)))
        yield f"::error {place},title=Declared stock::{said}"
    left = len(problems) - len(shown)
    if left:
        said = f"{count(left, 'more problem')}. `reconciler validate` lists them all."
        yield f"::error title=Declared stock::{_data(said)}"


def render_plan(plan: Plan, limit: int = MAX_ANNOTATIONS) -> Iterator[str]:
    """Yield at most *limit* annotations of *plan*, the most serious first."""
    marks = [
        *(("error", f.source, f"{f.sku}: {f.message}") for f in plan.errors),
        *(("error", None, violation.message) for violation in plan.violations),
        *(("warning", action.source, said) for action in plan.actions if (said := dangers(action))),
        *(
            ("notice", action.source, f"{action.sku}: {action.before} -> {action.after}")
            for action in plan.actions
            if not dangers(action)
        ),
    ]
    shown = marks if len(marks) <= limit else marks[: limit - 1]
    for level, source, message in shown:
        place = f"file={_property(source.path)},line={source.line}," if source else ""
        yield f"::{level} {place}title=Stock of {_property(plan.store)}::{_data(message)}"
    left = len(marks) - len(shown)
    if left:
        said = f"{count(left, 'more line')} of the plan not shown here"
        yield f"::notice title=Stock of {_property(plan.store)}::{_data(said)}"


def _data(text: str) -> str:
    """Return *text* escaped as the message of a command."""
    return safe_text(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return *text* escaped as a property of a command."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
