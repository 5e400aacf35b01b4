"""Desired state × base × live state → plan. Pure: it writes nothing and asks nobody."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from reconciler import __version__
from reconciler.errors import NoBaseError
from reconciler.model import (
    Action,
    Base,
    Cause,
    Declared,
    DesiredState,
    Finding,
    FindingKind,
    InventoryType,
    LiveSku,
    LiveState,
    Plan,
    Provenance,
    Requests,
    Rule,
    Stock,
    StoreSettings,
    Summary,
    Target,
    finite,
)
from reconciler.plan.limits import check_limits
from reconciler.plan.match import Matches, gone, match_skus
from reconciler.plan.recovery import recover_pending, with_recovered
from reconciler.plan.reference import BaseIndex
from reconciler.plan.rules import aim


def compute_plan(
    desired: DesiredState,
    live: LiveState,
    base: Base | None,
    provenance: Provenance,
    *,
    matches: Matches | None = None,
    unread: Collection[str] = (),
) -> Plan:
    """Return what would be written to bring *live* to what the rules ask for.

    *matches* says which live SKU each declared one names, if that is known already; *unread* are
    declared SKUs whose stock was not asked for on purpose.

    Raises:
        NoBaseError: A rule needs a base and there is none.
    """
    if base is None:
        require_no_base(desired.declared.values())
    recovered = recover_pending(base.pending if base else (), live.stocks)
    if base is not None and base.pending:
        base = with_recovered(base, recovered.done)
    matches = matches or match_skus(desired.declared, live.listing.skus)
    judged = _judge_all(desired, matches, live, base, unread)
    actions = _make_actions(judged.differing, live)
    findings = [
        *matches.findings,
        *judged.findings,
        *map(_not_managed, matches.not_managed),
        *_idle_globs(desired),
        *(_released(desired, base) if base else ()),
        *([_unread(unread, offline=provenance.offline)] if unread else []),
        *(_unsettled(desired.declared[sku]) for sku in recovered.unsure if sku in desired.declared),
    ]
    summary = _summarise(desired, judged, actions, len(matches.not_managed))
    return Plan(
        store=desired.settings.name,
        site_id=desired.settings.site_id,
        provenance=provenance,
        actions=actions,
        findings=tuple(sorted(findings, key=_finding_order)),
        violations=check_limits(actions, summary, desired.settings.limits),
        summary=summary,
        requests=count_requests(live.reads, len(actions), live.limit),
        unread=tuple(sorted(unread)),
        recovered=recovered.done,
        tool_version=__version__,
    )


def require_no_base(declared: Iterable[Declared]) -> None:
    """Fail closed where a rule asks what was declared before: guessing could undo sales."""
    waiting = [entry for entry in declared if entry.rule is Rule.ON_CHANGE]
    if waiting:
        many = f"{len(waiting)} SKUs have" if len(waiting) > 1 else "1 SKU has"
        raise NoBaseError(
            f"{many} the rule on_change, which writes only what was changed since a base, and"
            f" there is no base: the first is {waiting[0].sku} at {waiting[0].source}"
        )


def is_frozen(sku: str, settings: StoreSettings) -> bool:
    """Return whether *settings* keep *sku* from being written."""
    return any(fnmatchcase(sku, glob) for glob in settings.frozen)


def count_requests(reads: int, writes: int, limit: int | None) -> Requests:
    """Return what plan and apply take together: a window's allowance may go at once, so the
    first minute is free."""
    windows = math.ceil((reads + 2 * writes) / limit) if limit else 1
    return Requests(reads, writes, 60 * max(0, windows - 1), limit)


@dataclass(slots=True)
class _Differing:
    """A SKU that is to be written."""

    entry: Declared
    sku: LiveSku
    before: Stock
    after: Stock
    base: Stock | None
    cause: Cause


@dataclass(slots=True)
class _Judged:
    """What the declared SKUs that were read add up to."""

    differing: list[_Differing] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    count: int = 0
    live_units: int = 0
    drifted: int = 0
    drifted_units: int = 0


def _judge_all(
    desired: DesiredState,
    matches: Matches,
    live: LiveState,
    base: Base | None,
    unread: Collection[str],
) -> _Judged:
    """Look at each matched SKU: is it as declared, to be written, or to be spoken of?"""
    judged = _Judged()
    index = BaseIndex(base.declared) if base else None
    declared, stocks = desired.declared, live.stocks
    units = 0
    for name, sku in matches.live.items():
        stock = stocks.get(sku.sku_id)
        if stock is None:
            if name in unread:
                units += _counted(declared[name].stock)
            else:
                judged.findings.append(gone(declared[name]))
            continue
        judged.count += 1
        if type(stock.quantity) is int:
            units += stock.quantity
        # Of a hundred thousand SKUs almost all are as declared, and need no rule to say so.
        if stock == declared[name].stock and not sku.archived:
            continue
        _judge(judged, desired.settings, declared[name], sku, stock, index)
    judged.live_units = units
    return judged


def _judge(
    judged: _Judged,
    settings: StoreSettings,
    entry: Declared,
    sku: LiveSku,
    before: Stock,
    index: BaseIndex | None,
) -> None:
    """Add to *judged* what is to be done and said of one SKU that is *before* now."""
    based = index.look_up(entry, sku.sku_id) if index else None
    stock, recounted = based or (None, False)
    after = aim(entry.rule, entry.stock, stock, before, recounted=recounted)
    findings = judged.findings
    if sku.archived:
        message = "its product is archived, so nobody can buy it"
        findings.append(Finding(FindingKind.ARCHIVED, entry.sku, message, entry.source))
    if not before.readable:
        kept = "; left alone" if before == after else ""
        message = f"the store gives {_unreadable(before)} for its quantity{kept}"
        findings.append(Finding(FindingKind.UNREADABLE, entry.sku, message, entry.source))
    if before != after and is_frozen(entry.sku, settings):
        message = f"{before} in the store and {after} to be set, but the store freezes it"
        findings.append(Finding(FindingKind.FROZEN, entry.sku, message, entry.source))
    elif before != after:
        cause = based.cause(entry.stock, before) if based else Cause.UNKNOWN
        judged.differing.append(_Differing(entry, sku, before, after, stock, cause))
    elif before != entry.stock:
        if before.readable:
            judged.drifted += 1
            judged.drifted_units += _below(entry.stock, before)
        is_overtaken = (
            entry.rule is Rule.ON_CHANGE and based is not None and based.has_changed(entry.stock)
        )
        if before.readable:
            findings.append(_left_alone(entry, before, stock if is_overtaken else None))


def _left_alone(entry: Declared, live: Stock, overtaken_from: Stock | None) -> Finding:
    """Return what is said of a SKU that differs and is not written."""
    if overtaken_from is None:
        message = f"declared {entry.stock}, live {live}; left alone by the rule {entry.rule}"
        return Finding(FindingKind.DRIFT, entry.sku, message, entry.source)
    message = (
        f"declared {overtaken_from} -> {entry.stock}, but the store has gone on to {live};"
        " left alone, since writing would undo that. If the declared number was counted,"
        " give it a new as_of"
    )
    return Finding(FindingKind.OVERTAKEN, entry.sku, message, entry.source)


def _make_actions(differing: Iterable[_Differing], live: LiveState) -> tuple[Action, ...]:
    return sort_actions(
        Action(
            sku=each.entry.sku,
            name=each.sku.name,
            target=Target(live.listing.collection_id, each.sku.sku_id),
            rule=each.entry.rule,
            cause=each.cause,
            before=each.before,
            after=each.after,
            base=each.base,
            source=each.entry.source,
        )
        for each in differing
    )


def sort_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return actions lowering before raising, so that a run cut short leaves the safer half."""
    return tuple(sorted(actions, key=lambda action: (not action.lowers, action.sku)))


