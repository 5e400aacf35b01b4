"""A saved plan × the shop now → whether the plan says the truth where no write would notice."""

from reconciler.app.connect import Connection
from reconciler.app.orders import read_stocks_and_orders
from reconciler.app.planning import Scope
from reconciler.app.reporter import Reporter
from reconciler.app.snapshot import pending_since, read_needed, until_signal
from reconciler.model import Listing, LiveState, Plan, format_time
from reconciler.plan.verify import check_told
from reconciler.webflow.client import StoreClient


def recheck_told(
    saved: Plan,
    scope: Scope,
    listing: Listing,
    client: StoreClient,
    connection: Connection,
    reporter: Reporter,
) -> None:
    """Read again what the plan says was sold since counts, and became of writes in doubt.

    A level is compared right before it is written. A correction is added to whatever is there, and
    a write in doubt is not written at all, so a plan file could lie about them.

    Raises:
        StalePlanError: Stock and orders don't say so, or not any more.
    """
    counts = {
        one.target.sku_id: one.sold_since.since
        for one in saved.actions
        if one.sold_since is not None and one.correction is not None
    }
    wanted = [one for one in listing.skus if one.sku_id in counts.keys() | saved.recovered.told]
    if not wanted:
        return
    base = scope.known.base
    moments = (pending_since(base), *counts.values())

    def read() -> LiveState:
        now = format_time(client.now())
        found = read_stocks_and_orders(
            client,
            saved.site_id,
            min(filter(None, moments), default=None),
            wanted,
            lambda skus: read_needed(client, listing, skus, connection, reporter),
        )
        until = format_time(client.now())
        return LiveState(listing, found.stocks, 0, None, now, found.orders, until)

    check_told(saved, scope.desired, base, until_signal(connection, read))
