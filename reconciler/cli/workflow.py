"""What a command found → the summary and the outputs of a workflow's step, where it runs in one."""

import os
from collections.abc import Callable

from reconciler.github.outputs import append_output, append_summary
from reconciler.render.markdown import SUMMARY_LIMIT


def summarise(render: Callable[[int], str]) -> None:
    """Add to the step's summary what *render* makes of at most so many characters."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        append_summary(path, render(SUMMARY_LIMIT))


def put_outputs(**values: object) -> None:
    """Hand *values*, each of one line, on to the steps that follow; `_` is written as `-`."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        append_output(path, {name.replace("_", "-"): str(value) for name, value in values.items()})