def _unreadable(stock: Stock) -> str:
    return "nothing" if stock.quantity is None else f"the fraction {stock.quantity}"


def _not_managed(live: LiveSku) -> Finding:
    name = live.code or live.sku_id
    message = (
        f"{live.name}: not declared" if live.code else f"{live.name}: has no code, not declared"
    )
    return Finding(FindingKind.NOT_MANAGED, name, message, None)


def _released(desired: DesiredState, base: Base) -> Iterable[Finding]:
    """Yield the SKUs that the base declared and nobody does any more."""
    gone = [entry for sku, entry in base.declared.items() if sku not in desired.declared]
    pinned = {entry.id for entry in desired.declared.values() if entry.id} if gone else set()
    for entry in gone:
        if entry.id is None or entry.id not in pinned:
            message = "no longer declared, so no longer touched"
            yield Finding(FindingKind.RELEASED, entry.sku, message, entry.source)


def _idle_globs(desired: DesiredState) -> Iterable[Finding]:
    """Yield what is to be frozen and is declared nowhere: a typo would freeze nothing."""
    for glob in desired.settings.frozen:
        if not any(fnmatchcase(sku, glob) for sku in desired.declared):
            message = "is to be frozen, and no declared SKU is called that"
            yield Finding(FindingKind.FROZEN, glob, message, None)


