"""`reconciler show`: a saved plan or report again."""

from importlib import import_module
from pathlib import Path

import click

from reconciler.cli.console import Console
from reconciler.cli.output import load_plan_or_report, print_plan
from reconciler.cli.params import FILE, GlobalFlags, shared_options
from reconciler.cli.streams import print_text
from reconciler.model import Plan, Report
from reconciler.render.markdown import render_report as render_markdown
from reconciler.render.terminal import render_plan, render_report


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
@shared_options
@click.pass_obj
def command(flags: GlobalFlags, planfile: Path, format_: str) -> int:
    """Show a saved plan, or the report of an apply."""
    console = Console(flags)
    plan, report, text = load_plan_or_report(planfile)
    if format_ == "svg":
        _draw(plan, report, verbose=flags.verbose)
    elif plan is not None:
        print_plan(plan, format_, console)
    elif report is not None:
        _print_report(report, format_, text, console)
    return 0


def _draw(plan: Plan | None, report: Report | None, *, verbose: bool) -> None:
    """Print a picture of the terminal."""
    # Only this format pays for loading what draws.
    draw = import_module("reconciler.render.svg").draw
    if plan is not None:
        print_text(draw([*render_plan(plan, verbose=verbose)], "reconciler plan"))
    elif report is not None:
        print_text(draw([*render_report(report, verbose=verbose)], "reconciler apply"))


def _print_report(report: Report, format_: str, text: str, console: Console) -> None:
    """Print the report of an apply, whose JSON is *text*."""
    if format_ == "json":
        print_text(text)
    elif format_ == "markdown":
        print_text(render_markdown(report))
    elif format_ == "html":
        # Only this format pays for loading templates.
        print_text(import_module("reconciler.render.html.report_page").render_report_page(report))
    else:
        console.lines(render_report(report, verbose=console.flags.verbose))
