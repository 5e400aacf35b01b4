"""Exit codes, and the worst of several."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all commands. README.md explains them."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    MOVED = 3
    LIMIT = 4
    INCOMPLETE = 5
    USAGE = 64
    INPUT = 65
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def is_interruption(self) -> bool:
        """Whether a signal ended the command."""
        return self in {ExitCode.HUNG_UP, ExitCode.INTERRUPTED, ExitCode.TERMINATED}


# From the worst to the best.
_SEVERITY = (
    ExitCode.USAGE,
    ExitCode.HUNG_UP,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.INCOMPLETE,
    ExitCode.FAILED,
    ExitCode.INPUT,
    ExitCode.LIMIT,
    ExitCode.MOVED,
    ExitCode.CHANGES,
    ExitCode.DONE,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the worst exit code."""
    return min(codes, key=_SEVERITY.index)
