"""Desired state × base × live state → plan."""

import math
from collections.abc import Collection, Iterable, Iterator
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
    InventoryType,
    LiveSku,
    LiveState,
    Plan,
    Provenance,
    Reference,
    Requests,
    Rule,
    SettledSku,
    Stock,
    StoreSettings,
    Summary,
    Target,
    finite,
)
from reconciler.plan.findings import (
    archived,
    finding_order,
    frozen,
    idle_globs,
    left_alone,
    not_managed,
    not_read,
    released,
    replaced,
    unreadable,
    unsettled,
)
from reconciler.plan.limits import check_limits
from reconciler.plan.match import Matches, gone, match_skus
from reconciler.plan.recovery import recover_pending, with_recovered
from reconciler.plan.reference import References
from reconciler.plan.rules import aim, count_put_back


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
    references = References(base, desired)
    require_knowledge(desired, references)
    recovered = recover_pending(base.pending if base else (), live.stocks)
    if base is not None and base.pending:
        base = with_recovered(base, recovered.done)
        references = References(base, desired)
    matches = matches or match_skus(desired.declared, live.listing.skus)
    judged = _judge_all(desired, matches, live, references, unread)
    actions = _make_actions(judged.differing, live)
    findings = [
        *matches.findings,
        *judged.findings,
        *_find_others(desired, base, matches),
        *([not_read(unread, offline=provenance.offline)] if unread else []),
        *(unsettled(desired.declared[sku]) for sku in recovered.unsure if sku in desired.declared),
    ]
    summary = _summarise(desired, judged, actions, len(matches.not_managed))
    return Plan(
        store=desired.settings.name,
        site_id=desired.settings.site_id,
        provenance=provenance,
        actions=actions,
        findings=tuple(sorted(findings, key=finding_order)),
        violations=check_limits(actions, summary, desired.settings.limits),
        summary=summary,
        requests=count_requests(live.reads, len(actions), live.limit),
        unread=tuple(sorted(unread)),
        recovered=recovered.done,
        settled=tuple(sorted(judged.settled, key=lambda one: one.sku)),
        tool_version=__version__,
    )


def _find_others(desired: DesiredState, base: Base | None, matches: Matches) -> Iterator[Finding]:
    """Yield what there is to say of SKUs and patterns that no file declares."""
    yield from map(not_managed, matches.not_managed)
    yield from idle_globs(desired)
    if base is not None:
        yield from released(desired, base, matches)


def require_knowledge(desired: DesiredState, references: References) -> None:
    """Fail closed where a rule needs what was known before: guessing could undo sales.

    Raises:
        NoBaseError: There is no base, and an `on_change` SKU that was not observed either.
    """
    if references.has_base:
        return
    waiting = [
        entry
        for entry in desired.declared.values()
        if entry.rule is Rule.ON_CHANGE and references.look_up(entry, None) is None
    ]
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
    reference: Reference | None


@dataclass(slots=True)
class _Judged:
    """What the declared SKUs that were read add up to."""

    differing: list[_Differing] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    settled: list[SettledSku] = field(default_factory=list)
    count: int = 0
    live_units: int = 0
    drifted: int = 0
    drifted_units: int = 0


def _judge_all(
    desired: DesiredState,
    matches: Matches,
    live: LiveState,
    references: References,
    unread: Collection[str],
) -> _Judged:
    """Look at each matched SKU: is it as declared, to be written, or to be spoken of?"""
    judged = _Judged()
    declared, stocks = desired.declared, live.stocks
    units = 0
    for name, sku in matches.live.items():
        entry, stock = declared[name], stocks.get(sku.sku_id)
        if stock is None:
            if name in unread:
                units += _counted(entry.stock)
            else:
                judged.findings.append(gone(entry))
            continue
        judged.count += 1
        if type(stock.quantity) is int:
            units += stock.quantity
        # Of a hundred thousand SKUs almost all are as declared, and need no rule to say so.
        if stock == entry.stock and not sku.archived:
            if not references.is_known(entry, sku.sku_id):
                _settle_equal(judged, entry, sku, references)
            continue
        _judge(judged, desired.settings, entry, sku, stock, references)
    judged.live_units = units
    return judged


def _settle_equal(judged: _Judged, entry: Declared, sku: LiveSku, references: References) -> None:
    """Settle a level that the shop has, unless its code went to another SKU."""
    if entry.rule is Rule.ON_CHANGE and references.is_replaced(entry, sku.sku_id):
        judged.findings.append(replaced(entry, sku))
    else:
        judged.settled.append(SettledSku(entry.sku, sku.sku_id))


def _judge(
    judged: _Judged,
    settings: StoreSettings,
    entry: Declared,
    sku: LiveSku,
    before: Stock,
    references: References,
) -> None:
    """Add to *judged* what is to be done and said of one SKU that is *before* now."""
    findings = judged.findings
    if entry.rule is Rule.ON_CHANGE and references.is_replaced(entry, sku.sku_id):
        findings.append(replaced(entry, sku))
        return
    reference = references.look_up(entry, sku.sku_id)
    after = aim(entry.rule, entry.stock, reference, before)
    if sku.archived:
        findings.append(archived(entry))
    if not before.readable:
        findings.append(unreadable(entry, before, is_kept=before == after))
    if before != after and is_frozen(entry.sku, settings):
        findings.append(frozen(entry, before, after))
        return
    if before != after:
        judged.differing.append(_Differing(entry, sku, before, after, reference))
        return
    if not references.is_known(entry, sku.sku_id):
        judged.settled.append(_settled(entry, sku, before, reference))
    if before != entry.stock and before.readable:
        judged.drifted += 1
        judged.drifted_units += _below(entry.stock, before)
        findings.append(left_alone(entry, before, reference))


def _settled(entry: Declared, sku: LiveSku, live: Stock, reference: Reference | None) -> SettledSku:
    """Return what is known of a SKU that is dealt with without a write.

    If its level says nothing new, that is what was known before, whatever the shop sold since.
    """
    had, at = live, ""
    if reference is not None and not reference.has_changed:
        had, at = reference.had or entry.stock, reference.at
    is_declared = had == entry.stock or not had.readable
    return SettledSku(entry.sku, sku.sku_id, None if is_declared else had, at)


def find_cause(reference: Reference | None, live: Stock) -> Cause:
    """Return why there is something to write for a SKU that is *live* now."""
    if reference is None:
        return Cause.UNKNOWN
    if not reference.has_changed:
        return Cause.DRIFT
    return Cause.DECLARED if reference.had in {None, live} else Cause.BOTH


def _make_actions(differing: Iterable[_Differing], live: LiveState) -> tuple[Action, ...]:
    return sort_actions(
        Action(
            sku=each.entry.sku,
            name=each.sku.name,
            target=Target(live.listing.collection_id, each.sku.sku_id),
            rule=each.entry.rule,
            cause=find_cause(each.reference, each.before),
            before=each.before,
            after=each.after,
            reference=each.reference,
            put_back=count_put_back(each.reference, each.before, each.after),
            source=each.entry.source,
        )
        for each in differing
    )


def sort_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return actions lowering before raising, so that a run cut short leaves the safer half."""
    return tuple(sorted(actions, key=lambda action: (not action.lowers, action.sku)))


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
