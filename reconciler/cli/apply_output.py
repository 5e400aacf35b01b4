"""The outputs of `apply`: stdout, the step summary, the report, and events."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from msgspec import Struct

from reconciler import __version__
from reconciler.app.step import add_summary
from reconciler.apply.event_log import Events
from reconciler.apply.report_file import dump_report
from reconciler.atomic_files import open_text, refuse_links
from reconciler.cli.console import Console
from reconciler.cli.output import STDIO, print_plan, save_text, store_path
from reconciler.cli.streams import print_text
from reconciler.errors import OutputError, ReconcilerError, UsageError
from reconciler.exit_codes import ExitCode
from reconciler.model import Plan, Report
from reconciler.plan.plan_file import fingerprint
from reconciler.render.markdown import render_report as render_markdown
from reconciler.render.terminal import render_report


class Outputs(Struct, frozen=True):
    """The output files. None means no file, or the default."""

    console: Console
    journal: Path | None
    report: Path | None
    events: Path | None

    def require_apart(self) -> None:
        """Raise UsageError if two of them name one stream or file."""
        named = [path for path in (self.journal, self.report, self.events) if path is not None]
        if len(named) > len({path.absolute() for path in named}):
            raise UsageError(
                "Two of --journal, --report, and --events name the same file or stream."
            )
        if self.journal == STDIO:
            raise UsageError("The journal must be a regular file. Name one with --journal.")

    def of_store(self, name: str) -> "Outputs":
        """Return the outputs of one of several stores, in the named folders."""
        journal = self.journal / f"{name}.jsonl" if self.journal else None
        report, events = store_path(self.report, name), store_path(self.events, name)
        return Outputs(self.console, journal, report, events)

    @property
    def takes_stdout(self) -> bool:
        """Whether a program reads stdout, so that text for people goes to stderr."""
        return STDIO in {self.report, self.events}

    def check(self) -> None:
        """Raise ReconcilerError before the first write if the report can't be saved."""
        path = self.report
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

    @contextmanager
    def open_events(self, plan: Plan) -> Iterator[Sequence[Events]]:
        """Yield the writer of events, if any. Raises ReconcilerError if it can't be opened."""
        path = self.events
        if path is None:
            yield ()
            return
        stream: TextIO
        try:
            stream = sys.stdout if path == STDIO else open_text(path, "w")
        except OSError as error:
            raise ReconcilerError(
                f"Can't write events to {path}: {error.strerror}. Name another file."
            ) from None
        events = Events(stream, plan.store)
        events.planned(plan, __version__)
        try:
            yield (events,)
        finally:
            if path != STDIO:
                with suppress(OSError):  # a failed end event must not hide the report
                    stream.close()

    def show_plan(self, plan: Plan) -> None:
        """Print a new plan, unless a program reads stdout."""
        if not self.takes_stdout:
            print_plan(plan, "text", self.console)

    def show_report(self, report: Report) -> None:
        """Print the outcome of each action, unless a program reads stdout."""
        if self.takes_stdout:
            return
        try:
            self.console.lines(render_report(report, verbose=self.console.flags.verbose))
        except OutputError:  # the exit code must report the writes
            self.console.say(
                "Error: Can't print the report. The writes are done. Don't repeat them."
            )

    def keep_report(self, report: Report, plan: Plan, code: ExitCode) -> None:
        """Add the report to the step summary, and save it.

        A failure is printed. The exit code still reports the writes.
        """
        try:
            add_summary(partial(render_markdown, report))
        except ReconcilerError as error:
            self.console.say(f"Error: {error} The writes are done. Don't repeat them.")
        if self.report is None:
            return
        text = dump_report(report, fingerprint=fingerprint(plan), exit_code=code)
        try:
            if self.report == STDIO:
                print_text(text)
            else:
                save_text(text, self.report, "the report")
        except ReconcilerError as error:
            self.console.say(f"Error: {error} The writes are done. Don't repeat them.")
