"""`reconciler apply`: apply a plan."""

import os
import sys
from pathlib import Path

import click

from reconciler.app.applying import ApplyRequest, apply_store
from reconciler.app.connect import Connection
from reconciler.app.context import StoreContext
from reconciler.cli.apply_output import Outputs
from reconciler.cli.console import Console, has_terminal
from reconciler.cli.output import read_plan
from reconciler.cli.params import (
    BASE,
    DURATION,
    FILE,
    READ_ALL,
    Duration,
    GlobalFlags,
    apply_memory_options,
    memory_request,
    shop_options,
)
from reconciler.errors import StalePlanError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.model import Limit, Plan


@click.command("apply")
@click.argument("planfile", required=False, type=FILE)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@BASE
@apply_memory_options
@click.option(
    "--take-over",
    is_flag=True,
    help="Take over the lock of an apply that crashed.",
)
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice([limit.value for limit in Limit]),
    help="Ignore one safety limit for this run (repeatable).",
)
@click.option(
    "--journal",
    type=FILE,
    metavar="FILE",
    help="Journal file.  [default: below .reconciler/journal]",
)
@click.option(
    "--report",
    type=FILE,
    metavar="FILE",
    help="Save the outcome of each SKU as JSON (- for stdout).",
)
@click.option(
    "--events",
    type=FILE,
    metavar="FILE",
    help="Write a JSON line for each event (- for stdout).",
)
@click.option(
    "--max-duration",
    type=DURATION,
    metavar="DURATION",
    help="Stop after this long, for example 90s, 10m, or 2h.",
)
@READ_ALL
@shop_options
@click.pass_obj
def command(
    flags: GlobalFlags,
    planfile: Path | None,
    yes: bool,
    base: str | None,
    remote: str | None,
    local: bool,
    no_record: bool,
    record: bool,
    push: str | None,
    take_over: bool,
    allow: tuple[str, ...],
    journal: Path | None,
    report: Path | None,
    events: Path | None,
    max_duration: Duration | None,
    read_all: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Apply PLANFILE, or plan, ask for confirmation, and apply.

    Apply reads each SKU again before it writes. It skips a SKU that changed since the plan.
    """
    if planfile is None and not yes and not has_terminal():
        raise UsageError("Can't ask for confirmation: no terminal. Pass a plan file or --yes.")
    if planfile is not None and read_all:
        raise UsageError("--read-all does not apply to a saved plan. Leave out one of them.")
    console = Console(flags)
    outputs = Outputs(console, journal, report, events)
    outputs.require_apart()
    memory = memory_request(remote or push, local=local, none=no_record, is_named=record)
    connection = console.connection(token_file, parallelism, max_duration)

    def request(saved: Plan | None) -> ApplyRequest:
        return ApplyRequest(saved, yes, base, memory, take_over, allow, read_all)

    def apply_one_of_several(context: StoreContext) -> ExitCode:
        saved = read_plan(planfile / f"{context.name}.json") if planfile else None
        own = outputs.of_store(context.name)
        return apply_store(context, request(saved), connection, own, console)

    if flags.means_several:
        code = console.for_each_store(apply_one_of_several)
    else:
        saved = read_plan(planfile) if planfile else None
        context = _store_of(flags, saved)
        code = apply_store(context, request(saved), connection, outputs, console)
    _leave_if_abandoned(connection, code)
    return code


def _store_of(flags: GlobalFlags, saved: Plan | None) -> StoreContext:
    """Return the named store, else the store of the plan."""
    if saved is None or flags.store:
        return flags.one_store()
    found = [context for context in flags.stores() if context.name == saved.store]
    if not found:
        raise StalePlanError(
            f"The plan is for the store {saved.store}, which does not exist. Check --inventory."
        )
    return found[0]


def _leave_if_abandoned(connection: Connection, code: ExitCode) -> None:
    """After a second signal, exit without waiting for threads that wait for the shop."""
    if not connection.stop.is_abandoned:
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)
