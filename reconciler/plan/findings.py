"""What a plan says that is not a write: one function for each kind of finding."""

import shlex
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    Finding,
    FindingKind,
    LiveSku,
    Reference,
    Rule,
    Statement,
    Stock,
)
from reconciler.plan.match import Matches


def archived(entry: Declared) -> Finding:
    """Return the finding of a SKU whose product is archived."""
    message = "its product is archived, so nobody can buy it"
    return Finding(FindingKind.ARCHIVED, entry.sku, message, entry.source)


def unreadable(entry: Declared, live: Stock, *, is_kept: bool) -> Finding:
    """Return the finding of a live quantity that is missing or a fraction."""
    gives = "nothing" if live.quantity is None else f"the fraction {live.quantity}"
    kept = "; left alone" if is_kept else ""
    message = f"the store gives {gives} for its quantity{kept}"
    return Finding(FindingKind.UNREADABLE, entry.sku, message, entry.source)


def frozen(entry: Declared, before: Stock, after: Stock) -> Finding:
    """Return the finding of a SKU that would be written if the store did not freeze it."""
    message = f"{before} in the store and {after} to be set, but the store freezes it"
    return Finding(FindingKind.FROZEN, entry.sku, message, entry.source)


def left_alone(entry: Declared, live: Stock, reference: Reference | None) -> Finding:
    """Return what is said of a SKU that differs and is not written."""
    follows = entry.rule is Rule.ON_CHANGE and reference is not None
    if reference is None or not follows or reference.statement is Statement.SETTLED:
        message = f"declared {entry.stock}, live {live}; left alone by the rule {entry.rule}"
        return Finding(FindingKind.DRIFT, entry.sku, message, entry.source)
    if reference.is_stale:
        message = (
            f"declared {entry.stock} as the shop had it on {reference.at[:10]}, but something later"
            f" is known, and live is {live}; left alone. If {entry.stock} was counted, give it a"
            " new as_of"
        )
        return Finding(FindingKind.OVERTAKEN, entry.sku, message, entry.source)
    if reference.statement is Statement.COPY:
        message = (
            f"declared {entry.stock} as the shop had it on {reference.at[:10]}, live {live};"
            " left alone"
        )
        return Finding(FindingKind.DRIFT, entry.sku, message, entry.source)
    message = (
        f"declared {reference.level} -> {entry.stock}, but the store has gone on to {live};"
        " left alone, since writing would undo that. If the declared number was counted,"
        " give it a new as_of"
    )
    return Finding(FindingKind.OVERTAKEN, entry.sku, message, entry.source)


def replaced(entry: Declared, live: LiveSku) -> Finding:
    """Return the error of a code that belongs to another SKU of the shop than it did."""
    message = (
        f"the shop's SKU {live.sku_id} has this code now, and another one had it when it was last"
        f" settled. Left alone. If {live.sku_id} is meant, pin it with `id: {live.sku_id}`, or say"
        " that the shop is right: reconciler base set HEAD --sku"
        f" {shlex.quote(entry.sku)}"
    )
    return Finding(FindingKind.REPLACED, entry.sku, message, entry.source)


def not_managed(live: LiveSku) -> Finding:
    """Return the finding of a live SKU that no file declares."""
    name = live.code or live.sku_id
    message = (
        f"{live.name}: not declared" if live.code else f"{live.name}: has no code, not declared"
    )
    return Finding(FindingKind.NOT_MANAGED, name, message, None)


def released(desired: DesiredState, base: Base, matches: Matches) -> Iterable[Finding]:
    """Yield the SKUs that the base declared and no file does any more, under whatever key."""
    named = {sku.sku_id for sku in matches.live.values()}
    named |= {entry.id for entry in desired.declared.values() if entry.id}
    for sku, entry in base.declared.items():
        known = base.shop.get(sku)
        sku_id = known.sku_id if known else entry.id
        if sku not in desired.declared and sku_id not in named:
            message = "no longer declared, so no longer touched"
            yield Finding(FindingKind.RELEASED, entry.sku, message, entry.source)


def idle_globs(desired: DesiredState) -> Iterable[Finding]:
    """Yield `frozen` patterns that match no declared SKU: a typo would freeze nothing."""
    for glob in desired.settings.frozen:
        if not any(fnmatchcase(sku, glob) for sku in desired.declared):
            message = "is to be frozen, and no declared SKU is called that"
            yield Finding(FindingKind.FROZEN, glob, message, None)


def unsettled(entry: Declared) -> Finding:
    """Return the finding of a SKU that a crashed apply may have written."""
    decides = f"its rule {entry.rule} decides"
    if entry.rule is Rule.ON_CHANGE:
        decides = "left alone as long as the declaration stays. Look, and give it a new as_of"
    message = (
        "an apply that never ended may have written this, and it is neither as before nor as"
        f" planned; {decides}"
    )
    return Finding(FindingKind.UNSETTLED, entry.sku, message, entry.source)


def not_read(skus: Collection[str], *, offline: bool) -> Finding:
    """Return the one finding about SKUs that were not read on purpose."""
    many = "1 declared SKU was" if len(skus) == 1 else f"{len(skus)} declared SKUs were"
    message = f"{many} not read, since the declaration has not changed"
    if offline:
        names = sorted(skus)
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        which = f"{', '.join(names[:10])}{more}"
        message = f"new or counted anew since the base, so only the store can tell: {which}"
    return Finding(FindingKind.UNREAD, "", message, None)


def finding_order(finding: Finding) -> tuple[bool, str, str, str]:
    """Return the sort key of a finding: errors first, then by kind and SKU."""
    return not finding.kind.is_error, finding.kind.value, finding.sku, finding.message