def _unsettled(entry: Declared) -> Finding:
    decides = f"its rule {entry.rule} decides"
    if entry.rule is Rule.ON_CHANGE:
        decides = "left alone as long as the declaration stays. Look, and give it a new as_of"
    message = (
        "an apply that never ended may have written this, and it is neither as before nor as"
        f" planned; {decides}"
    )
    return Finding(FindingKind.UNSETTLED, entry.sku, message, entry.source)


def _unread(unread: Collection[str], *, offline: bool) -> Finding:
    many = "1 declared SKU was" if len(unread) == 1 else f"{len(unread)} declared SKUs were"
    message = f"{many} not read, since the declaration has not changed"
    if offline:
        names = sorted(unread)
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        which = f"{', '.join(names[:10])}{more}"
        message = f"new or counted anew since the base, so only the store can tell: {which}"
    return Finding(FindingKind.UNREAD, "", message, None)


def _finding_order(finding: Finding) -> tuple[bool, str, str, str]:
    return not finding.kind.is_error, finding.kind.value, finding.sku, finding.message


def _summarise(
    desired: DesiredState,
    judged: _Judged,
    actions: tuple[Action, ...],
    not_managed: int,
) -> Summary:
    return Summary(
        declared=len(desired.declared),
        live_units=judged.live_units,
        to_change=len(actions),
        unchanged=judged.count - len(actions),
        not_managed=not_managed,
        drifted=judged.drifted,
        drifted_units=judged.drifted_units,
        **total_units(actions),
    )


def total_units(actions: Iterable[Action]) -> dict[str, int]:
    """Return what `units_raised`, `units_lowered` and `zeroed` of a summary are for *actions*."""
    actions = tuple(actions)
    return {
        "units_raised": sum(max(action.units, 0) for action in actions),
        "units_lowered": sum(max(-action.units, 0) for action in actions),
        "zeroed": sum(
            action.after == finite(0) and _has_stock(action.before) for action in actions
        ),
    }


def _counted(stock: Stock) -> int:
    return stock.quantity if isinstance(stock.quantity, int) else 0


def _has_stock(stock: Stock) -> bool:
    return stock.inventory_type is InventoryType.INFINITE or (stock.quantity or 0) > 0


def _below(declared: Stock, live: Stock) -> int:
    """Return by how many units *live* is below *declared*, where both are counted."""
    if isinstance(declared.quantity, int) and isinstance(live.quantity, int):
        return max(0, declared.quantity - live.quantity)
    return 0
