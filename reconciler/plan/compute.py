"""Desired state × live state → plan. Pure: it writes nothing and asks nobody."""

import math
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from deepdiff import DeepDiff

from reconciler import __version__
from reconciler.errors import NoBaseError
from reconciler.model import (
    Action,
    Cause,
    Change,
    Declared,
    DesiredState,
    Finding,
    FindingKind,
    InventoryType,
    LiveSku,
    LiveState,
    Plan,
    Requests,
    Rule,
    Stock,
    StoreSettings,
    Summary,
    Target,
    finite,
)
from reconciler.plan.limits import check_limits
from reconciler.plan.match import Matches, match_skus
from reconciler.plan.rules import aim


def compute_plan(desired: DesiredState, live: LiveState, *, digest: str, created_at: str) -> Plan:
    """Return what would be written to bring *live* to what the rules ask for.

    *digest* names the desired state; *created_at* is an ISO date and time. Raises NoBaseError
    where a rule cannot be decided.
    """
    _require_no_base(desired.declared.values())
    matches = match_skus(desired.declared, live.listing.skus)
    pairs = _aim_all(desired, matches, live)
    frozen = {sku for sku in pairs if is_frozen(sku, desired.settings)}
    changes = changes_between(
        {sku: before for sku, (before, _) in pairs.items() if sku not in frozen},
        {sku: after for sku, (_, after) in pairs.items() if sku not in frozen},
    )
    actions = sort_actions(
        _action(desired.declared[sku], matches.live[sku], live, pairs[sku][1], fields)
        for sku, fields in changes.items()
    )
    findings = [
        *matches.findings,
        *_findings(desired, matches, pairs, frozen),
        *_gone(desired, matches, pairs),
        *map(_not_managed, matches.not_managed),
    ]
    summary = _summarise(desired, actions, pairs, len(matches.not_managed))
    return Plan(
        store=desired.settings.name,
        site_id=desired.settings.site_id,
        created_at=created_at,
        desired_digest=digest,
        actions=actions,
        findings=tuple(sorted(findings, key=_finding_order)),
        violations=check_limits(actions, summary, desired.settings.limits),
        summary=summary,
        requests=count_requests(live.reads, len(actions), live.limit),
        tool_version=__version__,
    )


def changes_between(
    before: Mapping[str, Stock], after: Mapping[str, Stock]
) -> dict[str, tuple[Change, ...]]:
    """Return the changed fields of each SKU that differs; empty exactly when both are equal.

    Equal stocks are sorted out by `==` first: DeepDiff takes a hundred times as long to say so.
    """
    differ = [sku for sku, stock in before.items() if stock != after[sku]]
    diff = DeepDiff(
        {sku: before[sku]._asdict() for sku in differ},
        {sku: after[sku]._asdict() for sku in differ},
        view="tree",
        ignore_private_variables=False,  # a SKU may start with __
    )
    found: dict[str, list[Change]] = {sku: [] for sku in differ}
    for items in diff.tree.values():
        for item in items:
            sku, field = item.path(output_format="list")
            found[sku].append(Change(field, item.t1, item.t2))
    return {
        sku: tuple(sorted(fields, key=lambda change: change.field)) for sku, fields in found.items()
    }


def is_frozen(sku: str, settings: StoreSettings) -> bool:
    """Return whether *settings* keep *sku* from being written."""
    return any(fnmatchcase(sku, glob) for glob in settings.frozen)


def count_requests(reads: int, writes: int, limit: int | None) -> Requests:
    """Return what plan and apply take together: a window's allowance may go at once, so the
    first minute is free."""
    windows = math.ceil((reads + 2 * writes) / limit) if limit else 1
    return Requests(reads, writes, 60 * max(0, windows - 1), limit)


def _require_no_base(declared: Iterable[Declared]) -> None:
    """Fail closed where a rule asks what was declared before: guessing could undo sales."""
    waiting = [entry for entry in declared if entry.rule is Rule.ON_CHANGE]
    if waiting:
        raise NoBaseError(
            f"{len(waiting)} SKUs have the rule on_change, which writes only what changed since a"
            f" base, and there is no base: the first is {waiting[0].sku} at {waiting[0].source};"
            " give them the rule exact, at_least, at_most or observe"
        )


