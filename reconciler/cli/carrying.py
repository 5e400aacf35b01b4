"""A plan → carried out: journal, intent, writes, receipt, report, in this order."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from reconciler import __version__
from reconciler.apply.event_log import Events
from reconciler.apply.executor import Earlier, execute
from reconciler.apply.journal import Journal, open_journal
from reconciler.apply.observers import Watcher, Watchers
from reconciler.apply.report_file import dump_report
from reconciler.atomic_files import open_text, refuse_links
from reconciler.cli.console import print_error, print_lines, print_text
from reconciler.cli.options import Options
from reconciler.cli.plan import STDIO, out_of, save_text
from reconciler.cli.recording import GRACE, Recording
from reconciler.cli.signals import Ending
from reconciler.cli.stages import Scope, make_progress
from reconciler.cli.workflow import summarise
from reconciler.errors import (
    HeldError,
    InterruptedRunError,
    OutputError,
    PushError,
    ReconcilerError,
    UsageError,
)
from reconciler.model import Outcome, Plan, Report, Result, Rule
from reconciler.plan.plan_file import fingerprint
from reconciler.render.markdown import render_report as render_markdown
from reconciler.render.terminal import render_report
from reconciler.webflow.client import StoreClient

COULD_NOT_GO_ON: Final = 1
MOVED: Final = 3
INCOMPLETE: Final = 5
MARGIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a plan is carried out: so many at a time, until something ends it, recorded or not."""

    parallelism: int
    ending: Ending
    recording: Recording | None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where an apply leaves word of what it does, besides stdout; None: nowhere or by default."""

    journal: Path | None
    report: Path | None
    events: Path | None

    def of_store(self, name: str) -> "Outputs":
        """Return the same for one of several stores: each has its files in the folders named."""
        return Outputs(
            self.journal / f"{name}.jsonl" if self.journal else None,
            out_of(self.report, name),
            out_of(self.events, name),
        )

    def require_apart(self) -> None:
        """Raise UsageError if two of them would go to one stream or file."""
        named = [path for path in (self.journal, self.report, self.events) if path is not None]
        if len(named) > len({path.absolute() for path in named}):
            raise UsageError(
                "Two of --journal, --report, and --events name the same file or stream."
            )
        if self.journal == STDIO:
            raise UsageError("A journal must be a file, to be read again. Name one with --journal.")

    @property
    def takes_stdout(self) -> bool:
        """Whether stdout is for a program, so that people are told on stderr alone."""
        return STDIO in {self.report, self.events}


def carry_out(
    options: Options,
    scope: Scope,
    plan: Plan,
    client: StoreClient,
    conduct: Conduct,
    outputs: Outputs,
) -> int:
    """Execute *plan*, say and keep what became of it, and return the exit code."""
    ending, recording = conduct.ending, conduct.recording
    with ExitStack() as stack:
        path = outputs.journal or journal_path(options, plan)
        journal, earlier = open_journal(
            path, plan, fingerprint(plan), is_begun=scope.history.resumes
        )
        stack.enter_context(journal)
        _check_report(outputs.report)
        events = stack.enter_context(_open_events(outputs.events, plan))
        stack.enter_context(ending.noticing("finishing what is under way"))
        intent = _begin(recording, plan, ending)
        if plan.actions and len(earlier.settled) == len(plan.actions):
            print_error("Nothing is sent: this plan was carried out before, as its journal says.")
        report = _execute(options, plan, client, conduct, earlier, [journal, *events])
        for each in events:
            each.ended(report)
        code = ending.exit_code or report_exit_code(report)
        _say(options, report, outputs)
        code = _record(recording, report, intent) or code
        _warn_unrecorded(options, plan, report, recording)
        _keep_words(report, plan, outputs, code)
        # Last of all: until here a rerun needs to know what was done.
        if not any(report.count(result) for result in (Result.NOT_TRIED, Result.FAILED)):
            journal.end()
    if ending.is_abandoned:
        _leave_at_once(code)
    return code


def _check_report(path: Path | None) -> None:
    """Raise ReconcilerError before the first write, where the report could not be saved."""
    if path is None or path == STDIO:
        return
    try:
        refuse_links(path)
    except OSError as error:
        raise ReconcilerError(
            f"Can't save the report to {path}: {error.strerror}. Name another file."
        ) from None
    if not path.absolute().parent.is_dir():
        raise ReconcilerError(
            f"Can't save the report to {path}: there is no such folder. Name another file."
        )


def _keep_words(report: Report, plan: Plan, outputs: Outputs, code: int) -> None:
    """Hand the report on to a workflow's summary, and to the file that is to hold it."""
    summarise(partial(render_markdown, report))
    if outputs.report is not None:
        text = dump_report(report, fingerprint=fingerprint(plan), exit_code=code)
        _keep_report(text, outputs.report)


