"""Turn the events of each SKU into a write, a finding, or nothing."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model import (
    MAX_QUANTITY,
    Action,
    Cause,
    Event,
    Finding,
    FindingKind,
    InventoryType,
    LedgerSku,
    LiveState,
    Rule,
    SoldSince,
    Source,
    Stock,
    StoreSettings,
    Target,
    finite,
)
from reconciler.plan.accounts import Account
from reconciler.plan.ledger import release
from reconciler.plan.rules import is_frozen
from reconciler.plan.sales import count_sold


class Booked(Struct):
    """The actions, findings, and ledgers that events lead to."""

    actions: list[Action] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ledgers: list[LedgerSku] = field(default_factory=list)


def book_events(
    accounts: Iterable[Account], live: LiveState, settings: StoreSettings, written: frozenset[str]
) -> Booked:
    """Return the actions and findings for the events of *accounts*.

    *written* are the ids of SKUs whose level is written. A written level includes their events.
    """
    booked = Booked()
    for account in accounts:
        _book(booked, account, live, settings, is_written=account.sku_id in written)
    return booked


def _book(
    booked: Booked,
    account: Account,
    live: LiveState,
    settings: StoreSettings,
    *,
    is_written: bool,
) -> None:
    """Add the actions and findings of one SKU to *booked*."""
    balance = account.balance
    settles = account.has_moved_key or not balance.is_settled(account.sku)
    fault = find_fault(account, settings)
    short = 0
    if fault is None and balance.asks_for_write and account.is_unsettled:
        made = _plan_write(account, live)
        if isinstance(made, Finding):
            fault = made
        else:
            booked.actions += [made.action] if made.action else []
            short = made.short
    if fault is not None:
        booked.findings.append(fault)
    if account.is_released:
        settles = balance.ledger != release(balance.ledger)
    if (fault is None or is_written) and (settles or is_written):
        booked.ledgers.append(replace(account.sku, short=short))
        if settles and fault is None:
            booked.findings += _name_settled(account)


def find_fault(account: Account, settings: StoreSettings) -> Finding | None:
    """Return the finding that blocks the events of a SKU, or None.

    The finding does not depend on the live stock.
    """
    balance, entry = account.balance, account.entry
    kind, message, source = None, "", account.source
    if account.is_released:
        return None
    if account.live is None:
        kind = FindingKind.MISSING if balance.has_new else None
        message = "The shop no longer lists this SKU. Delete its events, or restore the SKU."
    elif entry is not None and entry.rule is not Rule.ON_CHANGE:
        kind = FindingKind.OWNED if balance.has_new else None
        message = (
            f"The rule {entry.rule} owns the number, so events can't change it. Change the"
            " level, or the rule to on_change."
        )
    elif balance.fault is not None:
        kind, message = balance.fault.kind, balance.fault.message
        source = balance.fault.event.source if balance.fault.event else source
    elif balance.asks_for_write and is_frozen(account.key, settings):
        kind, message = (
            FindingKind.FROZEN,
            ("`frozen` in store.yaml matches this SKU. Its events wait."),
        )
    return Finding(kind, account.key, message, source) if kind else None


def _find(account: Account, kind: FindingKind, message: str) -> Finding:
    return Finding(kind, account.key, message, account.source)


class _Made(NamedTuple):
    """The write that events need, and the units cut off below 0.

    `action` is None if the shop already has that stock.
    """

    action: Action | None
    short: int = 0


def _plan_write(
    account: Account, live: LiveState, sold: SoldSince | None = None
) -> _Made | Finding:
    """Return the write that the events need, or the finding that blocks it.

    Sales since a count come from the orders unless *sold* is given.
    """
    stock = live.stocks.get(account.sku_id)
    if stock is None:
        return _find(
            account,
            FindingKind.MISSING,
            ("The shop lists it without a stock. Run `reconciler plan` again."),
        )
    if not stock.readable:
        message = f"The shop's quantity is {stock}. Its events wait."
        return _find(account, FindingKind.UNREADABLE, message)
    if (count := account.balance.count) is not None:
        return _plan_count(account, count, live, stock, sold)
    return _plan_adjustment(account, live, stock)


def _plan_adjustment(account: Account, live: LiveState, stock: Stock) -> _Made | Finding:
    units = account.balance.units
    if stock.inventory_type is InventoryType.INFINITE:
        message = (
            "The SKU is infinite in the shop, so nothing can be added. Count it, or delete the"
            " event."
        )
        return _find(account, FindingKind.OWNED, message)
    after = int(stock.quantity or 0) + units
    if not 0 <= after <= MAX_QUANTITY:
        message = (
            f"The shop has {stock}, so {units:+} would make {after}. Check the SKU, and count it."
        )
        return _find(account, FindingKind.SHORT, message)
    return _Made(_act(account, live, stock, after, Cause.ADJUSTED, None))


def _plan_count(
    account: Account, count: Event, live: LiveState, stock: Stock, known: SoldSince | None
) -> _Made | Finding:
    is_offline = live.orders is not None and live.orders.is_offline
    sold = known if known or is_offline else count_sold(live.orders, account.sku_id, count.at)
    if isinstance(sold, str):
        is_unread = live.orders is None or bool(live.orders.fault)
        advice = "" if is_unread else ". Count again."
        message = f"Sales since the count of {count.units} are unknown: {sold}{advice or '.'}"
        return Finding(FindingKind.UNCERTAIN, account.key, message, count.source)
    target = target_of_count(count.units, account.balance.units, sold)
    after = max(0, target)
    if after > MAX_QUANTITY:
        message = (
            f"The count plus later deliveries would make {after}, which is too many. Count again."
        )
        return Finding(FindingKind.SHORT, account.key, message, count.source)
    is_there = stock == finite(after)
    action = None if is_there else _act(account, live, stock, after, Cause.COUNTED, sold)
    return _Made(action, after - target)


def replan(account: Account, action: Action, live: LiveState) -> Action | None:
    """Return the action for *account*, given the live stock and sales that *action* has.

    Returns None if the events need no write.
    """
    stocks = {account.sku_id: action.before}
    made = _plan_write(account, replace(live, stocks=stocks), action.sold_since)
    is_asked = account.balance.asks_for_write and account.is_unsettled
    return made.action if is_asked and isinstance(made, _Made) else None


def target_of_count(counted: int, came_in: int, sold: SoldSince | None) -> int:
    """Return the units to aim for: the count, less what was sold, plus what came in."""
    return counted - (sold.units if sold else 0) + came_in


def _act(
    account: Account,
    live: LiveState,
    before: Stock,
    after: int,
    cause: Cause,
    sold: SoldSince | None,
) -> Action:
    is_infinite = before.inventory_type is InventoryType.INFINITE
    changes = account.balance.changes
    return Action(
        sku=account.key,
        name=account.live.name if account.live else "",
        target=Target(live.listing.collection_id, account.sku_id),
        rule=Rule.ON_CHANGE,
        cause=cause,
        before=before,
        after=finite(after),
        reference=None,
        put_back=0,
        source=next((one.source for one in changes if one.source), account.source),
        correction=None if is_infinite else after - int(before.quantity or 0),
        sold_since=sold,
        events=changes,
    )


def _name_settled(account: Account) -> Iterator[Finding]:
    """Yield findings for events that change nothing."""
    source: Source | None
    if account.is_released:
        message = "No file names this SKU anymore. Units that its events added stay in the shop."
        yield Finding(FindingKind.RELEASED, account.key, message, None)
        return
    for message, event in account.balance.included:
        source = event.source if event else None
        yield Finding(FindingKind.INCLUDED, account.key, message, source)
    if account.has_moved_key:
        message = (
            "An event key moved from one SKU of the shop to another. Units already added stay"
            " with the first one."
        )
        yield Finding(FindingKind.INCLUDED, account.key, message, account.source)
    has_ended = account.live is None or (
        account.entry is not None and account.entry.rule is not Rule.ON_CHANGE
    )
    if has_ended and account.balance.has_changed:
        why = "its rule owns the number" if account.live else "the shop no longer lists it"
        message = f"Its events changed, but {why}. Nothing is written."
        yield Finding(FindingKind.INCLUDED, account.key, message, account.source)
