"""Compute the plan that brings a shop to its desired state."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from reconciler import __version__
from reconciler.errors import NoBaseError
from reconciler.model import (
    Action,
    Base,
    DesiredState,
    Finding,
    InventoryType,
    LiveState,
    Plan,
    Provenance,
    Recovered,
    Requests,
    Rule,
    Stock,
    Summary,
    finite,
)
from reconciler.plan.accounts import Account
from reconciler.plan.booking import book_events
from reconciler.plan.findings import (
    find_low,
    finding_order,
    idle_globs,
    not_managed,
    not_read,
    released,
)
from reconciler.plan.levels import Judged, count_units, judge_levels, make_actions
from reconciler.plan.limits import check_limits, measure_limits
from reconciler.plan.match import match_skus
from reconciler.plan.naming import Named, name_skus
from reconciler.plan.recovery import name_doubts, recover, with_recovered
from reconciler.plan.reference import References


def compute_plan(
    desired: DesiredState,
    live: LiveState,
    base: Base | None,
    provenance: Provenance,
    *,
    named: Named | None = None,
    unread: Collection[str] = (),
) -> Plan:
    """Return the plan that brings *live* to what levels and events require.

    *named* are the live SKUs of the files, if known. *unread* SKUs were not read on purpose.

    Raises:
        NoBaseError: A rule or an event needs a base, and there is none.
    """
    require_knowledge(desired, References(base, desired))
    offline = provenance.offline
    base, recovered, named, doubts = _recover(desired, base, live, named, offline=offline)
    judged = judge_levels(desired, live, References(base, desired), unread, named)
    shown, hidden = _split_accounts(named, live, offline=offline)
    free = [one for one in shown if one.sku_id not in judged.blocked_ids | named.in_doubt]
    booked = book_events(free, live, desired.settings, judged.written_ids)
    actions = sort_actions([*make_actions(judged.differing, live), *booked.actions])
    unread = {*_find_unread(unread, live, named), *(one.key for one in hidden)}
    findings = [
        *_find_all(desired, base, live, named, offline=offline),
        *judged.findings,
        *booked.findings,
        *not_read(unread, offline=offline),
        *doubts,
    ]
    summary = _summarise(desired, judged, _stocks_without_level(shown, live), actions, named)
    return Plan(
        store=desired.settings.name,
        site_id=desired.settings.site_id,
        provenance=provenance,
        actions=actions,
        findings=tuple(sorted(findings, key=finding_order)),
        violations=check_limits(actions, summary, desired.settings.limits),
        limits=measure_limits(actions, summary, desired.settings.limits),
        summary=summary,
        requests=count_requests(live.reads, len(actions), live.limit),
        unread=tuple(sorted(unread)),
        recovered=recovered,
        settled=tuple(sorted(judged.settled, key=lambda one: one.sku)),
        ledgers=tuple(sorted(booked.ledgers, key=lambda one: one.sku_id)),
        tool_version=__version__,
    )


def _find_unread(unread: Collection[str], live: LiveState, named: Named) -> set[str]:
    """Return the *unread* SKUs whose stock is unknown: not read, and not at rest."""
    matched = named.matches.live
    unread = frozenset(unread) - named.resting
    return {sku for sku in unread if sku not in matched or matched[sku].sku_id not in live.stocks}


class _Known(NamedTuple):
    """The base with the recovered writes of a crashed run, and the SKUs that the files name."""

    base: Base | None
    recovered: Recovered
    named: Named
    doubts: tuple[Finding, ...] = ()


def _recover(
    desired: DesiredState,
    base: Base | None,
    live: LiveState,
    named: Named | None,
    *,
    offline: bool,
) -> _Known:
    """Return the base and the named SKUs after stock and orders resolved writes in doubt."""
    if base is None or not base.pending:
        return _Known(base, Recovered(), named or _name(desired, base, live))
    told = replace(live, stocks={}) if offline else live
    recovered = recover(base, desired.declared, told)
    after = with_recovered(base, recovered)
    again = _name(desired, after, live)
    if named is not None:
        again = replace(again, resting=named.resting)
    doubts = tuple(name_doubts(base, desired, live, recovered, again.in_doubt))
    return _Known(after, recovered, again, doubts)


def _name(desired: DesiredState, base: Base | None, live: LiveState) -> Named:
    matches = match_skus(desired.declared, live.listing)
    return name_skus(desired, base, live.listing, matches, live.now)


def _split_accounts(
    named: Named, live: LiveState, *, offline: bool
) -> tuple[list[Account], list[Account]]:
    """Return the accounts to plan, and those whose stock is unknown offline."""
    shown, hidden = [], []
    for one in named.accounts.by_id.values():
        if one.sku_id in live.stocks or one.live is None or not offline:
            shown.append(one)
        elif one.is_unsettled:
            hidden.append(one)
    return shown, hidden


def _stocks_without_level(accounts: Iterable[Account], live: LiveState) -> list[Stock]:
    """Return the stocks of SKUs that have events and no level."""
    return [
        live.stocks[one.sku_id]
        for one in accounts
        if one.entry is None and not one.is_released and one.sku_id in live.stocks
    ]


def _find_all(
    desired: DesiredState,
    base: Base | None,
    live: LiveState,
    named: Named,
    *,
    offline: bool,
) -> Iterator[Finding]:
    """Yield the findings that are not about a single level or event."""
    yield from named.matches.findings
    yield from named.accounts.findings
    if not offline:  # offline, the live stock is unknown
        yield from find_low(desired, named, live.stocks)
    yield from map(not_managed, named.not_managed)
    yield from idle_globs(desired)
    if base is not None:
        kept = {one.sku_id for one in named.accounts.by_id.values() if not one.is_released}
        yield from released(desired, base, named.matches, kept)


def require_knowledge(desired: DesiredState, references: References) -> None:
    """Check that there is a base if a rule or an event needs one: guessing would undo sales.

    Raises:
        NoBaseError: There is no base, but an event, or an `on_change` SKU without an observation.
    """
    if references.has_base:
        return
    if desired.events:
        many = f"{len(desired.events)} events are" if len(desired.events) > 1 else "1 event is"
        first = desired.events[0]
        raise NoBaseError(
            f"{many} in the files, but no record shows which of them the shop has. The first is"
            f" {first.sku} at {first.source}."
        )
    waiting = [
        entry
        for entry in desired.declared.values()
        if entry.rule is Rule.ON_CHANGE and references.look_up(entry, None) is None
    ]
    if waiting:
        many = f"{len(waiting)} SKUs have" if len(waiting) > 1 else "1 SKU has"
        raise NoBaseError(
            f"{many} the rule `on_change`, which needs a base, but there is none. The first is"
            f" {waiting[0].sku} at {waiting[0].source}."
        )


def count_requests(reads: int, writes: int, limit: int | None) -> Requests:
    """Return the requests and the seconds that plan and apply take together.

    A window's allowance can be used at once, so the first minute is free.
    """
    windows = math.ceil((reads + 2 * writes) / limit) if limit else 1
    return Requests(reads, writes, 60 * max(0, windows - 1), limit)


def sort_actions(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return actions sorted so that stock is lowered before it is raised.

    So a run that is cut short leaves the safer half.
    """
    return tuple(sorted(actions, key=lambda action: (not action.lowers, action.sku)))


def _summarise(
    desired: DesiredState,
    judged: Judged,
    events_alone: Sequence[Stock],
    actions: tuple[Action, ...],
    named: Named,
) -> Summary:
    return Summary(
        declared=count_managed(desired),
        live_units=judged.live_units + sum(map(count_units, events_alone)),
        to_change=len(actions),
        unchanged=judged.count + len(events_alone) - len(actions),
        not_managed=len(named.not_managed),
        drifted=judged.drifted,
        drifted_units=judged.drifted_units,
        unread=judged.unread,
        **total_units(actions),
    )


def count_managed(desired: DesiredState) -> int:
    """Return how many SKUs levels or events name."""
    return len(desired.declared.keys() | {one.sku for one in desired.events})


def total_units(actions: Iterable[Action]) -> dict[str, int]:
    """Return `units_raised`, `units_lowered`, and `zeroed` of a summary for *actions*."""
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
