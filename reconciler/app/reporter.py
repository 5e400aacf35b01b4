"""The interface for messages, progress, and questions. The command line implements it."""

from contextlib import AbstractContextManager
from typing import Protocol

from reconciler.apply.observers import Observer


class Meter(Protocol):
    """Counts of the requests to a shop."""

    @property
    def requests(self) -> int:
        """Return the number of requests sent."""

    @property
    def waiting(self) -> int:
        """Return the number of requests that wait for the rate limit now."""

    @property
    def limit(self) -> int | None:
        """Return the rate limit in requests per minute, None if unknown."""


class Progress(Observer, AbstractContextManager["Progress"], Protocol):
    """Shows the progress of some work. It is called with the number done, or observes actions."""

    def __call__(self, done: int) -> None:
        """Show that *done* are done."""


class Reporter(Protocol):
    """Shows messages and asks questions while a use case runs."""

    def say(self, text: str) -> None:
        """Show a message, even with --quiet."""

    def notice(self, text: str) -> None:
        """Show a message, unless --quiet is given."""

    def result(self, text: str) -> None:
        """Print a line of the result."""

    def progress(self, verb: str, total: int, meter: Meter) -> Progress:
        """Return a progress display for *total* items."""

    def confirm(self, question: str) -> bool:
        """Ask the user, and return True only for the answer `yes`."""
