"""Create the findings of a plan, with one function for each kind."""

import shlex
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    Finding,
    FindingKind,
    LiveSku,
    Pending,
    Reference,
    Rule,
    Source,
    Statement,
    Stock,
)
from reconciler.plan.match import Matches
from reconciler.plan.naming import Named


def archived(entry: Declared) -> Finding:
    """Return the finding for a SKU whose product is archived."""
    message = "The product is archived, so customers can't buy it."
    return Finding(FindingKind.ARCHIVED, entry.sku, message, entry.source)


def unreadable(entry: Declared, live: Stock, *, is_kept: bool) -> Finding:
    """Return the finding for a live quantity that is missing or a fraction."""
    gives = "missing" if live.quantity is None else f"the fraction {live.quantity}"
    kept = " Skipped." if is_kept else ""
    message = f"The shop's quantity is {gives}.{kept}"
    return Finding(FindingKind.UNREADABLE, entry.sku, message, entry.source)


def frozen(entry: Declared, before: Stock, after: Stock) -> Finding:
    """Return the finding for a SKU that would be written if it were not frozen."""
    message = (
        f"Skipped: the shop has {before}, declared is {after}, but `frozen` in store.yaml"
        " matches this SKU."
    )
    return Finding(FindingKind.FROZEN, entry.sku, message, entry.source)


def left_alone(entry: Declared, live: Stock, reference: Reference | None) -> Finding:
    """Return the finding for a SKU that differs but is not written."""
    follows = entry.rule is Rule.ON_CHANGE and reference is not None
    if reference is None or not follows or reference.statement is Statement.SETTLED:
        since = reference.added if reference is not None else 0
        declared = (
            f"{entry.stock} {'+' if since > 0 else '-'} {abs(since)} since"
            if since
            else entry.stock
        )
        message = f"Declared {declared}, live {live}. Skipped because of the rule {entry.rule}."
        return Finding(FindingKind.DRIFT, entry.sku, message, entry.source)
    if reference.is_stale:
        message = (
            f"Skipped: declared {entry.stock} as seen on {reference.at[:10]}, but newer data"
            f" exists. The shop has {live}. If you counted {entry.stock}, run `reconciler count"
            f" {shlex.quote(entry.sku)}={entry.stock}`."
        )
        return Finding(FindingKind.OVERTAKEN, entry.sku, message, entry.source)
    if reference.statement is Statement.COPY:
        message = f"Declared {entry.stock} as seen on {reference.at[:10]}, live {live}. Skipped."
        return Finding(FindingKind.DRIFT, entry.sku, message, entry.source)
    message = (
        f"Skipped: declared {reference.level} -> {entry.stock}, but the shop already has {live}."
        f" If you counted {entry.stock}, run `reconciler count"
        f" {shlex.quote(entry.sku)}={entry.stock}`."
    )
    return Finding(FindingKind.OVERTAKEN, entry.sku, message, entry.source)


def replaced(entry: Declared, live: LiveSku) -> Finding:
    """Return the error for a code that now belongs to another SKU of the shop."""
    message = (
        f"Skipped: this code now belongs to another SKU of the shop ({live.sku_id}). If you mean"
        f" that one, pin it with `id: {live.sku_id}`, count it, or run `reconciler base set HEAD"
        f" --sku {shlex.quote(entry.sku)}`."
    )
    return Finding(FindingKind.REPLACED, entry.sku, message, entry.source)


def conflicting(entry: Declared, reference: Reference | None) -> Finding:
    """Return the error for a level that was changed while its events are not applied yet."""
    settled = reference.settled if reference else None
    back = f"restore the level {settled}" if settled else "delete the level"
    message = (
        f"The level {entry.stock} was typed beside events that are not applied yet. If the level"
        f" includes them, delete the events. Otherwise {back}, apply, and type {entry.stock}"
        " again."
    )
    return Finding(FindingKind.CONFLICTING, entry.sku, message, entry.source)


def find_low(desired: DesiredState, named: Named, stocks: Mapping[str, Stock]) -> Iterable[Finding]:
    """Yield findings for SKUs whose live stock is at or below their `low`.

    This includes SKUs that only events name.
    """
    for sku, one in named.matches.live.items():
        entry = desired.declared[sku]
        yield from _low(sku, entry.terms.low, stocks.get(one.sku_id), entry.source)
    low = desired.settings.low
    for account in named.accounts.by_id.values():
        if account.entry is None and account.live is not None and not account.is_released:
            yield from _low(account.key, low, stocks.get(account.sku_id), account.source)


