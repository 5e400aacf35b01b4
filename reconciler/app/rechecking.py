"""Check a saved plan against the shop, where no read before a write would notice a mistake."""

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
    """Raise StalePlanError unless a saved plan still fits the files, git, and the shop.

    The live stock of each SKU is compared later, before its write.
    """
    if not saved.sku_ids:
        return
    listing = _read_targets(saved, scope, client, connection)
    try:
        if listing is not None:
            _check_names(saved, scope, listing, client)
    except StalePlanError:
        listing = None  # the complete listing may differ from the few products
    if listing is None:
        listing = read_listing(scope.desired, client, connection)
        _check_names(saved, scope, listing, client)
    _recheck_orders(saved, scope, listing, client, connection, reporter)


def _check_names(saved: Plan, scope: Scope, listing: Listing, client: StoreClient) -> None:
    """Raise StalePlanError if a key now means another SKU, or has other events."""
    check_targets(saved, scope.desired, listing)
    base = scope.known.base
    known = with_recovered(base, saved.recovered) if base else None
    live = LiveState(listing, {}, 0, None, format_time(client.now()))
    check_events(saved, scope.desired, known, live)


def _recheck_orders(
    saved: Plan,
    scope: Scope,
    listing: Listing,
    client: StoreClient,
    connection: Connection,
    reporter: Reporter,
) -> None:
    """Check the sales since counts and the resolved writes in doubt of a plan, from the orders.

    A level is compared right before its write. But a correction is added to any stock, and a write
    in doubt is not written at all, so a forged plan file would go unnoticed.

    Raises:
        StalePlanError: Stock and orders don't confirm the plan.
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
    """Return the products of the plan's SKUs; None if the complete listing is needed.

    If a product lacks its SKU, the plan file may be wrong, or the SKU moved to another product.
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
    """Return whether all keys of the plan's events are codes of SKUs *found*.

    If not, another SKU of the shop may have that code.
    """
    keys = {key for one in saved.ledgers for key in one.keys}
    codes = {sku.code for sku in found.skus}
    declared = scope.desired.declared
    named = (one.sku for one in scope.desired.events if one.sku in keys)
    return all((declared[key].code if key in declared else key) in codes for key in named)
