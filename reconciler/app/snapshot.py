"""The shop as it is now: its listing, which of its SKUs are declared, and their stock."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.errors import InterruptedRunError, StoppedError
from reconciler.exit_codes import ExitCode
from reconciler.model import (
    DesiredState,
    Finding,
    FindingKind,
    Listing,
    LiveSku,
    LiveState,
    Seen,
    Stock,
)
from reconciler.plan.match import Matches, match_skus
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import confirm_listing, fetch_listing, fetch_stocks

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The live state, and which live SKU each declared one names."""

    live: LiveState
    matches: Matches


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
        connection, lambda: fetch_listing(client, settings.site_id, settings.sku_collection_id)
    )


def list_and_match(desired: DesiredState, client: StoreClient) -> tuple[Listing, Matches]:
    """Return the store's listing, and which of its SKUs each declared one names.

    Before anything is called missing, the listing is read once more.
    """
    settings = desired.settings
    listing = fetch_listing(client, settings.site_id, settings.sku_collection_id)
    matches = match_skus(desired.declared, listing.skus)
    if any(finding.kind is FindingKind.MISSING for finding in matches.findings):
        listing = confirm_listing(client, settings.site_id, listing)
        matches = match_skus(desired.declared, listing.skus)
    return listing, matches


def read_snapshot(
    desired: DesiredState,
    client: StoreClient,
    connection: Connection,
    reporter: Reporter,
    unread: Collection[str] = (),
) -> Snapshot:
    """Read the listing and the stock of the declared SKUs but *unread*.

    Raises InterruptedRunError if a signal came.
    """

    def read() -> Snapshot:
        listing, matches = list_and_match(desired, client)
        needed = [sku for name, sku in matches.live.items() if name not in unread]
        stocks = read_needed(client, listing, needed, connection, reporter)
        return Snapshot(LiveState(listing, stocks, client.requests, client.limit), matches)

    return until_signal(connection, read)


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


def read_stocks(
    context: StoreContext,
    desired: DesiredState,
    connection: Connection,
    reporter: Reporter,
    skus: Collection[str],
) -> dict[str, Seen]:
    """Return what the store has of those of the declared *skus* that it lists.

    The reporter is told of those that it does not have, or cannot tell apart.
    """
    unread = desired.declared.keys() - set(skus)
    with open_store(context, desired.settings, connection) as client:
        snapshot = read_snapshot(desired, client, connection, reporter, unread)
    matches = snapshot.matches
    for finding in matches.findings:
        if finding.kind.is_error and finding.sku in skus:
            reporter.say(left_alone(finding))
    stocks = snapshot.live.stocks
    ids = {sku: matches.live[sku].sku_id for sku in skus if sku in matches.live}
    return {sku: Seen(stocks[sku_id], sku_id) for sku, sku_id in ids.items() if sku_id in stocks}


def left_alone(finding: Finding) -> str:
    """Return the sentence about a SKU that cannot be read."""
    return f"Left alone: {finding.sku}: {finding.message} ({finding.source})"
