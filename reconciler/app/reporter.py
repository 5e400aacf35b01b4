"""How use cases speak to people: notices, progress, questions. The command line implements it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from reconciler.apply.observers import Observer


class Meter(Protocol):
    """What is known of the requests to a shop."""

    @property
    def requests(self) -> int:
        """Return how many were sent."""

    @property
    def waiting(self) -> int:
        """Return how many wait for the rate limit now."""

    @property
    def limit(self) -> int | None:
        """Return how many a minute the shop allows, if it said so."""


class Progress(Observer, AbstractContextManager["Progress"], Protocol):
    """Shows how far some work is; it is called with how many are done, or observes actions."""

    def __call__(self, done: int) -> None:
        """Show that *done* are done."""


class Reporter(Protocol):
    """Tells people what happens while a use case runs, and asks them."""

    def say(self, text: str) -> None:
        """Tell something that people must know, also if they asked for quiet."""

    def notice(self, text: str) -> None:
        """Tell something that helps."""

    def result(self, text: str) -> None:
        """Print a line of the result."""

    def progress(self, verb: str, total: int, meter: Meter) -> Progress:
        """Return what shows how many of *total* are done."""

    def confirm(self, question: str) -> bool:
        """Ask the user, and return True only for the answer `yes`."""


Announce = Callable[[str], None]
