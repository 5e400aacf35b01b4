"""`reconciler plan`: show what apply would change, and why."""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.app.context import StoreContext
from reconciler.app.scope import PlanRequest, Scope, load_scope, make_offline_plan
from reconciler.app.step import add_summary, put_outputs
from reconciler.cli.console import Console
from reconciler.cli.output import STDIO, print_plan, save_text, store_path
from reconciler.cli.params import BASE, FILE, PLAN_FORMAT, READ_ALL, GlobalFlags, shop_options
from reconciler.errors import UsageError
from reconciler.exit_codes import ExitCode
from reconciler.model import Plan
from reconciler.plan.plan_file import dump_plan
from reconciler.render.markdown import render_plan as render_markdown

if TYPE_CHECKING:
    from reconciler.app.connect import Connection


@click.command("plan")
@click.option(
    "--out",
    type=FILE,
    metavar="FILE",
    help="Save the plan for apply (- for stdout).",
)
@PLAN_FORMAT
@BASE
@click.option(
    "--changed-since",
    metavar="REF",
    help="Read only SKUs whose declaration changed since REF.",
)
@READ_ALL
@click.option("--offline", is_flag=True, help="Compare with the base without contacting the shop.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if changes are pending.")
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    out: Path | None,
    format_: str | None,
    base: str | None,
    changed_since: str | None,
    read_all: bool,
    offline: bool,
    detailed_exitcode: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Show what apply would change in the shop.

    Exits with 65 if the shop lacks a declared SKU, or has several with its code.
    """
    request = PlanRequest(base, changed_since, offline, read_all)
    _check_usage(request, out, format_, several=flags.means_several)
    console = Console(flags)
    connection = None if offline else console.connection(token_file, parallelism)
    stores = len(flags.stores()) if flags.means_several else 1
    changes = 0

    def work(context: StoreContext) -> ExitCode:
        nonlocal changes
        scope = load_scope(context, request, console)
        plan = _make_plan(context, scope, connection, console)
        file = store_path(out, context.name) if flags.means_several else out
        shown = "json" if file == STDIO else format_ or "text"
        if file is not None and file != STDIO:
            save_text(dump_plan(plan), file, "the plan")
        print_plan(plan, shown, console, stores)
        if file is not None and file != STDIO and not offline:
            console.notice(_next_command(plan, file, base, scope))
        add_summary(partial(render_markdown, plan))
        changes += len(plan.actions)
        return plan_exit_code(plan, detailed=detailed_exitcode)

    code = console.for_each_store(work)
    put_outputs(changes=changes, plan_file=out or "")
    return code


def _check_usage(
    request: PlanRequest, out: Path | None, format_: str | None, *, several: bool
) -> None:
    """Raise UsageError for options that contradict each other."""
    if request.offline and request.changed_since:
        raise UsageError(
            "--offline reads nothing, so --changed-since has no effect. Leave out one of them."
        )
    if request.read_all and (request.offline or request.changed_since):
        other = "--offline" if request.offline else "--changed-since"
        raise UsageError(f"--read-all and {other} contradict each other. Leave out one of them.")
    if out == STDIO and format_ not in {None, "json"}:
        raise UsageError(
            f"--out - and --format {format_} both write to stdout. Name a file with --out, or"
            " leave out one of them."
        )
    if out == STDIO and several:
        raise UsageError("Several stores need a folder, not -.")


def _make_plan(
    context: StoreContext, scope: Scope, connection: "Connection | None", console: Console
) -> Plan:
    """Return the plan of one store. Without a connection, it is an offline plan."""
    if connection is None:
        return make_offline_plan(scope)
    # Loaded only if the shop is contacted: the HTTP client is slow to import.
    planning = import_module("reconciler.app.planning")
    plan: Plan = planning.plan_store(context, scope, connection, console)
    return plan


def _next_command(plan: Plan, file: Path, base: str | None, scope: Scope) -> str:
    if base and scope.known.last is not None:
        return f"Saved to {file}. It is a preview: apply uses the record instead of --base."
    flags = f" --base {base}" if base else ""
    lifted = "".join(f" --allow {violation.limit}" for violation in plan.violations)
    if lifted:
        return (
            f"Saved to {file}. To apply it in spite of the limit: reconciler apply"
            f" {file}{flags}{lifted}"
        )
    return f"Saved to {file}. To apply it: reconciler apply {file}{flags}"


def plan_exit_code(plan: Plan, *, detailed: bool) -> ExitCode:
    """Return 65 for a plan with errors, 2 for pending changes if *detailed*, else 0."""
    if plan.errors:
        return ExitCode.INPUT
    return ExitCode.CHANGES if detailed and plan.actions else ExitCode.DONE
