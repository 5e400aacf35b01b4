"""Lines and texts → stdout, errors and progress → stderr. A reader that went away is no error."""

import contextlib
import os
import select
import sys
from collections.abc import Iterable
from typing import Any, TextIO

import click

from reconciler.cli.options import ColorWhen, Options
from reconciler.errors import InputError, OutputError, ReconcilerError
from reconciler.masking import mask
from reconciler.render.sanitize import safe_text
from reconciler.render.terminal import Line

_STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "bold": {"bold": True},
    "dim": {"dim": True},
    "green": {"fg": "green"},
    "yellow": {"fg": "yellow"},
    "red": {"fg": "red"},
}


def prepare_streams() -> None:
    """Make stdout and stderr take any text, also where they were closed before we came (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        getattr(sys, name).reconfigure(errors="backslashreplace")


def has_terminal() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def print_lines(lines: Iterable[Line], options: Options) -> None:
    """Print rendered lines on stdout, coloured where that is wanted."""
    colored = wants_color(options.color, sys.stdout)
    for line in lines:
        print_text("".join(_paint(*span, colored=colored) for span in line) + "\n")


def _paint(text: str, style: str, *, colored: bool) -> str:
    return click.style(text, **_STYLES[style]) if colored and style else text


def print_text(text: str, *, masks: bool = True) -> None:
    """Print *text* on stdout, without tokens unless *masks* is off.

    When the reader has gone (`| head`), the rest goes nowhere and the run goes on: an apply must
    not stop half way because nobody listens. Raises OutputError where it cannot be written for
    another reason.
    """
    stream = sys.stdout
    try:
        stream.write(mask(text) if masks else text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise OutputError(
            f"cannot print all of it: {error.strerror}; make room and run again"
        ) from None


def _discard(stream: TextIO) -> None:
    """Let what is still to come on *stream*, its own buffer included, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_error(text: str, end: str = "\n") -> None:
    """Print *text* on stderr, if it takes it: nothing stops because nobody can be told."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        sys.stderr.write(f"{mask(text)}{end}")
        sys.stderr.flush()


def say_error(error: ReconcilerError) -> None:
    """Say on stderr what went wrong: each problem of an input, else the error with its notes."""
    if isinstance(error, InputError):
        for problem in error.problems:
            print_error(safe_text(str(problem)))
        return
    notes = "".join(f"\n  {safe_text(note)}" for note in getattr(error, "__notes__", ()))
    print_error(f"Error: {safe_text(str(error))}{notes}")


def say_at_once(text: str) -> None:
    """Say *text* on stderr from a signal handler, which may have cut into printing."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [2], [], 0)[1]:
            os.write(2, f"{text}\n".encode())


def wants_color(when: ColorWhen, stream: TextIO) -> bool:
    """Return whether to colour: as --color says, else as the environment and the terminal do."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
