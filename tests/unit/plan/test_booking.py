"""Plan the writes and findings of events, from the stock and orders of each SKU."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from factories import NOW, base_of, declared, desired, live, plan_of
from msgspec.structs import replace

from reconciler.errors import NoBaseError
from reconciler.model import (
    MAX_QUANTITY,
    Action,
    Base,
    Cause,
    Declared,
    DesiredState,
    Event,
    EventFile,
    Finding,
    FindingKind,
    LiveState,
    Order,
    OrderBook,
    OrderLine,
    Outcome,
    Pending,
    Plan,
    Report,
    Result,
    Rule,
    SettledEvent,
    SettledSku,
    SkuLedger,
    SoldSince,
    Stock,
    finite,
    format_time,
)
from reconciler.plan.applied import AppliedState, state_after


def _ago(hours: float) -> str:
    """Return the time some *hours* before now."""
    return format_time(datetime.fromisoformat(NOW) - timedelta(hours=hours))


def _event(units: int | str, at: str, name: str = "1.yaml") -> Event:
    """Return a count (`11`) or an adjustment (`"+20"`)."""
    file = EventFile(f"inventory/demo/events/{name}", f"events/{name}", at, at)
    return Event("A", isinstance(units, int), int(units), file, 3)


DELIVERY = _event("+20", _ago(5), "a.yaml")
COUNT = _event(44, _ago(4), "c.yaml")


def _level(value: Any = 50, rule: Rule = Rule.ON_CHANGE) -> Declared:
    return declared("A", value, rule=rule)


def _base(*levels: Declared, ledger: SkuLedger | None = None, level_at: str = "") -> Base:
    """Return a record with settled *levels* and a *ledger*."""
    shop = {one.sku: SettledSku(one.sku, "id-A", None, _ago(99), level_at) for one in levels}
    return replace(base_of(*levels), shop=shop, ledgers=(ledger,) if ledger else ())


def _state(*events: Event, level: Declared | None = None, **fields: Any) -> DesiredState:
    levels = [level] if level else []
    return replace(desired(*levels, **fields), events=events)


def _shop(has: Any = 50, *orders: Order, **book: Any) -> LiveState:
    return replace(live({"A": has}), orders=OrderBook(orders, **book))


def _order(units: int | None, at: str, status: str = "unfulfilled", refunded: str = "") -> Order:
    return Order(f"{at}{units}", at, refunded, status, (OrderLine("id-A", units),))


def _action(plan: Plan) -> Action:
    (action,) = plan.actions
    return action


def _errors(plan: Plan) -> list[FindingKind]:
    return [one.kind for one in plan.errors]


def _kinds(plan: Plan) -> set[FindingKind]:
    return {one.kind for one in plan.findings}


def _finding(plan: Plan, kind: FindingKind) -> Finding:
    (finding,) = (one for one in plan.findings if one.kind is kind)
    return finding


def _apply(
    state: DesiredState, base: Base, plan: Plan, result: Result = Result.APPLIED, at: str = NOW
) -> AppliedState:
    """Return the state after each action of *plan* had this *result*."""
    outcomes = [Outcome(one.sku, result, one.before, one.after, one.before) for one in plan.actions]
    return state_after(state, base, plan, Report("demo", tuple(outcomes)), at)


def _next(base: Base, after: AppliedState) -> Base:
    return replace(
        base,
        declared=after.declared,
        released=after.released,
        shop=after.shop,
        ledgers=after.ledgers,
    )


def test_adjustment_is_added_to_the_live_stock() -> None:
    """The action contains the units to add, and the reason."""
    action = _action(plan_of(_state(DELIVERY), _shop(43), _base()))

    assert (action.before, action.after, action.correction) == (finite(43), finite(63), 20)
    assert (action.cause, action.rule, action.source) == (
        Cause.ADJUSTED,
        Rule.ON_CHANGE,
        DELIVERY.source,
    )
    assert (action.sold_since, action.put_back, action.reference) == (None, 0, None)


def test_count_subtracts_later_sales() -> None:
    """Later deliveries are added. Earlier sales and deliveries are included in the count."""
    orders = [_order(5, _ago(2)), _order(1, _ago(1)), _order(9, _ago(4.5))]
    later = _event("+20", _ago(3), "b.yaml")
    action = _action(plan_of(_state(DELIVERY, COUNT, later), _shop(50, *orders), _base()))

    assert (action.before, action.after, action.correction) == (finite(50), finite(58), 8)
    assert (action.cause, action.sold_since) == (Cause.COUNTED, SoldSince(COUNT.at, 6, 2))


def test_count_that_the_shop_has_is_settled_without_a_write() -> None:
    """It is recorded as applied."""
    state, shop = _state(COUNT), _shop(42, _order(2, _ago(1)))
    plan = plan_of(state, shop, _base())
    after = _apply(state, _base(), plan)

    assert (plan.actions, [one.sku_id for one in plan.ledgers]) == ((), ["id-A"])
    assert [(one.counted_at, one.counted) for one in after.ledgers] == [(COUNT.at, 44)]
    assert plan_of(state, shop, _next(_base(), after)).ledgers == ()


def test_plan_after_an_apply_has_no_events() -> None:
    """Applied events are not applied again, regardless of sales."""
    state = _state(DELIVERY, COUNT)
    after = _apply(state, _base(), plan_of(state, _shop(50), _base()))
    again = plan_of(state, _shop(30, _order(14, NOW)), _next(_base(), after))

    assert (again.actions, again.errors, again.ledgers) == ((), (), ())


@pytest.mark.parametrize("result", [Result.MOVED, Result.NOT_TRIED])
def test_events_that_were_not_applied_are_planned_again(result: Result) -> None:
    """The record does not contain them."""
    state = _state(DELIVERY)
    after = _apply(state, _base(), plan_of(state, _shop(), _base()), result)

    assert _action(plan_of(state, _shop(), _next(_base(), after))).correction == 20


def test_events_of_an_unknown_write_are_in_doubt() -> None:
    """They are not applied again, until there is a later count."""
    state = _state(DELIVERY)
    after = _apply(state, _base(), plan_of(state, _shop(), _base()), Result.UNKNOWN, _ago(3))
    base = replace(_next(_base(), after), pending=after.in_doubt)
    (write,) = after.in_doubt
    counted = _state(DELIVERY, _event(30, _ago(-0.05), "c.yaml"))

    assert (write.sku_id, write.correction) == ("id-A", 20)
    assert _errors(plan_of(state, _shop(60), base)) == [FindingKind.UNSETTLED]
    earlier = _state(DELIVERY, _event(30, _ago(4), "c.yaml"))
    assert _errors(plan_of(earlier, _shop(60), base)) == [FindingKind.UNSETTLED]
    plan = plan_of(counted, _shop(60), base)
    assert (_errors(plan), _action(plan).after) == ([], finite(30))
    assert _apply(counted, base, plan).in_doubt == ()
    assert _apply(counted, base, plan, Result.MOVED).in_doubt == (write,)


def test_doubt_without_events_is_a_finding() -> None:
    """A write in doubt is never forgotten."""
    doubt = Pending("A", "id-A", finite(50), finite(70), _ago(3), _ago(3), None, 20)
    base = replace(_base(), pending=(doubt,))

    assert _errors(plan_of(_state(), _shop(60), base)) == [FindingKind.UNSETTLED]


def test_adjustment_that_comes_out_below_zero_is_short() -> None:
    """It is not written. An adjustment to exactly zero is."""
    lost = _event("-30", _ago(1))
    plan = plan_of(_state(lost), _shop(29), _base())

    assert (plan.actions, _errors(plan), plan.ledgers) == ((), [FindingKind.SHORT], ())
    assert _action(plan_of(_state(lost), _shop(30), _base())).after == finite(0)


def test_adjustment_above_the_maximum_is_short() -> None:
    """A quantity has a maximum."""
    plan = plan_of(_state(DELIVERY), _shop(MAX_QUANTITY - 19), _base())

    assert (plan.actions, _errors(plan)) == ((), [FindingKind.SHORT])


def test_adjustment_of_a_negative_stock_is_added() -> None:
    """A negative live quantity is a number like any other."""
    assert _action(plan_of(_state(DELIVERY), _shop(-3), _base())).after == finite(17)


def test_count_that_comes_out_below_zero_writes_zero() -> None:
    """More units were sold than counted."""
    plan = plan_of(_state(COUNT), _shop(3, _order(50, _ago(1))), _base())

    assert (_errors(plan), _action(plan).after, _action(plan).correction) == ([], finite(0), -3)


def test_count_of_an_infinite_sku_makes_it_finite() -> None:
    """The inventory type changes, so there is no correction."""
    action = _action(plan_of(_state(COUNT), _shop("infinite", _order(4, _ago(1))), _base()))

    assert (action.after, action.correction, bool(action.events)) == (finite(40), None, True)
    assert [one.field for one in action.changes] == ["inventory_type", "quantity"]


def test_adjustment_of_an_infinite_sku_is_owned() -> None:
    """Nothing can be added to infinite stock."""
    plan = plan_of(_state(DELIVERY), _shop("infinite"), _base())

    assert (plan.actions, _errors(plan)) == ((), [FindingKind.OWNED])


@pytest.mark.parametrize("has", [None, 2.5])
@pytest.mark.parametrize("event", [DELIVERY, COUNT])
def test_events_of_an_unreadable_stock_wait(has: float | None, event: Event) -> None:
    """There is a finding, and nothing is settled."""
    plan = plan_of(_state(event), _shop(has), _base())

    assert (plan.actions, plan.ledgers) == ((), ())
    assert _kinds(plan) == {FindingKind.UNREADABLE}


@pytest.mark.parametrize("event", [DELIVERY, COUNT])
@pytest.mark.parametrize("rule", [rule for rule in Rule if rule is not Rule.ON_CHANGE])
def test_new_event_under_another_rule_is_owned(rule: Rule, event: Event) -> None:
    """Under these rules, only the level decides."""
    level = _level(50, rule)
    plan = plan_of(_state(event, level=level), _shop(50), _base(level))

    assert (plan.actions, _errors(plan), plan.ledgers) == ((), [FindingKind.OWNED], ())


@pytest.mark.parametrize("events", [(), (_event("+99", DELIVERY.at, "a.yaml"),)])
def test_changed_event_under_another_rule_is_settled(events: tuple[Event, ...]) -> None:
    """Editing or deleting it writes nothing, and is named."""
    level = _level(50, Rule.EXACT)
    settled = SettledEvent("events/a.yaml", DELIVERY.at, False, 20, _ago(4))
    ledger = SkuLedger("id-A", ("A",), put_in=20, events=(settled,))
    state, base = _state(*events, level=level), _base(level, ledger=ledger)
    plan = plan_of(state, _shop(50), base)
    after = _next(base, _apply(state, base, plan))

    assert (plan.actions, _errors(plan)) == ((), [])
    assert FindingKind.INCLUDED in _kinds(plan)
    assert FindingKind.INCLUDED not in _kinds(plan_of(state, _shop(50), after))


def test_level_with_an_owned_event_waits() -> None:
    """The SKU is skipped, because the author of the event may expect it to be added."""
    level = _level(40, Rule.EXACT)
    state, base = _state(DELIVERY, level=level), _base(_level(30, Rule.EXACT))
    plan = plan_of(state, _shop(35), base)

    assert (plan.actions, _errors(plan)) == ((), [FindingKind.OWNED])
    assert _apply(state, base, plan).declared["A"].stock == finite(30)
    assert _action(plan_of(_state(level=level), _shop(35), base)).after == finite(40)


def test_events_of_a_frozen_sku_wait() -> None:
    """They are applied once the SKU is not frozen anymore."""
    frozen = _state(DELIVERY, frozen=("A",))
    plan = plan_of(frozen, _shop(), _base())
    base = _next(_base(), _apply(frozen, _base(), plan))

    assert (plan.actions, plan.ledgers) == ((), ())
    assert DELIVERY.source in {one.source for one in plan.findings}
    assert _kinds(plan) == {FindingKind.FROZEN}
    assert _action(plan_of(_state(DELIVERY), _shop(), base)).correction == 20


def test_pattern_that_freezes_events_is_not_idle() -> None:
    """There is no second finding that the pattern matches no SKU."""
    plan = plan_of(_state(DELIVERY, frozen=("A",)), _shop(), _base())

    assert _finding(plan, FindingKind.FROZEN).source == DELIVERY.source


@pytest.mark.parametrize(
    "shop",
    [
        _shop(50, fault="the token can't read orders"),
        _shop(50, restless=frozenset({"id-A"})),
        replace(_shop(50), orders=None),
        _shop(50, _order(1, _ago(1), "pending")),
        _shop(50, _order(1, _ago(1), "unknown")),
        _shop(50, _order(1, _ago(9), "refunded", _ago(1))),
        _shop(50, _order(None, _ago(1))),
        _shop(50, _order(1, "")),
    ],
    ids=["fault", "restless", "unread", "pending", "unknown", "refunded", "no units", "no time"],
)
def test_count_whose_orders_are_unknown_is_uncertain(shop: LiveState) -> None:
    """The SKU is skipped, even if the shop has the counted number."""
    for current in (shop, replace(shop, stocks={"id-A": finite(44)})):
        plan = plan_of(_state(COUNT), current, _base())

        assert (plan.actions, _errors(plan)) == ((), [FindingKind.UNCERTAIN])
        assert plan.ledgers == ()


def test_adjustments_need_no_orders() -> None:
    """They are added to the live stock."""
    shop = _shop(50, fault="the token can't read orders")

    assert _action(plan_of(_state(DELIVERY), shop, _base())).correction == 20


def test_error_of_one_sku_does_not_stop_others() -> None:
    """Other SKUs are planned as usual."""
    other = DELIVERY._replace(sku="B")
    shop = replace(live({"A": 50, "B": 5}), orders=OrderBook(fault="refused"))
    plan = plan_of(_state(COUNT, other), shop, _base())

    assert [(one.sku, one.correction) for one in plan.actions] == [("B", 20)]
    assert [one.sku for one in plan.errors] == ["A"]


@pytest.mark.parametrize("event", [DELIVERY, COUNT])
def test_typed_level_beside_unsettled_events_is_conflicting(event: Event) -> None:
    """It is unknown whether the level includes the events, so neither is applied."""
    state, base = _state(event, level=_level(70)), _base(_level(50))
    plan = plan_of(state, _shop(43), base)
    after = _apply(state, base, plan)

    assert (plan.actions, _errors(plan), plan.ledgers) == ((), [FindingKind.CONFLICTING], ())
    assert "50" in _finding(plan, FindingKind.CONFLICTING).message
    assert (after.declared["A"].stock, after.ledgers) == (finite(50), ())


def test_new_level_beside_a_first_event_is_conflicting() -> None:
    """A new SKU needs either a level or a first event, not both."""
    plan = plan_of(_state(DELIVERY, level=_level(70)), _shop(43), _base())

    assert (plan.actions, _errors(plan)) == ((), [FindingKind.CONFLICTING])


def test_conflict_ends_after_restoring_the_level() -> None:
    """Apply the events, then type the level again, as the message says."""
    back = _state(DELIVERY, level=_level(50))
    base = _base(_level(50))
    plan = plan_of(back, _shop(43), base)
    base = _next(base, _apply(back, base, plan))
    again = plan_of(_state(DELIVERY, level=_level(70)), _shop(63), base)

    assert _action(plan).correction == 20
    assert (_errors(again), _action(again).after) == ([], finite(70))


def test_level_equal_to_the_live_stock_is_no_conflict() -> None:
    """The level needs no write, and the events are applied."""
    plan = plan_of(_state(DELIVERY, level=_level(43)), _shop(43), _base(_level(50)))

    assert (_errors(plan), _action(plan).correction) == ([], 20)


@pytest.mark.parametrize(("typed", "has"), [(60, 65), (45, 42)])
def test_overtaken_level_is_no_conflict(typed: int, has: int) -> None:
    """The level is not written, and the events are applied."""
    plan = plan_of(_state(DELIVERY, level=_level(typed)), _shop(has), _base(_level(50)))

    assert (_errors(plan), _action(plan).correction) == ([], 20)
    assert FindingKind.OVERTAKEN in _kinds(plan)


def test_typed_level_includes_settled_events() -> None:
    """After it is written, changes of these events have no effect."""
    state, base = _state(DELIVERY, level=_level(70)), _base(_level(50))
    settled = SettledEvent("events/a.yaml", DELIVERY.at, False, 20, _ago(4))
    ledger = SkuLedger("id-A", ("A",), put_in=20, events=(settled,))
    base = replace(base, ledgers=(ledger,))
    plan = plan_of(state, _shop(63), base)
    base = _next(base, _apply(state, base, plan))
    edited = _state(_event("+25", DELIVERY.at, "a.yaml"), level=_level(70))

    assert (_action(plan).after, _action(plan).correction) == (finite(70), None)
    for later in (edited, _state(level=_level(70))):
        found = plan_of(later, _shop(61), base)
        assert (found.actions, _errors(found)) == ((), [])
    assert FindingKind.INCLUDED in _kinds(plan_of(edited, _shop(61), base))


def test_units_from_events_are_no_drift() -> None:
    """They are part of the expected stock."""
    state, base = _state(DELIVERY, level=_level(50)), _base(_level(50))
    base = _next(base, _apply(state, base, plan_of(state, _shop(50), base)))
    plan = plan_of(state, _shop(70), base)

    assert (plan.summary.drifted, _kinds(plan)) == (0, set())


def test_units_from_events_beside_a_right_level_are_no_drift() -> None:
    """The level was read before the units were added."""
    state, base = _state(DELIVERY, level=_level(43)), _base(_level(50))
    plan = plan_of(state, _shop(43), base)
    plan = replace(plan, provenance=replace(plan.provenance, read_at=NOW))
    base = _next(base, _apply(state, base, plan, at=_ago(-0.1)))

    assert plan_of(state, _shop(63), base).summary.drifted == 0


def test_units_from_events_are_not_put_back() -> None:
    """A typed level undoes only sales."""
    state, base = _state(DELIVERY, level=_level(50)), _base(_level(50))
    base = _next(base, _apply(state, base, plan_of(state, _shop(50), base)))
    typed = _action(plan_of(_state(DELIVERY, level=_level(80)), _shop(65), base))

    assert (typed.after, typed.put_back) == (finite(80), 5)


def test_count_that_becomes_old_during_an_apply_is_recorded() -> None:
    """It was recent enough for the plan, so it is recorded as applied."""
    old = _event(44, _ago(24 * 7 - 0.01), "c.yaml")
    state = _state(old)
    plan = plan_of(state, _shop(50), _base())
    after = _apply(state, _base(), plan, at=_ago(-0.1))

    assert _action(plan).after == finite(44)
    assert [(one.counted_at, one.counted) for one in after.ledgers] == [(old.at, 44)]


def test_adjustment_that_becomes_old_during_an_apply_is_recorded() -> None:
    """It was recent enough for the plan, so taking it back is recorded."""
    settled = SettledEvent("events/a.yaml", DELIVERY.at, False, 20, _ago(24 * 7 - 0.01))
    base = _base(ledger=SkuLedger("id-A", ("A",), put_in=20, events=(settled,)))
    plan = plan_of(_state(), _shop(50), base)
    after = _apply(_state(), base, plan, at=_ago(-0.1))

    assert (_action(plan).correction, after.ledgers[0].put_in) == (-20, 0)


def test_events_without_a_record_raise() -> None:
    """A lost record must not apply every delivery again."""
    with pytest.raises(NoBaseError):
        plan_of(_state(DELIVERY), _shop(), None)


def test_sku_with_only_events_is_in_the_summary() -> None:
    """It is managed, and its units count for the limits."""
    summary = plan_of(_state(DELIVERY), _shop(43), _base()).summary

    assert (summary.declared, summary.live_units, summary.units_raised) == (1, 43, 20)
    assert (summary.to_change, summary.unchanged, summary.not_managed) == (1, 0, 0)


@pytest.mark.parametrize("has", [43, "infinite"])
def test_written_corrections_are_recorded(has: Any) -> None:
    """A change of inventory type has no number of units."""
    state = _state(COUNT)
    plan = plan_of(state, _shop(has), _base())
    (ledger,) = _apply(state, _base(), plan).ledgers
    before: Stock = _action(plan).before

    assert [one.units for one in ledger.corrections] == ([1] if before == finite(43) else [])
