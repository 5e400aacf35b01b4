"""Read the live state of the shop: its listing, and the stock of the declared SKUs."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext
from reconciler.app.orders import read_stocks_and_orders
from reconciler.app.reporter import Reporter
from reconciler.errors import InterruptedRunError, StoppedError
from reconciler.exit_codes import ExitCode
from reconciler.model import (
    Base,
    DesiredState,
    Finding,
    FindingKind,
    Listing,
    LiveSku,
    LiveState,
    Seen,
    Stock,
    format_time,
)
from reconciler.plan.match import Matches, match_skus
from reconciler.plan.naming import Named, name_skus
from reconciler.plan.recovery import doubt_since
from reconciler.plan.resting import find_unneeded
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import confirm_listing, fetch_listing, fetch_stocks

Answer = TypeVar("Answer")


class Snapshot(Struct, frozen=True):
    """The live state, and the live SKUs that the files name."""

    live: LiveState
    named: Named


def until_signal(connection: Connection, read: Callable[[], Answer]) -> Answer:
    """Return what *read* returns; raise InterruptedRunError after a signal."""
    stop = connection.stop
    try:
        with stop.noticing("no further SKU is read"):
            answer = read()
    except StoppedError:
        if stop.exit_code is None:
            raise
        raise InterruptedRunError(stop.exit_code) from None
    if stop.exit_code is not None:
        raise InterruptedRunError(stop.exit_code or ExitCode.INTERRUPTED)
    return answer


def read_listing(desired: DesiredState, client: StoreClient, connection: Connection) -> Listing:
    """Return the shop's current listing; raise InterruptedRunError after a signal."""
    settings = desired.settings
    return until_signal(
        connection,
        lambda: fetch_listing(
            client, settings.site_id, settings.sku_collection_id, connection.parallelism
        ),
    )


def list_and_match(
    desired: DesiredState, client: StoreClient, connection: Connection
) -> tuple[Listing, Matches]:
    """Return the shop's listing, and the live SKU of each declared one.

    If a SKU is missing, the listing is read once more.
    """
    settings = desired.settings
    wide = connection.parallelism
    listing = fetch_listing(client, settings.site_id, settings.sku_collection_id, wide)
    matches = match_skus(desired.declared, listing)
    if any(finding.kind is FindingKind.MISSING for finding in matches.findings):
        listing = confirm_listing(client, settings.site_id, listing, wide)
        matches = match_skus(desired.declared, listing)
    return listing, matches


def read_snapshot(  # noqa: PLR0913  the inputs of one read
    desired: DesiredState,
    base: Base | None,
    client: StoreClient,
    connection: Connection,
    reporter: Reporter,
    unread: Collection[str] = (),
    *,
    since: str | None = None,
    reads_all: bool = True,
) -> Snapshot:
    """Read the listing, the stock of the SKUs that the files name except *unread*, and orders.

    Without *reads_all*, SKUs that can't need a write are not read. Orders are read as far back as
    they are needed, at least to *since*.

    Raises:
        InterruptedRunError: A signal arrived.
    """

    def read() -> Snapshot:
        listing, matches = list_and_match(desired, client, connection)
        now = format_time(client.now())
        named = name_skus(desired, base, listing, matches, now)
        if not reads_all:
            named = replace(named, resting=find_unneeded(desired, base, matches))
        moments = (since, named.accounts.sold_since, pending_since(base))
        found = read_stocks_and_orders(
            client,
            desired.settings.site_id,
            min(filter(None, moments), default=None),
            named.find_needed(unread),
            lambda skus: read_needed(client, listing, skus, connection, reporter),
        )
        until = format_time(client.now())
        live = LiveState(
            listing, found.stocks, client.requests, client.limit, now, found.orders, until
        )
        return Snapshot(live, named)

    return until_signal(connection, read)


def pending_since(base: Base | None) -> str | None:
    """Return the time since which orders are needed to resolve writes in doubt, or None."""
    pending = base.pending if base else ()
    return min(filter(None, map(doubt_since, pending)), default=None)


def read_needed(
    client: StoreClient,
    listing: Listing,
    skus: Collection[LiveSku],
    connection: Connection,
    reporter: Reporter,
) -> dict[str, Stock]:
    """Return the stock of *skus* by their ids, and show the progress."""
    with reporter.progress("Reading SKU", len(skus), client) as progress:
        return fetch_stocks(
            client,
            listing.collection_id,
            skus,
            connection.parallelism,
            progress,
            connection.stop.reason,
        )


class SeenStocks(NamedTuple):
    """The stock of some SKUs, and the time of the read by the shop's clock."""

    skus: dict[str, Seen]
    at: datetime


def read_stocks(
    context: StoreContext,
    desired: DesiredState,
    connection: Connection,
    reporter: Reporter,
    skus: Collection[str],
) -> SeenStocks:
    """Return the live stock of those of the declared *skus* that the shop has.

    The *reporter* names those that are missing or ambiguous.
    """
    unread = desired.declared.keys() - set(skus)
    with open_store(context, desired.settings, connection) as client:
        snapshot = read_snapshot(desired, None, client, connection, reporter, unread)
    matches = snapshot.named.matches
    for finding in matches.findings:
        if finding.kind.is_error and finding.sku in skus:
            reporter.say(left_alone(finding))
    stocks = snapshot.live.stocks
    ids = {sku: matches.live[sku].sku_id for sku in skus if sku in matches.live}
    seen = {sku: Seen(stocks[sku_id], sku_id) for sku, sku_id in ids.items() if sku_id in stocks}
    return SeenStocks(seen, datetime.fromisoformat(snapshot.live.now))


def left_alone(finding: Finding) -> str:
    """Return a message about a SKU that can't be read."""
    return f"Skipped {finding.sku}: {finding.message} ({finding.source})"
