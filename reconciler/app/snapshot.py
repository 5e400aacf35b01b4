"""The shop as it is now: its listing, which of its SKUs are declared, and their stock."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The live state, and which live SKUs the files name."""

    live: LiveState
    named: Named


def until_signal(connection: Connection, read: Callable[[], Answer]) -> Answer:
    """Return what *read* returns; raise InterruptedRunError if a signal came."""
    stop = connection.stop
    try:
        with stop.noticing("reading no further"):
            answer = read()
    except StoppedError:
        if stop.exit_code is None:
            raise
        raise InterruptedRunError(stop.exit_code) from None
    if stop.exit_code is not None:
        raise InterruptedRunError(stop.exit_code or ExitCode.INTERRUPTED)
    return answer


def read_listing(desired: DesiredState, client: StoreClient, connection: Connection) -> Listing:
    """Return the store's listing as it is now; raise InterruptedRunError if a signal came."""
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
    """Return the store's listing, and which of its SKUs each declared one names.

    Before anything is called missing, the listing is read once more.
    """
    settings = desired.settings
    wide = connection.parallelism
    listing = fetch_listing(client, settings.site_id, settings.sku_collection_id, wide)
    matches = match_skus(desired.declared, listing.skus)
    if any(finding.kind is FindingKind.MISSING for finding in matches.findings):
        listing = confirm_listing(client, settings.site_id, listing, wide)
        matches = match_skus(desired.declared, listing.skus)
    return listing, matches


def read_snapshot(  # noqa: PLR0913  what is read, with what, and for whom
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
    """Read the listing, the stock of the SKUs that the files name but *unread*, and orders.

    Unless it *reads_all*, SKUs that no plan would write are left out, too. Orders are read as far
    back as something needs them, or to *since*, whichever is earlier.

    Raises:
        InterruptedRunError: A signal came.
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
    """Return the moment since which orders tell which writes in doubt landed; None without any."""
    pending = base.pending if base else ()
    return min(filter(None, map(doubt_since, pending)), default=None)


def read_needed(
    client: StoreClient,
    listing: Listing,
    skus: Collection[LiveSku],
    connection: Connection,
    reporter: Reporter,
) -> dict[str, Stock]:
    """Return the stock of *skus* by their ids, and show how far the reading is."""
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
    """What the shop had of some SKUs, and when, by its own time."""

    skus: dict[str, Seen]
    at: datetime


def read_stocks(
    context: StoreContext,
    desired: DesiredState,
    connection: Connection,
    reporter: Reporter,
    skus: Collection[str],
) -> SeenStocks:
    """Return what the store has of those of the declared *skus* that it lists.

    The reporter is told of those that it does not have, or cannot tell apart.
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
    """Return the sentence about a SKU that cannot be read."""
    return f"Skipped {finding.sku}: {finding.message} ({finding.source})"
