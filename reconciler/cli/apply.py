"""`reconciler apply`: a saved plan, or one made now, carried out."""

from pathlib import Path

import click

from reconciler.apply.execute import execute
from reconciler.cli.basing import load_history
from reconciler.cli.console import has_terminal, print_error, print_lines, print_text
from reconciler.cli.loading import load_desired
from reconciler.cli.options import (
    BASE,
    DURATION,
    PARALLELISM,
    TOKEN_FILE,
    Duration,
    Options,
    shared_options,
)
from reconciler.cli.plan import print_plan
from reconciler.cli.progress import Progress
from reconciler.cli.recording import check_can_record, record_receipt
from reconciler.cli.show import read_plan
from reconciler.cli.signals import Ending
from reconciler.cli.stages import Scope, make_plan, open_store
from reconciler.desired.digest import compute_digest
from reconciler.errors import LimitError, OutputError, StalePlanError, UsageError
from reconciler.history.base import refuse_old_commit
from reconciler.live.client import StoreClient
from reconciler.model import Limit, Outcome, Plan, Report, Result
from reconciler.plan.check import check_saved, recheck_limits
from reconciler.render.text import render_report

COULD_NOT_GO_ON, MOVED, INCOMPLETE = 1, 3, 5


@click.command("apply")
@click.argument("planfile", required=False, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@BASE
@click.option(
    "--record",
    is_flag=True,
    help="Keep in git what was applied, as the base of the next plan.",
)
@click.option("--push", metavar="REMOTE", help="Push that record to this remote.")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice([limit.value for limit in Limit]),
    help="Lift one safety limit, for this run.",
)
@click.option(
    "--max-duration",
    type=DURATION,
    metavar="DURATION",
    help="Begin no further SKU after this time, like 90s, 10m or 2h.",
)
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options,
    planfile: Path | None,
    yes: bool,
    base: str | None,
    record: bool,
    push: str | None,
    allow: tuple[str, ...],
    max_duration: Duration | None,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Carry out PLANFILE; without one, plan, show the plan, ask, and carry it out.

    Each SKU is read again before it is written; one that has moved since the plan is left alone.
    """
    asks = planfile is None and not yes
    if asks and not has_terminal():
        raise UsageError("there is no terminal to ask on; give a plan file, or --yes")
    if push and not record:
        raise UsageError("--push shares the record of --record; add that")
    saved = read_plan(planfile) if planfile else None
    scope = _load_scope(options, saved, base)
    if record:
        check_can_record(scope.history)
    if saved is not None:
        saved = recheck_limits(saved, scope.desired)
        _refuse_violations(saved, allow)
    scope.require_base()
    ending = Ending(*max_duration) if max_duration else Ending()
    with open_store(options, scope.desired.settings, token_file, ending) as client:
        plan = saved or make_plan(options, scope, client, parallelism, ending)
        if saved is None:
            print_plan(plan, "text", options)
            _refuse_violations(plan, allow)
        if plan.actions and asks and not _is_answered_yes():
            print_text("Nothing was written.\n")
            return COULD_NOT_GO_ON
        report = _carry_out(options, plan, client, parallelism, ending)
    if record:
        record_receipt(scope.history, scope.desired, plan, report, push)
    return ending.exit_code or report_exit_code(report)


def _load_scope(options: Options, saved: Plan | None, base: str | None) -> Scope:
    """Return what is to be applied.

    Raises StalePlanError if a *saved* plan does not follow from it, and OldCommitError for a
    commit that what was applied last has left behind.
    """
    if saved is not None and not options.store:
        if saved.store not in options.stores():
            raise StalePlanError(f"the plan is for the store {saved.store}, which is not here")
        options.store = (saved.store,)
    desired = load_desired(options, options.one_store())
    made_for = saved.provenance.base if saved else None
    history = load_history(options, desired.settings.name, base, made_for)
    if history.repository is not None and history.last is not None:
        refuse_old_commit(history.repository, history.head, history.last)
    if saved is not None:
        check_saved(saved, desired, compute_digest(desired), history.base)
    return Scope(desired, history)


def _carry_out(
    options: Options, plan: Plan, client: StoreClient, parallelism: int, ending: Ending
) -> Report:
    """Execute *plan*, print the report, and return it."""
    progress = Progress("Applying change", len(plan.actions), client, options)
    with ending.noticing("finishing what is under way"):
        report = execute(
            plan,
            client,
            parallelism=parallelism,
            sleep=lambda seconds: ending.sleep(seconds * client.scale),
            must_end=ending.reason,
            progress=progress,
        )
    try:
        print_lines(render_report(report, verbose=options.verbose), options)
    except OutputError as error:  # what was done stands, whether it can be printed or not
        print_error(f"Error: {error}")
    return report


def _refuse_violations(plan: Plan, allow: tuple[str, ...]) -> None:
    """Raise LimitError for a limit that is broken and was not lifted."""
    broken = [violation for violation in plan.violations if violation.limit.value not in allow]
    if broken:
        said = "; ".join(violation.message for violation in broken)
        flags = " ".join(f"--allow {violation.limit}" for violation in broken)
        raise LimitError(f"{said}. Nothing was written. If it is meant: {flags}")


def _is_answered_yes() -> bool:
    """Ask whether to go on; only the word yes does."""
    answer: str = click.prompt(
        "Write these changes to the store? Type yes to go on",
        default="",
        show_default=False,
        err=True,
    )
    return answer.strip() == "yes"


def report_exit_code(report: Report) -> int:
    """Return what became of all as an exit code."""
    if report.stopped and not any(map(_may_have_written, report.outcomes)):
        return COULD_NOT_GO_ON
    if any(report.count(result) for result in (Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED)):
        return INCOMPLETE
    return MOVED if report.count(Result.MOVED) else 0


def _may_have_written(outcome: Outcome) -> bool:
    """Whether the SKU may be other than it was because of us."""
    failed_after_write = outcome.result is Result.FAILED and outcome.found is not None
    return outcome.result in {Result.APPLIED, Result.UNKNOWN} or failed_after_write
