"""Desired state × live state → what differs, and whether selling explains it. Pure."""

from collections.abc import Iterator

from reconciler.model import (
    INFINITE,
    Declared,
    DesiredState,
    Drift,
    DriftKind,
    DriftRow,
    LiveState,
    Rule,
    Stock,
)
from reconciler.plan.match import Matches, gone
from reconciler.plan.rules import size


def compute_drift(desired: DesiredState, live: LiveState, matches: Matches) -> Drift:
    """Return every declared SKU whose live stock differs from the declared, whatever its rule."""
    rows = tuple(
        sorted(_rows(desired, live, matches), key=lambda row: (row.kind is DriftKind.SOLD, row.sku))
    )
    unknown = [
        gone(desired.declared[name])
        for name, sku in matches.live.items()
        if sku.sku_id not in live.stocks
    ]
    findings = sorted([*matches.findings, *unknown], key=lambda finding: finding.sku)
    return Drift(
        desired.settings.name,
        desired.settings.site_id,
        rows,
        tuple(findings),
        len(desired.declared),
    )


def _rows(desired: DesiredState, live: LiveState, matches: Matches) -> Iterator[DriftRow]:
    for name, sku in matches.live.items():
        entry, stock = desired.declared[name], live.stocks.get(sku.sku_id)
        if stock is not None and stock != entry.stock:
            kind = _kind(entry, stock)
            if kind is not None:
                yield DriftRow(name, sku.name, entry.rule, entry.stock, stock, kind, entry.source)


def _kind(entry: Declared, live: Stock) -> DriftKind | None:
    """Return what the difference is, or None where the rule allows it."""
    if not live.readable:
        return DriftKind.UNREADABLE
    is_other_type = entry.stock.inventory_type is not live.inventory_type
    # Nothing that sells becomes finite by it.
    is_infinite = entry.stock == INFINITE and entry.rule is Rule.OBSERVE
    if is_other_type and (entry.rule in _NAMES_A_TYPE or is_infinite):
        return DriftKind.TYPE
    match entry.rule:
        case Rule.EXACT:
            return DriftKind.BROKEN
        case Rule.AT_LEAST:
            return DriftKind.BROKEN if size(live) < size(entry.stock) else None
        case Rule.AT_MOST:
            return DriftKind.BROKEN if size(live) > size(entry.stock) else None
        case Rule.OBSERVE | Rule.ON_CHANGE:
            return DriftKind.SOLD if size(live) < size(entry.stock) else DriftKind.ROSE


_NAMES_A_TYPE = frozenset({Rule.EXACT, Rule.ON_CHANGE})
