"""Carry out a plan: journal, intent, writes, receipt, and report, in this order."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from reconciler.app.base import KnownBase
from reconciler.app.connect import Connection
from reconciler.app.context import StoreContext
from reconciler.app.orders import count_sold_since
from reconciler.app.recording import Recording
from reconciler.app.reporter import Reporter
from reconciler.app.scope import Scope
from reconciler.apply.event_log import Events
from reconciler.apply.executor import NOTHING_EARLIER, Earlier, execute
from reconciler.apply.journal import Journal, open_journal
from reconciler.apply.observers import Observer, Observers
from reconciler.errors import LockedError, PushError
from reconciler.exit_codes import ExitCode
from reconciler.model import Action, Outcome, Plan, Report, Result
from reconciler.plan.plan_file import fingerprint
from reconciler.records.batches import RecordedAction, sum_up
from reconciler.webflow.client import StoreClient


class ApplyOutput(Protocol):
    """The outputs of an apply, for people and for programs."""

    @property
    def journal(self) -> Path | None:
        """Return the path of the journal, None for the default."""

    def check(self) -> None:
        """Raise ReconcilerError if the report can't be saved."""

    def open_events(self, plan: Plan) -> AbstractContextManager[Sequence[Events]]:
        """Return the event logs to write; raise ReconcilerError if one can't be written."""

    def show_plan(self, plan: Plan) -> None:
        """Show a plan that was not saved before."""

    def show_report(self, report: Report) -> None:
        """Show the outcome of each action."""

    def keep_report(self, report: Report, plan: Plan, code: ExitCode) -> None:
        """Save the outcome of each action."""


class ApplyRun(Struct, frozen=True):
    """One plan to carry out. `recording` is None without a record."""

    context: StoreContext
    scope: Scope
    plan: Plan
    connection: Connection
    recording: Recording | None

    def execute(
        self,
        client: StoreClient,
        earlier: Earlier,
        observers: Sequence[Observer],
        reporter: Reporter,
    ) -> Report:
        """Carry out the actions, and return their outcomes."""
        stop = self.connection.stop
        with reporter.progress("Applying change", len(self.plan.actions), client) as progress:
            return execute(
                self.plan,
                client,
                observer=Observers([*observers, progress]),
                parallelism=self.connection.parallelism,
                earlier=earlier,
                sleep=lambda seconds: stop.sleep(seconds * client.scale),
                must_end=stop.reason,
                count_sold=partial(count_sold_since, client, self.plan.site_id),
                announcer=self.recording,
            )


def run_apply(
    run: ApplyRun, client: StoreClient, output: ApplyOutput, reporter: Reporter
) -> ExitCode:
    """Carry out a plan, save and record its outcomes, and return the exit code."""
    plan, stop = run.plan, run.connection.stop
    with ExitStack() as stack:
        path = output.journal or journal_path(run.context, plan)
        begun = find_begun(run.scope.known, plan)
        journal, earlier = open_journal(path, plan, fingerprint(plan), begun)
        stack.enter_context(journal)
        if run.recording is not None and plan.actions:
            journal.name_run(run.recording.run)
        output.check()
        events = stack.enter_context(output.open_events(plan))
        stack.enter_context(stop.noticing("finishing requests in flight"))
        if plan.actions and len(earlier.done) == len(plan.actions):
            reporter.say("Nothing to send. The journal shows that this plan is already done.")
        report = run.execute(client, earlier, [journal, *events], reporter)
        for each in events:
            each.ended(report)
        code = stop.exit_code or outcome_code(report)
        output.show_report(report)
        code = _record(run.recording, report, reporter) or code
        output.keep_report(report, plan, code)
        _end_journal(journal, report)
    return code


def _end_journal(journal: Journal, report: Report) -> None:
    """End the journal if nothing is left to do. Otherwise a rerun needs it."""
    if not any(report.count(result) for result in (Result.NOT_TRIED, Result.FAILED)):
        journal.end()


def journal_path(context: StoreContext, plan: Plan) -> Path:
    """Return the default path of the journal of *plan*, which is different for each plan."""
    name = fingerprint(plan).removeprefix("sha256:")[:24]
    return context.state_folder("journal") / f"{plan.store}-{name}.jsonl"


def find_begun(known: KnownBase, plan: Plan) -> Earlier:
    """Return what the record knows about an earlier run of *plan* that has not ended."""
    told = known.last.told if known.last else None
    if not known.resumes or told is None:
        return NOTHING_EARLIER
    progress = sum_up(told.batches)
    actions = {action.target.sku_id: action for action in plan.actions}
    ends = [(actions[one.sku_id], end) for one, end in progress.done if one.sku_id in actions]
    done = {one.sku: _outcome_of(one, end) for one, end in ends if end.result in _DONE}
    open_ids = {one.sku_id for one in progress.open}
    return Earlier(done, {one.sku: one for i, one in actions.items() if i in open_ids})


def _outcome_of(action: Action, end: RecordedAction) -> Outcome:
    """Return the outcome of an action as recorded."""
    before, after = end.before or action.before, end.after or action.after
    return Outcome(action.sku, Result(end.result), before, after, after, "", end.at)


_DONE = frozenset({Result.APPLIED, Result.ALREADY, Result.UNKNOWN})


def _record(recording: Recording | None, report: Report, reporter: Reporter) -> ExitCode | None:
    """Add the receipt. Report a failure and return its exit code, else None."""
    if recording is None:
        return None
    try:
        message = recording.finish(report)
    except LockedError as error:
        if recording.tip is None:  # nothing was written
            reporter.say(
                "Error: Not recorded. Another apply has recorded in the meantime."
                " Run `reconciler plan` again."
            )
            return ExitCode.MOVED
        reporter.say(
            f"Error: {error} Compare the SKUs above with the shop. To see what the other apply"
            " recorded, run `reconciler base show`."
        )
        return ExitCode.INCOMPLETE
    except PushError as error:
        reporter.say(f"Error: {error}")
        return ExitCode.INCOMPLETE
    if message:
        reporter.say(message)
    return None


def outcome_code(report: Report) -> ExitCode:
    """Return the exit code for the outcomes of all actions."""
    if report.stopped and not any(map(_may_have_written, report.outcomes)):
        return ExitCode.FAILED
    if any(report.count(result) for result in (Result.FAILED, Result.UNKNOWN, Result.NOT_TRIED)):
        return ExitCode.INCOMPLETE
    return ExitCode.MOVED if report.count(Result.MOVED) else ExitCode.DONE


def _may_have_written(outcome: Outcome) -> bool:
    """Return whether this run may have changed the SKU."""
    failed_after_write = outcome.result is Result.FAILED and outcome.found is not None
    return outcome.result in {Result.APPLIED, Result.UNKNOWN} or failed_after_write
