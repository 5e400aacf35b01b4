"""Open a client of the shop: Webflow, or a sandbox that runs as long as the command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from reconciler.app.context import StoreContext
from reconciler.app.interrupts import StopSignal
from reconciler.errors import UsageError
from reconciler.model import Backend, StoreSettings
from reconciler.webflow.rate_limit import WINDOW, Pace
from reconciler.webflow.token import Token, load_address, load_token

if TYPE_CHECKING:
    from reconciler.webflow.client import StoreClient

WINDOW_VARIABLE = "WEBFLOW_RATE_WINDOW"


class RateLimits:
    """The pace of each token. Stores with the same token share its rate limit."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def pace_of(self, token: Token) -> Pace:
        """Return the pace of *token*, always the same object."""
        return self._paces.setdefault(token.header, Pace(rate_window()))


class Connection(Struct, frozen=True):
    """How to connect to shops: the token's file, requests at once, and when to stop."""

    token_file: Path | None
    parallelism: int
    stop: StopSignal
    rate_limits: RateLimits = field(default_factory=RateLimits)


@contextmanager
def open_store(
    context: StoreContext, settings: StoreSettings, connection: Connection
) -> Iterator["StoreClient"]:
    """Yield a client of the shop. A sandbox runs as long as the client is open.

    A signal ends the waits of the client. The HTTP client and the sandbox are imported only here,
    since other commands must start fast.
    """
    stop = connection.stop
    if settings.backend is Backend.SANDBOX:
        server = import_module("reconciler.sandbox.server")
        data = context.state_folder("sandbox") / f"{settings.name}.sqlite"
        with (
            server.open_shop(data, context.folder / server.SEED_FILE) as shop,
            server.serve_shop(shop) as (address, token),
            _make_client(address, Token(token), Pace(rate_window()), stop) as client,
        ):
            yield client
    else:
        token_of_store = load_token(os.environ, settings.token_env, connection.token_file)
        pace = connection.rate_limits.pace_of(token_of_store)
        with _make_client(load_address(os.environ), token_of_store, pace, stop) as client:
            yield client


def _make_client(address: str, token: Token, pace: Pace, stop: StopSignal) -> "StoreClient":
    client = import_module("reconciler.webflow.client")
    made: StoreClient = client.StoreClient(
        address, token, pace, sleep=stop.sleep, stopped=stop.reason
    )
    return made


def rate_window() -> float:
    """Return the length of the rate limit's window in seconds. Tests make it shorter than 60."""
    text = os.environ.get(WINDOW_VARIABLE, "")
    try:
        window = float(text) if text else WINDOW
    except ValueError:
        window = 0.0
    if not 0 < window <= WINDOW:
        raise UsageError(
            f"{WINDOW_VARIABLE} must be a number of seconds up to {WINDOW:.0f}. Unset it."
        )
    return window
