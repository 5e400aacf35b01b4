"""Observers of an apply: the journal, the event log, and the progress display."""

from collections.abc import Sequence
from typing import Protocol

from reconciler.model import Action, Outcome


class Observer(Protocol):
    """Is called by the thread that takes a step. Several threads may call at once."""

    def begun(self, action: Action) -> None:
        """Handle the start of *action*, before its SKU is read."""

    def sending(self, action: Action) -> None:
        """Handle that the write of *action* is about to be sent.

        Raises:
            JournalError: This can't be saved. The write is not sent.
        """

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Handle the outcome of *action*; raise JournalError if it can't be saved."""


class NullObserver:
    """Ignores every step. A base class for observers of some steps."""

    def begun(self, action: Action) -> None:
        """Do nothing."""

    def sending(self, action: Action) -> None:
        """Do nothing."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Do nothing."""


class Observers:
    """Calls several observers, in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def begun(self, action: Action) -> None:
        """Call all."""
        for observer in self._observers:
            observer.begun(action)

    def sending(self, action: Action) -> None:
        """Call all, up to the first that raises."""
        for observer in self._observers:
            observer.sending(action)

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Call all, up to the first that raises."""
        for observer in self._observers:
            observer.finished(action, outcome)


NO_OBSERVER = Observers(())
