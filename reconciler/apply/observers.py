"""Who is told of each step of an apply: the journal, the events, the progress."""

from collections.abc import Sequence
from typing import Protocol

from reconciler.model import Action, Outcome


class Watcher(Protocol):
    """Is told by the thread that takes a step; several may be at once."""

    def begun(self, action: Action) -> None:
        """Take note that *action* is begun: its SKU is read."""

    def sending(self, action: Action) -> None:
        """Take note that the write of *action* is about to be sent.

        Raises JournalError where that cannot be kept; then it is not sent.
        """

    def settled(self, action: Action, outcome: Outcome) -> None:
        """Take note of what became of *action*; raise JournalError where it cannot be kept."""


class Watchers:
    """Tells all of several watchers; the first are told first."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self._watchers = watchers

    def begun(self, action: Action) -> None:
        """Tell all."""
        for watcher in self._watchers:
            watcher.begun(action)

    def sending(self, action: Action) -> None:
        """Tell all; the first that raises ends it."""
        for watcher in self._watchers:
            watcher.sending(action)

    def settled(self, action: Action, outcome: Outcome) -> None:
        """Tell all; the first that raises ends it."""
        for watcher in self._watchers:
            watcher.settled(action, outcome)


NOBODY = Watchers(())
