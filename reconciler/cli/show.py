"""`reconciler show`: a saved plan or report again."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from reconciler.apply.report_file import load_report
from reconciler.cli.console import print_lines, print_text
from reconciler.cli.options import Options, shared_options
from reconciler.cli.plan import STDIO, print_plan
from reconciler.errors import PlanFileError
from reconciler.model import Plan
from reconciler.model.codec import parse_json
from reconciler.plan.plan_file import MAX_BYTES, load_plan
from reconciler.render.markdown import render_report as render_markdown
from reconciler.render.terminal import render_plan, render_report


@click.command("show")
@click.argument("planfile", type=click.Path(path_type=Path), metavar="PLANFILE|REPORT")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "github", "svg"]),
    default="text",
    show_default=True,
    help="How to print it: github marks the lines of a pull request, svg is a picture.",
)
@shared_options
@click.pass_obj
def command(options: Options, planfile: Path, format_: str) -> int:
    """Show a saved plan, or the report of an apply, again. Nothing is asked of the store."""
    content = read_file(planfile)
    report = as_report(content)
    if format_ == "svg":
        print_text(_picture(str(planfile), content, report, options))
    elif report is None:
        print_plan(load_plan(str(planfile), content), format_, options)
    elif format_ == "json":
        print_text(content.decode("utf-8"))
    elif format_ == "markdown":
        print_text(render_markdown(load_report(str(planfile), report)))
    else:
        lines = render_report(load_report(str(planfile), report), verbose=options.verbose)
        print_lines(lines, options)
    return 0


def _picture(path: str, content: bytes, report: dict[str, Any] | None, options: Options) -> str:
    # Nobody else pays for loading what draws.
    draw = import_module("reconciler.render.svg").draw
    if report is None:
        lines = render_plan(load_plan(path, content), verbose=options.verbose)
        return str(draw([*lines], "reconciler plan"))
    lines = render_report(load_report(path, report), verbose=options.verbose)
    return str(draw([*lines], "reconciler apply"))


def as_report(content: bytes) -> dict[str, Any] | None:
    """Return the data in *content* if it looks like a report, and not like a plan."""
    if len(content) > MAX_BYTES:
        return None
    try:
        data = parse_json(content)
    except ValueError:
        return None
    return data if isinstance(data, dict) and "outcomes" in data else None


def read_plan(path: Path) -> Plan:
    """Return the plan saved in the file *path*, or on stdin for `-`."""
    return load_plan(str(path), read_file(path))


def read_file(path: Path) -> bytes:
    """Return what is in the file *path*, or on stdin for `-`, as far as it is not too large."""
    if path == STDIO and sys.stdin is None:
        raise PlanFileError("-", "cannot be read: stdin is closed; name a file")
    try:
        with sys.stdin.buffer if path == STDIO else path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror}; name a file that plan --out wrote"
        raise PlanFileError(str(path), message) from None
