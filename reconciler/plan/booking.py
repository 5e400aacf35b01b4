"""The events of one SKU × its live stock × its orders → a write, a finding, or nothing to do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from reconciler.model import (
    MAX_QUANTITY,
    Action,
    Cause,
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


@dataclass(slots=True)
class Booked:
    """What the events of all SKUs add up to."""

    actions: list[Action] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ledgers: list[LedgerSku] = field(default_factory=list)


def book_events(
    accounts: Iterable[Account], live: LiveState, settings: StoreSettings, written: frozenset[str]
) -> Booked:
    """Return what is to be done and said about the events of *accounts*.

    *written* are the ids of SKUs whose level is written, which has their events then.
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
    """Add to *booked* what is to be done and said about one SKU."""
    balance = account.balance
    settles = account.has_lost_key or not balance.is_settled(account.named)
    fault = find_fault(account, settings)
    if fault is None and balance.asks_for_write and account.is_unsettled:
        made = _plan_write(account, live)
        if isinstance(made, Action):
            booked.actions.append(made)
        elif made is not None:
            fault = made
    if fault is not None:
        booked.findings.append(fault)
    if account.is_released:
        settles = balance.ledger != release(balance.ledger)
    if (fault is None or is_written) and (settles or is_written):
        booked.ledgers.append(account.named)
        if settles and fault is None and not account.is_released:
            booked.findings += _name_included(account)


def find_fault(account: Account, settings: StoreSettings) -> Finding | None:
    """Return why the events of a SKU can't be dealt with, whatever the shop has; or None."""
    balance, entry = account.balance, account.entry
    kind, message, source = None, "", account.source
    if account.is_released:
        return None
    if account.live is None:
        kind = FindingKind.MISSING if balance.has_new else None
        message = "the shop does not list this SKU any more. Delete its events, or put it back"
    elif entry is not None and entry.rule is not Rule.ON_CHANGE:
        kind = FindingKind.OWNED if balance.has_new else None
        message = (
            f"its rule {entry.rule} owns the number, so an event can't change it. Change the level,"
            " or the rule to on_change"
        )
    elif balance.fault is not None:
        kind, message = balance.fault.kind, balance.fault.message
        source = balance.fault.event.source if balance.fault.event else source
    elif account.is_in_doubt:
        kind = FindingKind.UNCERTAIN
        message = (
            "a crashed apply may have changed this SKU. Look what there is, and count it:"
            " reconciler count"
        )
    elif balance.asks_for_write and is_frozen(account.sku, settings):
        kind, message = FindingKind.FROZEN, "the store freezes it, so its events wait"
    return Finding(kind, account.sku, message, source) if kind else None


def _find(account: Account, kind: FindingKind, message: str) -> Finding:
    return Finding(kind, account.sku, message, account.source)


def _plan_write(
    account: Account, live: LiveState, sold: SoldSince | None = None
) -> Action | Finding | None:
    """Return the action that the events ask for; a finding why not; None if the shop has it.

    What was *sold* since a count is taken from the orders unless it is given.
    """
    stock = live.stocks.get(account.sku_id)
    if stock is None:
        return _find(account, FindingKind.MISSING, "the shop lists it without a stock. Plan again")
    if not stock.readable:
        message = f"the shop gives {stock} for its quantity. Its events wait"
        return _find(account, FindingKind.UNREADABLE, message)
    if account.balance.count is not None:
        return _plan_count(account, live, stock, sold)
    return _plan_adjustment(account, live, stock)


def _plan_adjustment(account: Account, live: LiveState, stock: Stock) -> Action | Finding:
    units = account.balance.units
    if stock.inventory_type is InventoryType.INFINITE:
        message = (
            "the shop has it as infinite, to which nothing adds. Count it, or delete the event"
        )
        return _find(account, FindingKind.OWNED, message)
    after = int(stock.quantity or 0) + units
    if not 0 <= after <= MAX_QUANTITY:
        message = f"the shop has {stock}, so {units:+} would make {after}. Look, and count it"
        return _find(account, FindingKind.SHORT, message)
    return _act(account, live, stock, after, Cause.ADJUSTED, None)


def _plan_count(
    account: Account, live: LiveState, stock: Stock, known: SoldSince | None
) -> Action | Finding | None:
    balance = account.balance
    count = balance.count
    if count is None:
        return None
    is_offline = live.orders is not None and live.orders.is_offline
    sold = known if known or is_offline else count_sold(live.orders, account.sku_id, count.at)
    if isinstance(sold, str):
        message = f"what was sold since the count of {count.units} is not known: {sold}"
        return Finding(FindingKind.UNCERTAIN, account.sku, message, count.source)
    after = max(0, target_of_count(count.units, balance.units, sold))
    if after > MAX_QUANTITY:
        message = f"the count and what came in since would make {after}, more than can be"
        return Finding(FindingKind.SHORT, account.sku, message, count.source)
    if stock == finite(after):
        return None
    return _act(account, live, stock, after, Cause.COUNTED, sold)


def replan(account: Account, action: Action, live: LiveState) -> Action | None:
    """Return what the events of *account* ask for if the shop had and sold what *action* says."""
    stocks = {account.sku_id: action.before}
    made = _plan_write(account, replace(live, stocks=stocks), action.sold_since)
    is_asked = account.balance.asks_for_write and account.is_unsettled
    return made if is_asked and isinstance(made, Action) else None


def target_of_count(counted: int, came_in: int, sold: SoldSince | None) -> int:
    """Return what there is by now: what was counted, less what was sold, plus what came in."""
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
        sku=account.sku,
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


def _name_included(account: Account) -> Iterator[Finding]:
    """Yield what is said of events that change nothing."""
    source: Source | None
    for message, event in account.balance.included:
        source = event.source if event else None
        yield Finding(FindingKind.INCLUDED, account.sku, message, source)
    has_ended = account.live is None or (
        account.entry is not None and account.entry.rule is not Rule.ON_CHANGE
    )
    if has_ended and account.balance.has_changed:
        why = "its rule owns the number" if account.live else "the shop does not list it any more"
        message = f"its events changed, and {why}. Nothing is written"
        yield Finding(FindingKind.INCLUDED, account.sku, message, account.source)
