"""The wiring of the stages that plan and apply share."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from reconciler.cli.options import Options
from reconciler.cli.progress import Progress
from reconciler.cli.signals import Ending
from reconciler.desired.digest import compute_digest
from reconciler.errors import InterruptedRunError, StoppedError, UsageError
from reconciler.live.client import StoreClient
from reconciler.live.fetch import fetch_listing, fetch_stocks
from reconciler.live.pace import WINDOW, Pace
from reconciler.live.token import Token, load_address, load_token
from reconciler.model import Backend, DesiredState, LiveState, Plan, StoreSettings
from reconciler.plan.compute import compute_plan
from reconciler.plan.match import match_skus
from reconciler.sandbox.embedded import SEED_FILE, open_shop, serve_shop

WINDOW_VARIABLE = "WEBFLOW_RATE_WINDOW"


@contextmanager
def open_store(
    options: Options, settings: StoreSettings, token_file: Path | None, ending: Ending
) -> Iterator[StoreClient]:
    """Yield a client of the store; a sandbox runs for exactly as long.

    What *ending* says cuts the client's waits short.
    """
    if settings.backend is Backend.SANDBOX:
        data = options.state_folder("sandbox") / f"{settings.name}.sqlite"
        seed = options.store_folder(settings.name) / SEED_FILE
        with (
            open_shop(data, seed) as shop,
            serve_shop(shop) as (address, token),
            make_client(address, Token(token), Pace(), ending) as client,
        ):
            yield client
    else:
        token_of_store = load_token(os.environ, settings.token_env, token_file)
        pace = Pace(minute())
        with make_client(load_address(os.environ), token_of_store, pace, ending) as client:
            yield client


def make_client(address: str, token: Token, pace: Pace, ending: Ending) -> StoreClient:
    """Return a client whose waits *ending* cuts short."""
    return StoreClient(address, token, pace, sleep=ending.sleep, stopped=ending.is_over)


def minute() -> float:
    """Return the seconds that a minute of waiting has: fewer than 60 in tests."""
    text = os.environ.get(WINDOW_VARIABLE, "")
    try:
        window = float(text) if text else WINDOW
    except ValueError:
        window = 0.0
    if not 0 < window <= WINDOW:
        raise UsageError(
            f"{WINDOW_VARIABLE} must be a number of seconds up to {WINDOW:.0f}; unset it"
        )
    return window


def make_plan(
    options: Options,
    desired: DesiredState,
    client: StoreClient,
    parallelism: int,
    ending: Ending,
) -> Plan:
    """Read what the plan needs of the store, and compute it.

    Raises InterruptedRunError when a signal came meanwhile.
    """
    try:
        with ending.noticing("reading no further"):
            live = _read_live(options, desired, client, parallelism)
    except StoppedError:
        if ending.exit_code is not None:
            raise InterruptedRunError(ending.exit_code) from None
        raise
    created_at = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return compute_plan(desired, live, digest=compute_digest(desired), created_at=created_at)


def _read_live(
    options: Options, desired: DesiredState, client: StoreClient, parallelism: int
) -> LiveState:
    """Return the listing, and the stock of the SKUs that the plan needs."""
    settings = desired.settings
    listing = fetch_listing(client, settings.site_id, settings.sku_collection_id)
    needed = match_skus(desired.declared, listing.skus).live.values()
    progress = Progress("Reading SKU", len(needed), client, options)
    stocks = fetch_stocks(client, listing.collection_id, needed, parallelism, progress)
    return LiveState(listing, stocks, client.requests, client.limit)
