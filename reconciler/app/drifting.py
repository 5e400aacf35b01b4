"""`drift`: compare the live stock with the declared stock, and explain it with orders."""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from reconciler.app.base import load_base
from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext
from reconciler.app.memory import refresh_record
from reconciler.app.orders import ReadStocks, read_stocks_and_orders
from reconciler.app.reporter import Reporter
from reconciler.app.snapshot import Snapshot, read_needed, read_snapshot, until_signal
from reconciler.app.stores import load_store
from reconciler.git.repository import open_repository
from reconciler.model import (
    Base,
    DesiredState,
    Drift,
    DriftKind,
    Finding,
    LiveSku,
    Stock,
    StoreSettings,
)
from reconciler.plan.drift import compute_drift
from reconciler.plan.explain import explain, find_starts
from reconciler.plan.recovery import name_doubts, recover, with_recovered
from reconciler.webflow.client import StoreClient

# Kinds of drift that orders can't explain.
_OTHER_KINDS = frozenset({DriftKind.TYPE, DriftKind.UNREADABLE})


def find_drift(
    context: StoreContext, connection: Connection, reporter: Reporter, *, explains: bool
) -> Drift:
    """Read every SKU that the files name, and return what differs. *explains* adds orders.

    Without a record, nothing can be explained, and a notice says so.

    Raises:
        InterruptedRunError: A signal came.
    """
    desired = load_store(context)
    base = _load_record(context, desired.settings, reporter, is_needed=explains)
    with open_store(context, desired.settings, connection) as client:
        snapshot = read_snapshot(desired, base, client, connection, reporter)
        return compare_all(desired, base, snapshot, client, connection, reporter, explains=explains)


def compare_all(  # noqa: PLR0913  what is compared, what reads more of it, and for whom
    desired: DesiredState,
    base: Base | None,
    snapshot: Snapshot,
    client: StoreClient,
    connection: Connection,
    reporter: Reporter,
    *,
    explains: bool,
) -> Drift:
    """Return what differs between the files and *snapshot*, with the orders if it *explains*.

    Raises:
        InterruptedRunError: A signal came.
    """
    drift = compute_drift(desired, snapshot.live, snapshot.named, base)
    if base is not None and base.pending:
        base, doubts = _resolve_doubts(desired, base, snapshot)
        drift = replace(drift, findings=(*drift.findings, *doubts))
    if base is None or not explains:
        return drift
    reading = _Reading(desired, base, snapshot, client)

    def read(skus: Collection[LiveSku]) -> dict[str, Stock]:
        return read_needed(client, snapshot.live.listing, skus, connection, reporter)

    return until_signal(connection, lambda: _explain(drift, reading, read))


def _resolve_doubts(
    desired: DesiredState, base: Base, snapshot: Snapshot
) -> tuple[Base, tuple[Finding, ...]]:
    """Return the base with writes in doubt resolved by orders, and findings about them."""
    live = snapshot.live
    recovered = recover(base, desired.declared, live)
    in_doubt = snapshot.named.in_doubt
    findings = name_doubts(base, desired, live, recovered, in_doubt)
    return with_recovered(base, recovered), tuple(findings)


class _Reading(Struct, frozen=True):
    """The state read so far, and a client to read more."""

    desired: DesiredState
    base: Base
    snapshot: Snapshot
    client: StoreClient


def _load_record(
    context: StoreContext, settings: StoreSettings, reporter: Reporter, *, is_needed: bool
) -> Base | None:
    """Return the last record or None. It is fetched from the remote only if it *is needed*."""
    if is_needed:
        refresh_record(open_repository(context.inventory), settings, reporter)
    known = load_base(context, settings, None, None)
    if known.base is None and is_needed:
        reporter.notice(
            f"Can't explain drift without a record of what the shop had. {known.why_not}"
        )
    return known.base


def _explain(drift: Drift, reading: _Reading, read: ReadStocks) -> Drift:
    """Return *drift* explained by the orders since the SKUs that differ were settled."""
    live = reading.snapshot.live
    starts = find_starts(reading.desired, reading.base, reading.snapshot.named)
    odd = [one for one in starts if one.differs(live.stocks.get(one.sku_id))]
    listed = {sku.sku_id: sku for sku in live.listing.skus}
    site_id = reading.desired.settings.site_id
    since = min((one.since for one in odd), default=None)
    skus = [listed[one.sku_id] for one in odd]
    found = read_stocks_and_orders(reading.client, site_id, since, skus, read) if odd else None
    again = live
    if found is not None:
        again = replace(live, stocks={**live.stocks, **found.stocks}, orders=found.orders)
    rows, findings = explain(odd, again)
    known = {one.sku for one in starts}
    others = (one for one in drift.rows if one.kind in _OTHER_KINDS or one.sku not in known)
    return replace(drift, rows=tuple(others), explained=rows, findings=(*drift.findings, *findings))
