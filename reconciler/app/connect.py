"""Settings → a client of the shop: Webflow's, or the embedded one for the length of a command."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

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
    """The pace of each token: stores that share a token share what it may ask for."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def pace_of(self, token: Token) -> Pace:
        """Return the pace of *token*, the same one each time."""
        return self._paces.setdefault(token.header, Pace(rate_window()))


@dataclass(frozen=True, slots=True)
class Connection:
    """How shops are asked: the file of the token, how many at once, and until when."""

    token_file: Path | None
    parallelism: int
    stop: StopSignal
    rate_limits: RateLimits = field(default_factory=RateLimits)


@contextmanager
def open_store(
    context: StoreContext, settings: StoreSettings, connection: Connection
) -> Iterator["StoreClient"]:
    """Yield a client of the store; a sandbox runs for exactly as long.

    A signal cuts the client's waits short. What answers is loaded only here: a command that asks no
    shop pays for no HTTP client, and one that asks Webflow for no embedded store.
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
    """Return the seconds that a minute of waiting has: fewer than 60 in tests."""
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
