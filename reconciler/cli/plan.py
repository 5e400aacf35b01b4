"""`reconciler plan`: what apply would change, and why. Writes nothing to the store."""

from pathlib import Path

import click

from reconciler.cli.console import print_error, print_lines, print_text
from reconciler.cli.loading import load_desired
from reconciler.cli.options import PARALLELISM, PLAN_FORMAT, TOKEN_FILE, Options, shared_options
from reconciler.cli.signals import Ending
from reconciler.cli.stages import make_plan, open_store
from reconciler.errors import InputError, ReconcilerError
from reconciler.model import Plan
from reconciler.plan.saved import dump_plan
from reconciler.render.text import render_plan

CHANGES_PENDING = 2
STDIO = Path("-")


@click.command("plan")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the plan for apply; - is stdout.",
)
@PLAN_FORMAT
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options,
    out: Path | None,
    format_: str,
    detailed_exitcode: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Read the live stock and show what apply would change.

    Exits 65 when the YAML names SKUs that the store does not have or cannot tell apart.
    """
    desired = load_desired(options, options.one_store())
    ending = Ending()
    with open_store(options, desired.settings, token_file, ending) as client:
        plan = make_plan(options, desired, client, parallelism, ending)
    if out == STDIO:
        out, format_ = None, "json"
    if out is not None:
        save_plan(plan, out)
    print_plan(plan, format_, options)
    if out is not None and not options.quiet:
        flags = "".join(f" --allow {violation.limit}" for violation in plan.violations)
        print_error(f"Saved to {out}. To carry it out: reconciler apply {out}{flags}")
    return plan_exit_code(plan, detailed=detailed_exitcode)


def print_plan(plan: Plan, format_: str, options: Options) -> None:
    """Print *plan* on stdout in the format `text` or `json`."""
    if format_ == "json":
        print_text(dump_plan(plan))
    else:
        print_lines(render_plan(plan, verbose=options.verbose), options)


def plan_exit_code(plan: Plan, *, detailed: bool) -> int:
    """Return 65 for a plan with errors, 2 for pending changes if that was asked for, else 0."""
    if plan.errors:
        return InputError.exit_code
    return CHANGES_PENDING if detailed and plan.actions else 0


def save_plan(plan: Plan, path: Path) -> None:
    """Write *plan* to a file, whole or not at all; a pipe or a device is written as it is."""
    text = dump_plan(plan)
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, "utf-8")
        else:
            partial = target.parent / f"{target.name}.partial"
            partial.write_text(text, "utf-8")
            partial.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReconcilerError(
            f"cannot save the plan to {path}: {reason}; name another file"
        ) from None
