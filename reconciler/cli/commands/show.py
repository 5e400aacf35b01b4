"""`reconciler show`: a saved plan or report again."""

from importlib import import_module
from pathlib import Path

import click

from reconciler.cli.console import Console
from reconciler.cli.output import load_plan_or_report, print_plan
from reconciler.cli.params import FILE, GlobalFlags, shared_options
from reconciler.cli.streams import print_text
from reconciler.render.markdown import render_report as render_markdown
from reconciler.render.terminal import render_plan, render_report


@click.command("show")
@click.argument("planfile", type=FILE, metavar="PLANFILE|REPORT")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "github", "svg"]),
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
        # Only this format pays for loading what draws.
        draw = import_module("reconciler.render.svg").draw
        if plan is not None:
            lines, title = [*render_plan(plan, verbose=flags.verbose)], "reconciler plan"
        elif report is not None:
            lines, title = [*render_report(report, verbose=flags.verbose)], "reconciler apply"
        print_text(str(draw(lines, title)))
    elif plan is not None:
        print_plan(plan, format_, console)
    elif report is not None and format_ == "json":
        print_text(text)
    elif report is not None and format_ == "markdown":
        print_text(render_markdown(report))
    elif report is not None:
        console.lines(render_report(report, verbose=flags.verbose))
    return 0
