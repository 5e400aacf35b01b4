"""`plan`: compare the desired, the last applied, and the live state."""

from msgspec.structs import replace

from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.app.scope import Scope
from reconciler.app.snapshot import read_snapshot
from reconciler.model import Plan
from reconciler.plan.places import find_places
from reconciler.plan.planner import compute_plan
from reconciler.webflow.client import StoreClient


def plan_store(
    context: StoreContext, scope: Scope, connection: Connection, reporter: Reporter
) -> Plan:
    """Return the plan of one store, without writing anything.

    Raises:
        NoBaseError: A rule needs a base, and there is none.
        InterruptedRunError: A signal arrived.
        StoreError: The shop can't be read.
    """
    scope.require_knowledge()
    with open_store(context, scope.desired.settings, connection) as client:
        return make_plan(scope, client, connection, reporter)


def make_plan(
    scope: Scope, client: StoreClient, connection: Connection, reporter: Reporter
) -> Plan:
    """Read the stock that the plan needs, and compute the plan."""
    scope.require_knowledge()
    base = scope.known.base
    snapshot = read_snapshot(
        scope.desired,
        base,
        client,
        connection,
        reporter,
        scope.unread,
        reads_all=scope.reads_all,
    )
    live = snapshot.live
    provenance = replace(scope.provenance(), read_at=live.now, read_until=live.until)
    plan = compute_plan(
        scope.desired, live, base, provenance, named=snapshot.named, unread=scope.unread
    )
    return replace(plan, places=find_places(plan.sku_ids, live.listing))
