"""Messages, prompts, and progress of the commands."""

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from reconciler.app.batch import for_each_store
from reconciler.app.context import StoreContext
from reconciler.app.interrupts import StopSignal
from reconciler.app.reporter import Meter, Progress
from reconciler.cli.params import ColorWhen, Duration, GlobalFlags
from reconciler.cli.progress import LineProgress, SilentProgress
from reconciler.cli.streams import print_error, print_text, say_at_once, say_error
from reconciler.exit_codes import ExitCode
from reconciler.render.sanitize import safe_text
from reconciler.render.terminal import Line

if TYPE_CHECKING:
    from reconciler.app.connect import Connection

_STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "bold": {"bold": True},
    "dim": {"dim": True},
    "green": {"fg": "green"},
    "yellow": {"fg": "yellow"},
    "red": {"fg": "red"},
}


def has_terminal() -> bool:
    """Return whether the command can ask for confirmation."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


class Console:
    """The Reporter of use cases: results on stdout, everything else on stderr."""

    def __init__(self, flags: GlobalFlags) -> None:
        self.flags = flags

    def say(self, text: str) -> None:
        """Print a message on stderr, even with --quiet."""
        print_error("\n".join(map(safe_text, text.split("\n"))))

    def notice(self, text: str) -> None:
        """Print a message on stderr, unless --quiet is set."""
        if not self.flags.quiet:
            self.say(text)

    def result(self, text: str) -> None:
        """Print a line of the result on stdout."""
        print_text(f"{safe_text(text)}\n")

    def lines(self, lines: Iterable[Line]) -> None:
        """Print rendered lines on stdout, in color if enabled."""
        colored = wants_color(self.flags.color, sys.stdout)
        for line in lines:
            print_text("".join(_paint(*span, colored=colored) for span in line) + "\n")

    def progress(self, verb: str, total: int, meter: Meter) -> Progress:
        """Return a progress display that fits the terminal."""
        return make_progress(verb, total, meter, quiet=self.flags.quiet)

    def confirm(self, question: str) -> bool:
        """Ask the user, and return True only for the answer `yes`. Enter means no."""
        answer: str = click.prompt(question, default="", show_default=False, err=True)
        return answer.strip() == "yes"

    def connection(
        self, token_file: Path | None, parallelism: int, duration: Duration | None = None
    ) -> "Connection":
        """Return a connection to shops that ends at a signal, or after *duration*."""
        limits = (duration.seconds, duration.text) if duration else ()
        connect = import_module("reconciler.app.connect")  # loaded only if a shop is contacted
        made: Connection = connect.Connection(
            token_file, parallelism, StopSignal(say_at_once, *limits)
        )
        return made

    def for_each_store(self, work: Callable[[StoreContext], ExitCode]) -> ExitCode:
        """Do *work* for the selected store, or for several, one after the other."""
        if not self.flags.means_several:
            return work(self.flags.one_store())
        return for_each_store(self.flags.stores(), self, work, say_error)


def _paint(text: str, style: str, *, colored: bool) -> str:
    return click.style(text, **_STYLES[style]) if colored and style else text


def wants_color(when: ColorWhen, stream: TextIO) -> bool:
    """Return whether to use color, by --color, else by environment and terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def make_progress(verb: str, total: int, meter: Meter, *, quiet: bool) -> Progress:
    """Return a progress bar on a terminal, else lines every ten seconds."""
    if quiet:
        return SilentProgress(verb, total, meter)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        terminal = import_module("reconciler.cli.terminal")  # loaded only for a terminal
        progress: Progress = terminal.TerminalProgress(verb, total, meter)
        return progress
    return LineProgress(verb, total, meter)
