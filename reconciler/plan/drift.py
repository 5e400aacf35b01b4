"""Compare declared and live stock, and classify each difference."""

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
    Rule,
    Stock,
    Terms,
    finite,
)
from reconciler.plan.accounts import Accounts
from reconciler.plan.findings import find_low
from reconciler.plan.match import Matches, gone
from reconciler.plan.naming import Named
from reconciler.plan.reference import References
from reconciler.plan.rules import size


def compute_drift(
    desired: DesiredState, live: LiveState, named: Named, base: Base | None = None
) -> Drift:
    """Return the declared SKUs whose live stock differs from what is declared.

    SKUs of every rule are compared, but a difference that the rule allows is left out. Units that
    events added since a level was settled count as declared, and so does a later count. Both come
    from *base*.
    """
    matches = named.matches
    expected = _find_expected(desired, matches, base)
    rows = tuple(
        sorted(
            [
                *_rows(desired, live, matches, expected),
                *_rows_of_counts(live, named.accounts),
            ],
            key=lambda row: (row.kind is DriftKind.SOLD, row.sku),
        )
    )
    unknown = [
        gone(desired.declared[name])
        for name, sku in matches.live.items()
        if sku.sku_id not in live.stocks
    ]
    low = find_low(desired, named, live.stocks)
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


def _find_expected(
    desired: DesiredState, matches: Matches, base: Base | None
) -> Mapping[str, Stock]:
    """Return the stock that the shop would have without sales, if it can differ from the level.

    This covers SKUs that have events, and typed levels that are not applied yet.
    """
    if base is None:
        return {}
    references = References(base, desired)
    ids = {one.known_id for one in base.ledgers if one.corrections or one.counted is not None}
    found: dict[str, Stock] = {}
    for name, sku in matches.live.items():
        entry = desired.declared[name]
        if entry.rule is not Rule.ON_CHANGE or (
            sku.sku_id not in ids and references.is_unchanged(entry)
        ):
            continue
        reference = references.look_up(entry, sku.sku_id)
        if reference is not None and reference.has_changed and reference.level is not None:
            entry = entry._replace(stock=reference.level)
        found[name] = references.expect(entry, sku.sku_id, reference)
    return found


def _rows(
    desired: DesiredState, live: LiveState, matches: Matches, expected: Mapping[str, Stock]
) -> Iterator[DriftRow]:
    for name, sku in matches.live.items():
        entry, stock = desired.declared[name], live.stocks.get(sku.sku_id)
        entry = entry._replace(stock=expected.get(name, entry.stock))
        if stock is not None and stock != entry.stock:
            kind = _kind(entry, stock)
            if kind is not None:
                yield DriftRow(name, sku.name, entry.rule, entry.stock, stock, kind, entry.source)


def _rows_of_counts(live: LiveState, accounts: Accounts) -> Iterator[DriftRow]:
    """Yield SKUs without a level whose live stock differs from the count and later events."""
    for one in accounts.by_id.values():
        ledger, stock = one.balance.ledger, live.stocks.get(one.sku_id)
        if one.entry is not None or one.live is None or ledger.counted is None or stock is None:
            continue
        expected = finite(ledger.counted + ledger.put_in)
        entry = Declared(one.key, expected, Terms(Rule.ON_CHANGE, None, one.source.path), 1)
        kind = _kind(entry, stock)
        if stock != expected and kind is not None:
            name = one.live.name
            yield DriftRow(one.key, name, Rule.ON_CHANGE, expected, stock, kind, one.source)


def _kind(entry: Declared, live: Stock) -> DriftKind | None:
    """Return the kind of difference, or None if the rule allows it."""
    if not live.readable:
        return DriftKind.UNREADABLE
    is_other_type = entry.stock.inventory_type is not live.inventory_type
    # Sales never turn an infinite SKU into a finite one.
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
