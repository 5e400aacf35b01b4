"""Explain stock changes since each SKU was last settled by orders and events."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from reconciler.model import (
    Base,
    DesiredState,
    ExplainedRow,
    Finding,
    FindingKind,
    LiveState,
    Source,
    Stock,
)
from reconciler.plan.naming import Named
from reconciler.plan.reference import References
from reconciler.plan.sales import count_sold


class Start(Struct, frozen=True):
    """The stock of a SKU when it was last settled, and what events added since."""

    sku: str
    sku_id: str
    name: str
    declared: int | None
    had: int
    since: str
    adjusted: int
    source: Source

    def differs(self, live: Stock | None) -> bool:
        """Return whether the live number differs from the start plus events."""
        is_whole = live is not None and isinstance(live.quantity, int)
        return is_whole and live is not None and live.quantity != self.had + self.adjusted


def find_starts(desired: DesiredState, base: Base, named: Named) -> tuple[Start, ...]:
    """Return the start of each SKU that has a whole number of units."""
    levels = _level_starts(desired, base, named)
    return (*levels, *_count_starts(named))


def _level_starts(desired: DesiredState, base: Base, named: Named) -> Iterator[Start]:
    references = References(base, desired)
    ledgers = {one.known_id: one for one in base.ledgers}
    for sku, live in named.matches.live.items():
        entry = desired.declared[sku]
        known = references.find_latest(entry, live.sku_id)
        level = entry.stock.quantity
        had = known.had.quantity if known else None
        if known is None or not isinstance(had, int) or not isinstance(level, int):
            continue
        since = known.settled.at
        ledger = ledgers.get(live.sku_id)
        if ledger is not None and ledger.counted is not None and ledger.counted_at > since:
            # Units sold beyond the count were never counted, so they are not missing.
            counted, put_in = ledger.counted, ledger.put_in + ledger.short
            at, source = ledger.counted_at, entry.source
            yield Start(sku, live.sku_id, live.name, level, counted, at, put_in, source)
            continue
        is_observed = known != references.find_settled(entry, live.sku_id)
        adjusted = references.find_added(live.sku_id, since, is_observed=is_observed)
        yield Start(sku, live.sku_id, live.name, level, had, since, adjusted, entry.source)


def _count_starts(named: Named) -> Iterator[Start]:
    """Yield the starts of SKUs without a level, which are their last counts."""
    for one in named.accounts.by_id.values():
        ledger = one.balance.ledger
        if one.entry is None and one.live is not None and ledger.counted is not None:
            yield Start(
                one.key,
                one.sku_id,
                one.live.name,
                None,
                ledger.counted,
                ledger.counted_at,
                ledger.put_in + ledger.short,
                one.source,
            )


def explain(
    starts: Iterable[Start], live: LiveState
) -> tuple[tuple[ExplainedRow, ...], tuple[Finding, ...]]:
    """Return an explanation for each start that differs, and findings if sales are unknown."""
    rows: list[ExplainedRow] = []
    findings: list[Finding] = []
    for start in sorted(starts, key=lambda one: one.sku):
        stock = live.stocks.get(start.sku_id)
        if stock is None or not start.differs(stock):
            continue
        sold = count_sold(live.orders, start.sku_id, start.since)
        if isinstance(sold, str):
            message = f"Sales since {start.since[:16]}Z are unknown: {sold}."
            findings.append(Finding(FindingKind.UNCERTAIN, start.sku, message, start.source))
            continue
        quantity = int(stock.quantity or 0)
        expected = start.had - sold.units + start.adjusted
        rows.append(
            ExplainedRow(
                start.sku,
                start.name,
                start.declared,
                quantity,
                start.since,
                start.had,
                sold.units,
                sold.orders,
                start.adjusted,
                quantity - expected,
                start.source,
            )
        )
    return tuple(rows), tuple(findings)