def _low(sku: str, low: int | None, stock: Stock | None, source: Source) -> Iterable[Finding]:
    quantity = stock.quantity if stock else None
    if low is not None and isinstance(quantity, int) and quantity <= low:
        message = f"Low stock: the shop has {quantity}, and `low` is {low}."
        yield Finding(FindingKind.LOW, sku, message, source)


def not_managed(live: LiveSku) -> Finding:
    """Return the finding for a live SKU that no file declares."""
    name = live.code or live.sku_id
    message = f"{live.name}: not declared." if live.code else f"{live.name}: no code, not declared."
    return Finding(FindingKind.NOT_MANAGED, name, message, None)


def released(
    desired: DesiredState, base: Base, matches: Matches, kept: Collection[str]
) -> Iterable[Finding]:
    """Yield findings for SKUs of the base that no file declares anymore, under any key.

    SKUs whose ids are in *kept* have events, so they are still managed.
    """
    gone = [(sku, entry) for sku, entry in base.declared.items() if sku not in desired.declared]
    if not gone:
        return
    named = {sku.sku_id for sku in matches.live.values()}.union(kept)
    named |= {entry.id for entry in desired.declared.values() if entry.id}
    for sku, entry in gone:
        known = base.shop.get(sku)
        sku_id = known.sku_id if known else entry.id
        if sku_id not in named:
            message = "No longer declared. The shop keeps its stock."
            yield Finding(FindingKind.RELEASED, entry.sku, message, entry.source)


def idle_globs(desired: DesiredState) -> Iterable[Finding]:
    """Yield findings for `frozen` patterns that match no SKU, which may be typos."""
    named = desired.declared.keys() | {one.sku for one in desired.events}
    for glob in desired.settings.frozen:
        if not any(fnmatchcase(sku, glob) for sku in named):
            message = "`frozen` pattern matches no SKU."
            yield Finding(FindingKind.FROZEN, glob, message, None)


def unsettled(
    write: Pending, entry: Declared | None, live: Stock | None, why: str, busy_until: str = ""
) -> Finding:
    """Return the error for a SKU with a write in doubt.

    *why* is the reason it is unknown. Until *busy_until* (UTC, ISO 8601) the apply may still be
    running. It is '' if the apply has ended.
    """
    source = entry.source if entry else None
    if busy_until:
        message = (
            f"Skipped: an apply may be writing {write.before} -> {write.after} right now. Run"
            " `reconciler plan` again when it ends, or after"
            f" {busy_until[:19].replace('T', ' ')} UTC by the shop's clock."
        )
        return Finding(FindingKind.UNSETTLED, write.sku, message, source)
    has = f", and the shop has {live}" if live is not None else ""
    sku = shlex.quote(write.sku)
    message = (
        f"In doubt: a crashed apply of {write.read_at[:16]}Z may have written {write.before} ->"
        f" {write.after}{has}. {why}. Check the SKU in Webflow, then run `reconciler base settle"
        f" {sku}=applied` or `{sku}=skipped`. Or count it."
    )
    return Finding(FindingKind.UNSETTLED, write.sku, message, source)


def told(write: Pending, entry: Declared | None, *, has_landed: bool) -> Finding:
    """Return the finding for a write in doubt that stock and orders resolved."""
    became = "landed" if has_landed else "did not land"
    message = (
        f"A crashed apply of {write.read_at[:16]}Z may have written {write.before} ->"
        f" {write.after}. The stock and the orders since then show that it {became}."
    )
    return Finding(FindingKind.TOLD, write.sku, message, entry.source if entry else None)


def not_read(skus: Collection[str], *, offline: bool) -> Iterable[Finding]:
    """Yield one finding about SKUs that were not read on purpose, if there are any."""
    if not skus:
        return
    many = "1 declared SKU was" if len(skus) == 1 else f"{len(skus)} declared SKUs were"
    message = f"{many} not read: the declaration did not change."
    if offline:
        names = sorted(skus)
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        which = f"{', '.join(names[:10])}{more}"
        message = f"New since the base, so only the shop knows their stock: {which}."
    yield Finding(FindingKind.UNREAD, "", message, None)


def finding_order(finding: Finding) -> tuple[bool, str, str, str]:
    """Return the sort key of a finding: errors first, then by kind and SKU."""
    return not finding.kind.is_error, finding.kind.value, finding.sku, finding.message
