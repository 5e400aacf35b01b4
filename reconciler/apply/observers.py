"""Who is told of each step of an apply: the journal, the events, the progress."""

from collections.abc import Sequence
from typing import Protocol

from reconciler.model import Action, Outcome


class Observer(Protocol):
    """Is told by the thread that takes a step; several may be at once."""

    def begun(self, action: Action) -> None:
        """Take note that *action* is begun: its SKU is read."""

    def sending(self, action: Action) -> None:
        """Take note that the write of *action* is about to be sent.

        Raises JournalError where that cannot be kept; then it is not sent.
        """

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Take note of what became of *action*; raise JournalError where it cannot be kept."""


class NullObserver:
    """Ignores every step; a base for observers that care about some."""

    def begun(self, action: Action) -> None:
        """Ignore that *action* is begun."""

    def sending(self, action: Action) -> None:
        """Ignore that a write is about to be sent."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Ignore what happened to *action*."""


class Observers:
    """Tells all of several observers; the first are told first."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def begun(self, action: Action) -> None:
        """Tell all."""
        for observer in self._observers:
            observer.begun(action)

    def sending(self, action: Action) -> None:
        """Tell all; the first that raises ends it."""
        for observer in self._observers:
            observer.sending(action)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Tell all; the first that raises ends it."""
        for observer in self._observers:
            observer.finished(action, outcome)


NO_OBSERVER = Observers(())
