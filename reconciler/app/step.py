"""Write the summary and the outputs of the workflow step that runs a command."""

import os
from pathlib import Path
from typing import Protocol

from reconciler.github.actions_output import append_output, append_summary
from reconciler.render.markdown import SUMMARY_LIMIT

# Less than this is too short for a headline.
_LEAST = 2048


class Render(Protocol):
    """Renders Markdown within a limit."""

    def __call__(self, limit: int, *, in_bytes: bool) -> str:
        """Return Markdown of at most *limit* bytes or characters."""


def add_summary(render: Render) -> None:
    """Append to the step's summary, within GitHub's limit for a step.

    GitHub shows no summary beyond the limit. Several stores in one step share it.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    used = Path(path).stat().st_size if Path(path).exists() else 0
    room = SUMMARY_LIMIT - used - 1
    if room >= _LEAST:
        append_summary(path, render(room, in_bytes=True))


def put_outputs(**values: object) -> None:
    """Set *values*, each of one line, as outputs of the step. `_` in names becomes `-`."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        append_output(path, {name.replace("_", "-"): str(value) for name, value in values.items()})
