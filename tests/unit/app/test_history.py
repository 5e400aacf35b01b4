"""`read_history`: which times its events have."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from factories import SITE, Workspace
from unit.app.collecting import CollectingReporter

from reconciler.app.context import StoreContext
from reconciler.app.history import read_history
from reconciler.desired.observations import write_observation
from reconciler.model import finite
from reconciler.model.desired import Seen
from reconciler.model.history import HistoryKind


def test_read_history_observation_rounded_up_is_not_after_its_commit(workspace: Workspace) -> None:
    """A reading is recorded in full seconds, so it may be a second later than its commit."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n")
    workspace.declare({"A": 5})
    later = datetime.now(UTC) + timedelta(seconds=2)
    name, text = write_observation({"A": Seen(finite(5), "a" * 24)}, later)
    workspace.write(f"inventory/demo/{name}", text)
    workspace.commit("import")
    workspace.declare({"A": 7})
    workspace.commit("raise")
    history = read_history(StoreContext("demo", Path("inventory")), "A", CollectingReporter())
    kinds = [event.kind for event in history.events]
    seen, declared, raised = (event.at for event in history.events)

    assert kinds == [HistoryKind.OBSERVED, HistoryKind.DECLARED, HistoryKind.DECLARED]
    assert seen == declared <= raised
