"""`reconciler show`: show a saved plan or report."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from reconciler.cli.console import Console
from reconciler.cli.output import (
    STDIO,
    Saved,
    load_plan_or_report,
    print_plan,
    render_html,
    save_text,
)
from reconciler.cli.params import FILE, GlobalFlags, shared_options
from reconciler.cli.streams import print_text
from reconciler.errors import UsageError
from reconciler.model import Report
from reconciler.render.markdown import render_report as render_markdown
from reconciler.render.terminal import Line, render_plan, render_report


@click.command("show")
@click.argument("planfile", type=FILE, metavar="PLANFILE|REPORT")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "html", "github", "svg"]),
    default="text",
    show_default=True,
    help="Output format. github annotates lines of a pull request, svg is a picture.",
)
@click.option(
    "--out",
    type=FILE,
    metavar="FILE",
    help="Save the page or the picture, instead of printing it.",
)
@shared_options
@click.pass_obj
def command(flags: GlobalFlags, planfile: Path, format_: str, out: Path | None) -> int:
    """Show a saved plan, or the report of an apply."""
    console = Console(flags)
    if out is not None and format_ not in _FILES:
        raise UsageError("--out needs --format html or svg.")
    saved = load_plan_or_report(planfile)
    if format_ in _FILES:
        text = _FILES[format_](saved, verbose=flags.verbose)
        if out is None or out == STDIO:
            print_text(text)
        else:
            save_text(text, out, "the page" if format_ == "html" else "the picture")
            console.notice(f"Saved to {out}.")
    elif saved.plan is not None:
        print_plan(saved.plan, format_, console)
    elif saved.report is not None:
        _print_report(saved.report, format_, saved.text, console)
    return 0


def _draw(saved: Saved, *, verbose: bool) -> str:
    """Return a picture of the terminal."""
    # Loaded only for this format: rich is slow to import.
    draw = import_module("reconciler.render.svg").draw
    lines: list[Line] = []
    title = ""
    if saved.plan is not None:
        lines, title = [*render_plan(saved.plan, verbose=verbose)], "reconciler plan"
    elif saved.report is not None:
        lines, title = [*render_report(saved.report, verbose=verbose)], "reconciler apply"
    return str(draw(lines, title))


def _make_page(saved: Saved, *, verbose: bool) -> str:
    """Return an HTML page. It contains all details without -v."""
    # Loaded only for this format: templates are slow to import.
    if saved.plan is not None:
        return render_html(saved.plan)
    page = import_module("reconciler.render.html.report_page").render_report_page(saved.report)
    return str(page)


_FILES: dict[str, Callable[..., str]] = {"svg": _draw, "html": _make_page}


def _print_report(report: Report, format_: str, text: str, console: Console) -> None:
    """Print the report of an apply, whose JSON is *text*."""
    if format_ == "json":
        print_text(text)
    elif format_ == "markdown":
        print_text(render_markdown(report))
    else:
        console.lines(render_report(report, verbose=console.flags.verbose))