def _aim_all(
    desired: DesiredState, matches: Matches, live: LiveState
) -> dict[str, tuple[Stock, Stock]]:
    """Return the live stock of each matched SKU that was read, and the stock to aim for."""
    pairs = {}
    for sku, found in matches.live.items():
        stock = live.stocks.get(found.sku_id)
        if stock is not None:
            entry = desired.declared[sku]
            pairs[sku] = stock, aim(entry.rule, entry.stock, stock)
    return pairs


def _action(
    entry: Declared, sku: LiveSku, live: LiveState, after: Stock, changes: tuple[Change, ...]
) -> Action:
    return Action(
        sku=entry.sku,
        name=sku.name,
        target=Target(live.listing.collection_id, sku.sku_id),
        rule=entry.rule,
        cause=Cause.UNKNOWN,
        before=live.stocks[sku.sku_id],
        after=after,
        base=None,
        source=entry.source,
        changes=changes,
    )


def sort_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return actions lowering before raising, so that a run cut short leaves the safer half."""
    return tuple(sorted(actions, key=lambda action: (not action.lowers, action.sku)))


def _findings(
    desired: DesiredState,
    matches: Matches,
    pairs: Mapping[str, tuple[Stock, Stock]],
    frozen: set[str],
) -> Iterable[Finding]:
    """Yield what is to be said of the declared SKUs that were read."""
    for sku, (before, after) in pairs.items():
        entry = desired.declared[sku]
        if matches.live[sku].archived:
            message = "its product is archived, so nobody can buy it"
            yield Finding(FindingKind.ARCHIVED, sku, message, entry.source)
        if not before.readable:
            kept = "; left alone" if before == after else ""
            message = f"the store gives {_unreadable(before)} for its quantity{kept}"
            yield Finding(FindingKind.UNREADABLE, sku, message, entry.source)
        if sku in frozen and before != after:
            message = f"{before} in the store and {after} to be set, but the store freezes it"
            yield Finding(FindingKind.FROZEN, sku, message, entry.source)
        elif before.readable and before == after != entry.stock:
            message = f"declared {entry.stock}, live {before}; left alone by the rule {entry.rule}"
            yield Finding(FindingKind.DRIFT, sku, message, entry.source)


def _unreadable(stock: Stock) -> str:
    return "nothing" if stock.quantity is None else f"the fraction {stock.quantity}"


def _gone(
    desired: DesiredState, matches: Matches, pairs: Mapping[str, tuple[Stock, Stock]]
) -> Iterable[Finding]:
    """Yield the SKUs that were listed and whose stock the store no longer knows."""
    for sku in matches.live.keys() - pairs.keys():
        message = "the store lists it and does not know its stock; run again"
        yield Finding(FindingKind.MISSING, sku, message, desired.declared[sku].source)


def _not_managed(live: LiveSku) -> Finding:
    name = live.code or live.sku_id
    message = (
        f"{live.name}: not declared" if live.code else f"{live.name}: has no code, not declared"
    )
    return Finding(FindingKind.NOT_MANAGED, name, message, None)


def _finding_order(finding: Finding) -> tuple[bool, str, str, str]:
    return not finding.kind.is_error, finding.kind.value, finding.sku, finding.message


def _summarise(
    desired: DesiredState,
    actions: tuple[Action, ...],
    pairs: Mapping[str, tuple[Stock, Stock]],
    not_managed: int,
) -> Summary:
    left_alone = [
        (desired.declared[sku].stock, before)
        for sku, (before, after) in pairs.items()
        if before == after and before != desired.declared[sku].stock
    ]
    return Summary(
        declared=len(desired.declared),
        live_units=sum(
            before.quantity for before, _ in pairs.values() if isinstance(before.quantity, int)
        ),
        to_change=len(actions),
        unchanged=len(pairs) - len(actions),
        not_managed=not_managed,
        drifted=len(left_alone),
        drifted_units=sum(_below(declared, live) for declared, live in left_alone),
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


def _has_stock(stock: Stock) -> bool:
    return stock.inventory_type is InventoryType.INFINITE or (stock.quantity or 0) > 0


def _below(declared: Stock, live: Stock) -> int:
    """Return by how many units *live* is below *declared*, where both are counted."""
    if isinstance(declared.quantity, int) and isinstance(live.quantity, int):
        return max(0, declared.quantity - live.quantity)
    return 0
