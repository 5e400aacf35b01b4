"""A recorded apply of A and B, step by step."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from factories import SITE, live, plan_of, stock

from reconciler.app.base import KnownBase, load_base
from reconciler.app.context import StoreContext
from reconciler.app.memory import Memory
from reconciler.app.recording import Recording, start_recording
from reconciler.app.stores import load_store
from reconciler.model import DesiredState, Outcome, Plan, Report, Result

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
CONTEXT = StoreContext("demo", Path("inventory"))
REF = f"refs/reconciler/{SITE}"


@dataclass
class FakeClient:
    """The time and the rate limit of a shop. Its clock only moves if a test moves it."""

    at: datetime = NOW
    scale: float = 1.0
    limit: int | None = 60
    knows_time: bool = True
    asked: list[datetime] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def ask_time(self, site_id: str) -> datetime:
        self.asked.append(self.at)
        return self.at


def known() -> KnownBase:
    return load_base(CONTEXT, load_store(CONTEXT).settings, None, None)


def start(remote: str | None = None) -> Recording:
    """Return a recording of a plan that writes A and B."""
    desired = load_store(CONTEXT)
    return record(desired, plan_of(desired, live({"A": 3, "B": 4})), remote)


def record(desired: DesiredState, plan: Plan, remote: str | None = None) -> Recording:
    base = known()
    memory = Memory(base.repository, remote)
    client: Any = FakeClient()
    recording = start_recording(memory, base, desired, plan, client, lambda _: None)
    assert recording is not None
    return recording


def report(**results: Result) -> Report:
    outcomes = (Outcome(sku, result, stock(3), stock(5)) for sku, result in results.items())
    return Report("demo", tuple(outcomes))


def kind() -> str | None:
    last = known().last
    return last.record.kind.value if last and last.record else None


def begin(recording: Recording) -> str:
    """Announce all actions, and return the intent."""
    recording.announce(recording.plan.actions, {})
    assert recording.tip is not None
    return recording.tip
