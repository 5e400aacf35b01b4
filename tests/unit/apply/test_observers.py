"""Observers are called in order for each step of an apply."""

import pytest
from factories import action

from reconciler.apply.observers import NO_OBSERVER, NullObserver, Observer, Observers
from reconciler.errors import JournalError
from reconciler.model import Action, Outcome, Result

A = action("A")
DONE = Outcome("A", Result.APPLIED, A.before, A.after, A.after)
STEPS = ["begun", "sending", "finished"]
Steps = list[tuple[object, ...]]


class Keeping:
    """Keeps its calls under its name, and can raise an error."""

    def __init__(self, name: str, told: Steps, error: Exception | None = None) -> None:
        self._name, self._told, self._error = name, told, error

    def begun(self, action: Action) -> None:
        self._keep("begun", action)

    def sending(self, action: Action) -> None:
        self._keep("sending", action)

    def finished(self, action: Action, outcome: Outcome) -> None:
        self._keep("finished", action, outcome)

    def _keep(self, *step: object) -> None:
        self._told.append((self._name, *step))
        if self._error:
            raise self._error


def _tell(observer: Observer, step: str) -> None:
    if step == "finished":
        observer.finished(A, DONE)
    elif step == "sending":
        observer.sending(A)
    else:
        observer.begun(A)


@pytest.mark.parametrize("step", STEPS)
def test_observers_are_called_in_order(step: str) -> None:
    """The journal is first."""
    told: Steps = []
    _tell(Observers([Keeping("journal", told), Keeping("events", told)]), step)
    facts = (A, DONE) if step == "finished" else (A,)

    assert told == [("journal", step, *facts), ("events", step, *facts)]


@pytest.mark.parametrize("step", STEPS)
def test_observers_stop_at_the_first_error(step: str) -> None:
    """After an error of the journal, no other observer is called, and the caller gets the error."""
    told: Steps = []
    full = Keeping("journal", told, JournalError("disk full"))

    with pytest.raises(JournalError, match="disk full"):
        _tell(Observers([full, Keeping("events", told)]), step)
    assert [name for name, *_ in told] == ["journal"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("observer", [NullObserver(), NO_OBSERVER, Observers([NullObserver()])])
def test_null_observer_ignores_every_step(observer: Observer, step: str) -> None:
    """A base class for observers of some steps, so it never raises."""
    _tell(observer, step)
