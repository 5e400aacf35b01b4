"""Each step of an apply is told to all observers in their order."""

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
    """Keeps what it is told under its name, and may refuse it."""

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
def test_observers_tell_all_in_order(step: str) -> None:
    """The journal, which is first, knows before anything else does."""
    told: Steps = []
    _tell(Observers([Keeping("journal", told), Keeping("events", told)]), step)
    facts = (A, DONE) if step == "finished" else (A,)

    assert told == [("journal", step, *facts), ("events", step, *facts)]


@pytest.mark.parametrize("step", STEPS)
def test_observers_end_at_the_first_that_raises(step: str) -> None:
    """What the journal can't keep is told to nothing after it, and the writer hears of it."""
    told: Steps = []
    full = Keeping("journal", told, JournalError("disk full"))

    with pytest.raises(JournalError, match="disk full"):
        _tell(Observers([full, Keeping("events", told)]), step)
    assert [name for name, *_ in told] == ["journal"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("observer", [NullObserver(), NO_OBSERVER, Observers([NullObserver()])])
def test_null_observer_ignores_every_step(observer: Observer, step: str) -> None:
    """It is a base for observers that care about some steps, so it never raises."""
    _tell(observer, step)
