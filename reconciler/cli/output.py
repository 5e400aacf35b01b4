"""Write plans, reports, and tables, and read files or stdin."""

import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from reconciler.apply.report_file import as_report, load_report
from reconciler.atomic_files import make_folder, write_text
from reconciler.cli.console import Console, has_terminal
from reconciler.cli.streams import print_text
from reconciler.desired.reader import document
from reconciler.errors import InputError, PlanFileError, Problem, ReconcilerError, UsageError
from reconciler.model import Plan, Report
from reconciler.model.codec import dump_json
from reconciler.plan.plan_file import MAX_BYTES, dump_plan, load_plan
from reconciler.render.github_annotations import MAX_ANNOTATIONS
from reconciler.render.github_annotations import render_plan as render_annotations
from reconciler.render.markdown import render_plan as render_markdown
from reconciler.render.terminal import render_plan

STDIO = Path("-")


def store_path(folder: Path | None, name: str, ending: str = "json") -> Path | None:
    """Return the file of the store *name* in *folder*. Creates the folder if it is missing."""
    if folder is None:
        return None
    if folder == STDIO:
        raise UsageError("Several stores need a folder, not -.")
    try:
        make_folder(folder)
    except OSError as error:
        raise ReconcilerError(
            f"Can't use {folder} as a folder: {error.strerror}. Name another folder."
        ) from None
    return folder / f"{name}.{ending}"


def save_text(text: str, path: Path, what: str) -> None:
    """Write *text* to a file atomically, or directly to a pipe or device."""
    try:
        write_text(path, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReconcilerError(
            f"Can't save {what} to {path}: {reason}. Name another file."
        ) from None


def print_plan(plan: Plan, format_: str, console: Console, annotated_stores: int = 1) -> None:
    """Print *plan* on stdout in the format `text`, `json`, `markdown`, `html`, or `github`.

    A step shows ten annotations, which *annotated_stores* share.
    """
    if format_ == "json":
        print_text(dump_plan(plan))
    elif format_ == "markdown":
        print_text(render_markdown(plan))
    elif format_ == "html":
        print_text(render_html(plan))
    elif format_ == "github":
        share = max(1, MAX_ANNOTATIONS // annotated_stores)
        print_text("".join(f"{line}\n" for line in render_annotations(plan, share)))
    else:
        console.lines(render_plan(plan, verbose=console.flags.verbose))


def render_html(plan: Plan) -> str:
    """Return the HTML page of a plan."""
    # Only this format pays for loading templates.
    return str(import_module("reconciler.render.html.plan_page").render_plan_page(plan))


class Saved(NamedTuple):
    """The content of a file: a plan or a report, and its text."""

    plan: Plan | None
    report: Report | None
    text: str


def load_plan_or_report(path: Path) -> Saved:
    """Return the plan or the report in the file *path*, or on stdin for `-`.

    Raises:
        PlanFileError: It is neither.
        StalePlanError: The plan was edited.
    """
    content = _read_saved(path)
    report = as_report(content) if len(content) <= MAX_BYTES else None
    if report is not None:
        return Saved(None, load_report(str(path), report), dump_json(report) + "\n")
    return Saved(load_plan(str(path), content), None, "")


def read_plan(path: Path) -> Plan:
    """Return the plan saved in the file *path*, or on stdin for `-`."""
    return load_plan(str(path), _read_saved(path))


def _read_saved(path: Path) -> bytes:
    try:
        return read_input(path, MAX_BYTES)
    except OSError as error:
        message = f"Can't read this: {error.strerror}. Name a file that `plan --out` wrote."
        raise PlanFileError(str(path), message) from None


def read_csv(path: Path, *, asks: bool) -> bytes:
    """Return the content of the CSV file *path*, or of stdin for `-`.

    Raises:
        UsageError: The command *asks* for confirmation, and there is no terminal.
        InputError: The file can't be read.
    """
    if asks and (path == STDIO or not has_terminal()):
        raise UsageError("Can't ask for confirmation: no terminal. Pass --yes, and check the diff.")
    try:
        return read_input(path, document.MAX_BYTES)
    except OSError as error:
        message = f"Can't read this: {error.strerror}. Name a CSV file."
        raise InputError([Problem(str(path), 0, 0, message)]) from None


def read_input(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file, or of stdin for `-`, up to *max_bytes* + 1 bytes."""
    if path == STDIO and sys.stdin is None:
        raise OSError(0, "Stdin is closed.")
    with sys.stdin.buffer if path == STDIO else path.open("rb") as file:
        return file.read(max_bytes + 1)
