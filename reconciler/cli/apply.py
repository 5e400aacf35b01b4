"""`reconciler apply`: a saved plan, or one made now, carried out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.cli.basing import load_history
from reconciler.cli.carrying import COULD_NOT_GO_ON, Conduct, Outputs, carry_out, journal_path
from reconciler.cli.console import has_terminal, print_text
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
from reconciler.cli.recording import check_can_record, refuse_held, start_recording
from reconciler.cli.several import for_each_store
from reconciler.cli.show import read_plan
from reconciler.cli.signals import Ending
from reconciler.cli.stages import (
    Access,
    Scope,
    make_plan,
    open_store,
    read_listing,
)
from reconciler.desired.digest import compute_digest
from reconciler.errors import LimitError, StalePlanError, UsageError
from reconciler.model import Limit, Plan
from reconciler.plan.recovery import with_settled
from reconciler.plan.verify import check_saved, check_store, check_targets, recheck_limits
from reconciler.records.base import refuse_old_commit


@click.command("apply")
@click.argument("planfile", required=False, type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@BASE
@click.option(
    "--record",
    is_flag=True,
    help="Keep in git what was applied, as the base of the next plan.",
)
@click.option("--push", metavar="REMOTE", help="Share that record on this remote.")
@click.option(
    "--take-over",
    is_flag=True,
    help="Begin although another apply has not ended: it is dead.",
)
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice([limit.value for limit in Limit]),
    help="Lift one safety limit, for this run.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the journal here.  [default: below .reconciler/journal]",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save what became of each SKU as JSON; - is stdout.",
)
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a JSON line for each thing that happens; - is stdout.",
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
    take_over: bool,
    allow: tuple[str, ...],
    journal: Path | None,
    report: Path | None,
    events: Path | None,
    max_duration: Duration | None,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Carry out PLANFILE; without one, plan, show the plan, ask, and carry it out.

    Each SKU is read again before it is written; one that has moved since the plan is left alone.
    """
    if planfile is None and not yes and not has_terminal():
        raise UsageError("there is no terminal to ask on; give a plan file, or --yes")
    outputs = Outputs(journal, report, events)
    outputs.require_apart()
    if push and not record:
        raise UsageError("--push shares the record of --record; add that")
    ending = Ending(*max_duration) if max_duration else Ending()
    access = Access(token_file, parallelism, ending)
    asked = Asked(planfile, yes, base, record, push, take_over, allow)
    if options.means_several:
        return for_each_store(
            options,
            lambda one: _apply(
                one, asked.of_store(one.one_store()), access, outputs.of_store(one.one_store())
            ),
        )
    return _apply(options, asked, access, outputs)


class Asked(NamedTuple):
    """What is asked of an apply."""

    planfile: Path | None
    yes: bool
    base: str | None
    record: bool
    push: str | None
    take_over: bool
    allow: tuple[str, ...]

    def of_store(self, name: str) -> "Asked":
        """Return the same for one of several stores, whose plans lie in a folder."""
        planfile = self.planfile / f"{name}.json" if self.planfile else None
        return self._replace(planfile=planfile)


def _apply(options: Options, asked: Asked, access: Access, outputs: Outputs) -> int:
    """Apply one store, and return the exit code."""
    saved = read_plan(asked.planfile) if asked.planfile else None
    scope = _load_scope(options, saved, asked.base)
    refuse_held(
        scope.history,
        take_over=asked.take_over,
        has_journal=saved is not None
        and (outputs.journal or journal_path(options, saved)).exists(),
        now=datetime.now(UTC),
    )
    if asked.record:
        check_can_record(scope.history)
    if saved is not None:
        saved = recheck_limits(saved, scope.desired)
        _refuse_violations(saved, asked.allow)
    scope.require_base()
    with open_store(options, scope.desired.settings, access) as client:
        if saved is not None and saved.actions:
            check_targets(saved, scope.desired, read_listing(scope.desired, client, access))
        plan = saved or make_plan(options, scope, client, access)
        if saved is None:
            if not outputs.takes_stdout:
                print_plan(plan, "text", options)
            _refuse_violations(plan, asked.allow)
        if plan.actions and saved is None and not asked.yes and not _is_answered_yes():
            print_text("Nothing was written.\n")
            return COULD_NOT_GO_ON
        recording = None
        if asked.record:
            recording = start_recording(scope.history, scope.desired, plan, asked.push)
        conduct = Conduct(access.parallelism, access.ending, recording)
        return carry_out(options, scope, plan, client, conduct, outputs)


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
    if saved is not None:
        check_store(saved, desired.settings)
    history = load_history(options, desired.settings, base, saved)
    if history.repository is not None and history.last is not None:
        refuse_old_commit(history.repository, history.head, history.last)
    if saved is not None:
        known = with_settled(history.base, saved.settled) if history.base else None
        check_saved(saved, desired, compute_digest(desired), known)
    return Scope(desired, history)


def _refuse_violations(plan: Plan, allow: tuple[str, ...]) -> None:
    """Raise LimitError for a limit that is broken and was not lifted."""
    broken = [violation for violation in plan.violations if violation.limit.value not in allow]
    if broken:
        said = "; ".join(violation.message for violation in broken)
        lifted = dict.fromkeys([*allow, *(violation.limit.value for violation in broken)])
        flags = " ".join(f"--allow {limit}" for limit in lifted)
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
