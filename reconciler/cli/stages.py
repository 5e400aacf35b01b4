"""The wiring of the stages that plan and apply share."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from reconciler.cli.basing import History, no_history
from reconciler.cli.options import Options
from reconciler.cli.progress import Progress, Requests, Silence
from reconciler.cli.signals import Ending
from reconciler.desired.digest import compute_digest
from reconciler.errors import InterruptedRunError, NoBaseError, StoppedError, UsageError
from reconciler.github.actions_context import read_surroundings
from reconciler.github.api import Github
from reconciler.model import (
    Backend,
    DesiredState,
    Drift,
    FindingKind,
    Listing,
    LiveState,
    Plan,
    Provenance,
    StoreSettings,
)
from reconciler.plan.drift import compute_drift
from reconciler.plan.match import Matches, match_skus
from reconciler.plan.planner import compute_plan, require_no_base
from reconciler.plan.simulate import pretend_live
from reconciler.sandbox.server import SEED_FILE, open_shop, serve_shop
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import confirm_listing, fetch_listing, fetch_stocks
from reconciler.webflow.rate_limit import WINDOW, Pace
from reconciler.webflow.token import Token, load_address, load_token

Found = TypeVar("Found")

WINDOW_VARIABLE = "WEBFLOW_RATE_WINDOW"


def make_progress(verb: str, total: int, client: Requests, options: Options) -> Progress:
    """Return what tells how far the work is, as it is wanted here."""
    if options.quiet:
        return Silence(verb, total, client)
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        terminal = import_module("reconciler.cli.terminal")  # only a terminal pays for it
        progress: Progress = terminal.TerminalProgress(verb, total, client)
        return progress
    return Progress(verb, total, client)


class Allowances:
    """The pace of each token: stores that share a token share what it may ask for."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def pace_of(self, token: Token) -> Pace:
        """Return the pace of *token*, the same one each time."""
        return self._paces.setdefault(token.header, Pace(minute()))


@dataclass(frozen=True, slots=True)
class Access:
    """How stores are asked: the token, if it is in a file, so many at once, until an ending."""

    token_file: Path | None
    parallelism: int
    ending: Ending = field(default_factory=Ending)
    allowances: Allowances = field(default_factory=Allowances)


@contextmanager
def open_store(options: Options, settings: StoreSettings, access: Access) -> Iterator[StoreClient]:
    """Yield a client of the store; a sandbox runs for exactly as long.

    What the ending says cuts the client's waits short.
    """
    ending = access.ending
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
        token_of_store = load_token(os.environ, settings.token_env, access.token_file)
        pace = access.allowances.pace_of(token_of_store)
        with make_client(load_address(os.environ), token_of_store, pace, ending) as client:
            yield client


def make_client(address: str, token: Token, pace: Pace, ending: Ending) -> StoreClient:
    """Return a client whose waits *ending* cuts short."""
    return StoreClient(address, token, pace, sleep=ending.sleep, stopped=ending.reason)


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


def open_github() -> Github:
    """Return what asks GitHub about the repository of this workflow."""
    scale = minute() / WINDOW
    return Github(read_surroundings(os.environ), lambda seconds: time.sleep(seconds * scale))


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan is made of: the desired state, what git knows, and which SKUs are wanted.

    `wanted` is None for all of them.
    """

    desired: DesiredState
    history: History
    wanted: frozenset[str] | None = None

    @property
    def unread(self) -> frozenset[str]:
        """Return the declared SKUs that are not to be read; what a dead run left always is."""
        if self.wanted is None:
            return frozenset()
        pending = self.history.base.pending if self.history.base else ()
        wanted = self.wanted | {write.declared.sku for write in pending}
        return frozenset(self.desired.declared.keys() - wanted)

    def require_base(self) -> None:
        """Raise NoBaseError, with the ways out, where a rule needs a base and there is none."""
        if self.history.base is None:
            try:
                require_no_base(self.desired.declared.values())
            except NoBaseError as error:
                error.add_note(self.history.ways_out)
                raise

    def provenance(self, *, offline: bool = False) -> Provenance:
        """Return what the plan is made of, in its own words."""
        base = self.history.base
        return Provenance(
            # So exact that no two plans share it: a journal is of just one.
            created_at=datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            desired_digest=compute_digest(self.desired),
            head=self.history.head,
            base=base.commit if base else None,
            base_date=base.date if base else None,
            commits=self.history.commits,
            offline=offline,
        )


def without_history(
    options: Options, desired: DesiredState, wanted: frozenset[str] | None = None
) -> Scope:
    """Return a scope of which git is not asked."""
    name = desired.settings.name
    return Scope(desired, no_history(options.store_folder(name), name), wanted)


def make_plan(options: Options, scope: Scope, client: StoreClient, access: Access) -> Plan:
    """Read what the plan needs of the store, and compute it.

    Raises InterruptedRunError when a signal came meanwhile.
    """
    scope.require_base()
    live = read_live(options, scope, client, access)
    base = scope.history.base
    return compute_plan(scope.desired, live, base, scope.provenance(), unread=scope.unread)


def read_listing(desired: DesiredState, client: StoreClient, access: Access) -> Listing:
    """Return the store's listing as it is now; raise InterruptedRunError when a signal came."""
    settings = desired.settings
    return until_signal(
        access, lambda: fetch_listing(client, settings.site_id, settings.sku_collection_id)
    )


def read_live(options: Options, scope: Scope, client: StoreClient, access: Access) -> LiveState:
    """Read what *scope* wants; raise InterruptedRunError when a signal came meanwhile."""
    return until_signal(access, lambda: _read_live(options, scope, client, access))


def until_signal(access: Access, read: Callable[[], Found]) -> Found:
    """Return what *read* does; raise InterruptedRunError when a signal came meanwhile."""
    ending = access.ending
    found: Found | None = None
    try:
        with ending.noticing("reading no further"):
            found = read()
    except StoppedError:
        if ending.exit_code is None:
            raise
    if found is None or ending.exit_code is not None:
        raise InterruptedRunError(ending.exit_code or InterruptedRunError.exit_code)
    return found


def make_drift(
    options: Options, desired: DesiredState, client: StoreClient, access: Access
) -> Drift:
    """Read every declared SKU, and compare; git is not asked.

    Raises InterruptedRunError when a signal came meanwhile.
    """
    live = read_live(options, without_history(options, desired), client, access)
    return compute_drift(desired, live)


def make_offline_plan(scope: Scope) -> Plan:
    """Compare what is declared with what was declared at the base, and ask nobody.

    Raises NoBaseError without a base.
    """
    base = scope.history.base
    if base is None:
        error = NoBaseError("--offline compares with a base, and there is none")
        error.add_note(scope.history.ways_out)
        raise error
    live, new = pretend_live(scope.desired, base)
    provenance = scope.provenance(offline=True)
    return compute_plan(scope.desired, live, base, provenance, unread=new)


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


def _read_live(options: Options, scope: Scope, client: StoreClient, access: Access) -> LiveState:
    """Return the listing, and the stock of the SKUs that the plan needs."""
    listing, matches = list_and_match(scope.desired, client)
    matched = matches.live
    unread = scope.unread
    needed = [sku for name, sku in matched.items() if name not in unread]
    with make_progress("Reading SKU", len(needed), client, options) as progress:
        stocks = fetch_stocks(
            client,
            listing.collection_id,
            needed,
            access.parallelism,
            progress,
            access.ending.reason,
        )
    return LiveState(listing, stocks, client.requests, client.limit)
