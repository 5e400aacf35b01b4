"""What a command leaves to the step of a workflow that runs it: a summary, and outputs."""

import os
from pathlib import Path
from typing import Protocol

from reconciler.github.actions_output import append_output, append_summary
from reconciler.render.markdown import SUMMARY_LIMIT

# Less than this has no room for a headline.
_LEAST = 2048


class Render(Protocol):
    """Makes Markdown of what it knows, within a limit."""

    def __call__(self, limit: int, *, in_bytes: bool) -> str:
        """Return Markdown of at most *limit* bytes, or characters."""


def add_summary(render: Render) -> None:
    """Add to the step's summary, within what GitHub shows of a whole step: more, and it shows none.

    Several stores in one step share the summary.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    used = Path(path).stat().st_size if Path(path).exists() else 0
    room = SUMMARY_LIMIT - used - 1
    if room >= _LEAST:
        append_summary(path, render(room, in_bytes=True))


def put_outputs(**values: object) -> None:
    """Hand *values*, each of one line, on to the steps that follow; `_` is written as `-`."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        append_output(path, {name.replace("_", "-"): str(value) for name, value in values.items()})