def journal_path(options: Options, plan: Plan) -> Path:
    """Return where the journal of *plan* lies by default: every plan has one of its own."""
    name = fingerprint(plan).removeprefix("sha256:")[:24]
    return options.state_folder("journal") / f"{plan.store}-{name}.jsonl"


@contextmanager
def _open_events(path: Path | None, plan: Plan) -> Iterator[list[Events]]:
    """Yield what writes events to *path*, or nothing; raise ReconcilerError where it cannot."""
    if path is None:
        yield []
        return
    stream: TextIO
    try:
        stream = sys.stdout if path == STDIO else open_text(path, "w")
    except OSError as error:
        raise ReconcilerError(f"cannot write events to {path}: {error.strerror}") from None
    events = Events(stream, plan.store)
    events.planned(plan, __version__)
    try:
        yield [events]
    finally:
        if path != STDIO:
            with suppress(OSError):  # nobody is served by an end that fails for its events
                stream.close()


def _begin(recording: Recording | None, plan: Plan, ending: Ending) -> str | None:
    """Put the intent in; nothing may be written before. A signal that came meanwhile ends it."""
    if recording is None or not plan.actions:
        return None
    lasting = timedelta(seconds=2 * plan.requests.seconds + ending.max_seconds)
    intent = recording.begin(lasting, datetime.now(UTC))
    # Before it expires, since another apply may begin then.
    ending.end_within((lasting + GRACE - MARGIN).total_seconds(), "its intent is about to expire")
    if ending.exit_code is not None:
        if not recording.history.resumes:
            recording.take_back(intent)
        raise InterruptedRunError(ending.exit_code)
    return intent


def _execute(
    options: Options,
    plan: Plan,
    client: StoreClient,
    conduct: Conduct,
    earlier: Earlier,
    watchers: list[Watcher | Journal],
) -> Report:
    with make_progress("Applying change", len(plan.actions), client, options) as progress:
        return execute(
            plan,
            client,
            watcher=Watchers([*watchers, progress]),
            parallelism=conduct.parallelism,
            earlier=earlier,
            sleep=lambda seconds: conduct.ending.sleep(seconds * client.scale),
            must_end=conduct.ending.reason,
        )


def _say(options: Options, report: Report, outputs: Outputs) -> None:
    if outputs.takes_stdout:
        return
    try:
        print_lines(render_report(report, verbose=options.verbose), options)
    except OutputError:  # what was done stands, whether it can be printed or not
        print_error("Error: the report cannot be printed. The writes are done: do not repeat them.")


def _record(recording: Recording | None, report: Report, intent: str | None) -> int | None:
    """Put the receipt in; return the exit code of a failure, which is said."""
    if recording is None:
        return None
    try:
        said = recording.finish(report, intent)
    except (HeldError, PushError) as error:
        # Without an intent nothing was to be written, and what is there is as declared.
        if intent is None and isinstance(error, HeldError):
            print_error("Not recorded: another apply has recorded meanwhile.")
            return None
        print_error(f"Error: {error}")
        return INCOMPLETE
    if said:
        print_error(said)
    return None


def _warn_unrecorded(
    options: Options, plan: Plan, report: Report, recording: Recording | None
) -> None:
    """Say so where the next plan will not know what was written, and so would write it again."""
    followed = any(action.rule is Rule.ON_CHANGE for action in plan.actions)
    if recording is None and followed and report.count(Result.APPLIED) and not options.quiet:
        print_error(
            "Warning: this was not recorded, so the next plan takes these changes for new ones and"
            " would put back what sells until then. Apply with --record."
        )


def _keep_report(text: str, path: Path) -> None:
    """Save the report; where that fails the exit code still says what became of the writes."""
    try:
        if path == STDIO:
            print_text(text)
        else:
            save_text(text, path, "the report")
    except ReconcilerError as error:
        print_error(f"Error: {error} The writes are done: do not repeat them.")


def _leave_at_once(code: int) -> None:
    """End the process without waiting for threads that wait for the store."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)


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
