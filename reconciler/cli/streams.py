"""Print on stdout and stderr with tokens masked. A closed pipe is not an error."""

import contextlib
import os
import select
import sys
import traceback
from collections.abc import Iterator
from typing import TextIO

from reconciler.errors import InputError, OutputError, Problem, ReconcilerError
from reconciler.masking import mask
from reconciler.render.sanitize import safe_text


def prepare_streams() -> None:
    """Make stdout and stderr accept any text, also if they are closed (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        getattr(sys, name).reconfigure(errors="backslashreplace")


def print_text(text: str, *, masks: bool = True) -> None:
    """Print *text* on stdout, without tokens unless *masks* is off.

    If the reader has closed the pipe (`| head`), the rest is dropped and the run continues, because
    an apply must not stop halfway.

    Raises:
        OutputError: The text can't be written for another reason, like a full disk.
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
            f"Can't print everything: {error.strerror}. Free some space, and run again."
        ) from None


def _discard(stream: TextIO) -> None:
    """Send the rest of *stream*, including its buffer, to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_error(text: str, end: str = "\n") -> None:
    """Print *text* on stderr, and ignore a closed stderr."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        sys.stderr.write(f"{mask(text)}{end}")
        sys.stderr.flush()


def problem_lines(problem: Problem) -> Iterator[str]:
    """Yield the lines of a problem, and the replacement lines for the file."""
    yield safe_text(str(problem))
    for line in problem.paste:
        yield f"    {safe_text(line)}"


def say_error(error: ReconcilerError) -> None:
    """Print an error on stderr: each problem of an input, or the error with its notes."""
    if isinstance(error, InputError):
        for problem in error.problems:
            for line in problem_lines(problem):
                print_error(line)
        return
    notes = "".join(f"\n  {safe_text(note)}" for note in getattr(error, "__notes__", ()))
    print_error(f"Error [{error.code}]: {safe_text(str(error))}{notes}")


def say_unexpected(error: Exception, *, verbose: bool) -> None:
    """Print an unexpected error in one line; with *verbose* also its traceback."""
    if verbose:
        for line in "".join(traceback.format_exception(error)).splitlines():
            print_error(safe_text(line))
    if isinstance(error, OSError | MemoryError):  # a problem of the machine, not a bug
        reason = safe_text(str(error)) or "Out of memory"
        print_error(f"Error: {reason}. Fix this, and run again.")
        return
    hint = "" if verbose else " Run again with -v to see where, and report it."
    print_error(f"Error: unexpected {type(error).__name__}: {safe_text(str(error))}.{hint}")


def say_at_once(text: str) -> None:
    """Print *text* on stderr from a signal handler, which may interrupt other output."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [2], [], 0)[1]:
            os.write(2, f"{text}\n".encode())
