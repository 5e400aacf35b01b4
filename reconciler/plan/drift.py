"""Desired state × live state → what differs, and whether selling explains it."""

from collections.abc import Iterator, Mapping

from reconciler.model import (
    INFINITE,
    Base,
    Declared,
    DesiredState,
    Drift,
    DriftKind,
    DriftRow,
    LiveState,
    Reference,
    Rule,
    Stock,
)
from reconciler.plan.findings import find_low
from reconciler.plan.match import Matches, gone
from reconciler.plan.naming import Named
from reconciler.plan.reference import References
from reconciler.plan.rules import size, with_added


def compute_drift(
    desired: DesiredState, live: LiveState, named: Named, base: Base | None = None
) -> Drift:
    """Return every declared SKU whose live stock differs from the declared, whatever its rule.

    What events have added since a level was settled counts as declared; *base* knows it.
    """
    matches = named.matches
    added = _find_added(desired, matches, base)
    rows = tuple(
        sorted(
            _rows(desired, live, matches, added),
            key=lambda row: (row.kind is DriftKind.SOLD, row.sku),
        )
    )
    unknown = [
        gone(desired.declared[name])
        for name, sku in matches.live.items()
        if sku.sku_id not in live.stocks
    ]
    low = find_low(desired.declared, matches.live, live.stocks)
    findings = sorted(
        [*matches.findings, *named.accounts.findings, *unknown, *low],
        key=lambda finding: (not finding.kind.is_error, finding.sku),
    )
    return Drift(
        desired.settings.name,
        desired.settings.site_id,
        rows,
        tuple(findings),
        len(desired.declared),
    )


def _find_added(
    desired: DesiredState, matches: Matches, base: Base | None
) -> Mapping[str, Reference]:
    """Return what is known of the levels that events have added to."""
    if base is None or not base.ledgers:
        return {}
    references = References(base, desired)
    ids = {one.sku_id for one in base.ledgers if one.corrections}
    found = {
        name: references.look_up(desired.declared[name], sku.sku_id)
        for name, sku in matches.live.items()
        if sku.sku_id in ids and desired.declared[name].rule is Rule.ON_CHANGE
    }
    return {name: one for name, one in found.items() if one is not None and one.added}


def _rows(
    desired: DesiredState, live: LiveState, matches: Matches, added: Mapping[str, Reference]
) -> Iterator[DriftRow]:
    for name, sku in matches.live.items():
        entry, stock = desired.declared[name], live.stocks.get(sku.sku_id)
        expected = entry._replace(stock=with_added(entry.stock, added.get(name)))
        if stock is not None and stock != expected.stock:
            kind = _kind(expected, stock)
            if kind is not None:
                said, source = expected.stock, entry.source
                yield DriftRow(name, sku.name, entry.rule, said, stock, kind, source)


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
