"""The wiring of the stages that plan and apply share."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from reconciler.cli.console import make_progress
from reconciler.cli.options import Options
from reconciler.desired.digest import compute_digest
from reconciler.errors import UsageError
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
    options: Options, settings: StoreSettings, token_file: Path | None
) -> Iterator[StoreClient]:
    """Yield a client of the store; a sandbox runs for exactly as long."""
    if settings.backend is Backend.SANDBOX:
        data = options.state_folder("sandbox") / f"{settings.name}.sqlite"
        seed = options.store_folder(settings.name) / SEED_FILE
        with (
            open_shop(data, seed) as shop,
            serve_shop(shop) as (address, token),
            StoreClient(address, Token(token), Pace()) as client,
        ):
            yield client
    else:
        token_of_store = load_token(os.environ, settings.token_env, token_file)
        with StoreClient(load_address(os.environ), token_of_store, Pace(_window())) as client:
            yield client


def _window() -> float:
    """Return the seconds of the rate limit's window, which tests scale down."""
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
    options: Options, desired: DesiredState, client: StoreClient, parallelism: int
) -> Plan:
    """Read what the plan needs of the store, and compute it."""
    settings = desired.settings
    listing = fetch_listing(client, settings.site_id, settings.sku_collection_id)
    needed = match_skus(desired.declared, listing.skus).live.values()
    progress = make_progress("Reading SKU", len(needed), options)
    stocks = fetch_stocks(client, listing.collection_id, needed, parallelism, progress)
    live = LiveState(listing, stocks, client.requests, client.limit)
    created_at = datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return compute_plan(desired, live, digest=compute_digest(desired), created_at=created_at)
