"""A saved plan × the shop now → whether the plan says the truth where no write would notice."""

from reconciler.app.connect import Connection
from reconciler.app.orders import read_stocks_and_orders
from reconciler.app.reporter import Reporter
from reconciler.app.scope import Scope
from reconciler.app.snapshot import pending_since, read_listing, read_needed, until_signal
from reconciler.errors import StalePlanError
from reconciler.model import Listing, LiveState, Plan, format_time
from reconciler.plan.recovery import with_recovered
from reconciler.plan.verify import check_events, check_targets, check_told
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import fetch_products


def recheck_saved(
    saved: Plan, scope: Scope, client: StoreClient, connection: Connection, reporter: Reporter
) -> None:
    """Raise StalePlanError unless a saved plan still follows from the files, git, and the shop.

    Live stock is compared later, SKU by SKU, before each write.
    """
    if not saved.sku_ids:
        return
    listing = _read_targets(saved, scope, client, connection)
    try:
        if listing is not None:
            _check_names(saved, scope, listing, client)
    except StalePlanError:
        listing = None  # what a few products don't tell, the whole listing may
    if listing is None:
        listing = read_listing(scope.desired, client, connection)
        _check_names(saved, scope, listing, client)
    _recheck_told(saved, scope, listing, client, connection, reporter)


def _check_names(saved: Plan, scope: Scope, listing: Listing, client: StoreClient) -> None:
    """Raise StalePlanError where a SKU is another one by now, or has other events."""
    check_targets(saved, scope.desired, listing)
    base = scope.known.base
    known = with_recovered(base, saved.recovered) if base else None
    live = LiveState(listing, {}, 0, None, format_time(client.now()))
    check_events(saved, scope.desired, known, live)


def _recheck_told(
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


def _read_targets(
    saved: Plan, scope: Scope, client: StoreClient, connection: Connection
) -> Listing | None:
    """Return the products of the SKUs that a plan deals with; None where the listing must tell.

    A product that lacks its SKU may be a lie of the plan file, or the SKU went to another one.
    """
    settings = scope.desired.settings
    if not saved.places or {one.sku_id for one in saved.places} != saved.sku_ids:
        return None
    products = sorted({one.product_id for one in saved.places})

    def read() -> Listing:
        return fetch_products(
            client, settings.site_id, settings.sku_collection_id, products, connection.parallelism
        )

    found = until_signal(connection, read)
    is_whole = saved.sku_ids <= {sku.sku_id for sku in found.skus}
    return found if is_whole and _names_events(saved, scope, found) else None


def _names_events(saved: Plan, scope: Scope, found: Listing) -> bool:
    """Return whether each key of the events that a plan deals with is the code of a SKU *found*.

    Another SKU of the shop may have the code of one that is not.
    """
    keys = {key for one in saved.ledgers for key in one.keys}
    codes = {sku.code for sku in found.skus}
    declared = scope.desired.declared
    named = (one.sku for one in scope.desired.events if one.sku in keys)
    return all((declared[key].code if key in declared else key) in codes for key in named)
