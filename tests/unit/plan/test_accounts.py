"""Group events by SKU of the shop, whatever their keys are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from factories import NOW, base_of, declared, desired, live, plan_of
from msgspec.structs import replace

from reconciler.model import (
    Action,
    Base,
    Declared,
    DesiredState,
    Event,
    EventFile,
    FindingKind,
    Listing,
    LiveSku,
    LiveState,
    Observation,
    OrderBook,
    Outcome,
    Pending,
    Recovered,
    Report,
    Result,
    Rule,
    Seen,
    SettledEvent,
    SettledSku,
    SkuLedger,
    finite,
    format_time,
)
from reconciler.plan.applied import state_after
from reconciler.plan.match import match_skus
from reconciler.plan.naming import name_skus
from reconciler.plan.recovery import with_recovered

HAD = 50


def _ago(hours: float) -> str:
    """Return the time some *hours* before now."""
    return format_time(datetime.fromisoformat(NOW) - timedelta(hours=hours))


def _event(sku: str, units: int | str, at: str, name: str = "1.yaml") -> Event:
    """Return a count (`11`) or an adjustment (`"+20"`)."""
    file = EventFile(f"inventory/demo/events/{name}", f"events/{name}", at, at)
    return Event(sku, isinstance(units, int), int(units), file, 3)


def _shop(codes: Mapping[str, str]) -> LiveState:
    """Return a shop with 50 of each SKU, given as codes by id."""
    listed = tuple(LiveSku(one, code, "P", archived=False) for one, code in codes.items())
    stocks = {sku_id: finite(HAD) for sku_id in codes}
    current = live({})
    return replace(current, listing=Listing("c", listed), stocks=stocks, orders=OrderBook())


def _level(sku: str = "A", value: int = HAD, **fields: str) -> Declared:
    return declared(sku, value, rule=Rule.ON_CHANGE, **fields)  # type: ignore[arg-type]  # kept short


def _state(*events: Event, levels: tuple[Declared, ...] = ()) -> DesiredState:
    return replace(desired(*levels), events=events)


def _base(*ledgers: SkuLedger, levels: Mapping[str, Declared] | None = None) -> Base:
    """Return a record with these *ledgers*, and *levels* by SKU id."""
    levels = levels or {}
    shop = {one.sku: SettledSku(one.sku, sku_id, None, _ago(99)) for sku_id, one in levels.items()}
    return replace(base_of(*levels.values()), ledgers=ledgers, shop=shop)


class Did(NamedTuple):
    """The corrections of a plan by SKU id, and its errors by key."""

    corrections: dict[str, int | None]
    errors: list[tuple[str, FindingKind]]


def _does(state: DesiredState, current: LiveState, base: Base) -> Did:
    plan = plan_of(state, current, base)
    corrections = {one.target.sku_id: one.correction for one in plan.actions}
    return Did(corrections, [(one.sku, one.kind) for one in plan.errors])


def _apply(state: DesiredState, current: LiveState, base: Base) -> Base:
    """Return the base after *plan* was applied completely."""

    def outcome(one: Action) -> Outcome:
        return Outcome(one.sku, Result.APPLIED, one.before, one.after)

    plan = plan_of(state, current, base)
    report = Report("demo", tuple(map(outcome, plan.actions)))
    after = state_after(state, base, plan, report, NOW)
    return replace(
        base,
        declared=after.declared,
        released=after.released,
        shop=after.shop,
        ledgers=after.ledgers,
        at=NOW,
    )


DELIVERY = _event("A", "+20", _ago(5), "a.yaml")
PUT_IN = SkuLedger(
    "id-1",
    ("A",),
    put_in=20,
    events=(SettledEvent("events/a.yaml", DELIVERY.at, False, 20, _ago(4)),),
)
NOTHING = Did({}, [])


def test_key_without_a_level_means_the_sku_of_that_code() -> None:
    """An event without a level is for the SKU whose code is its key."""
    assert _does(_state(DELIVERY), _shop({"id-1": "A", "id-2": "B"}), _base()) == Did(
        {"id-1": 20}, []
    )


def test_key_with_a_pinned_level_means_the_pinned_sku() -> None:
    """The pin decides, even if another SKU has that code."""
    level = _level("A", id="id-2", code="B")
    base = _base(levels={"id-2": level})
    found = _does(_state(DELIVERY, levels=(level,)), _shop({"id-1": "A", "id-2": "B"}), base)

    assert found == Did({"id-2": 20}, [])


def test_events_under_two_codes_of_one_sku_add_up() -> None:
    """An event under the old code and one under the new code are of one SKU."""
    new = _event("B", "+7", _ago(2), "b.yaml")
    shop = _shop({"id-1": "B"})
    base = _base(PUT_IN)
    after = _apply(_state(DELIVERY, new), shop, base)

    assert _does(_state(DELIVERY, new), shop, base) == Did({"id-1": 7}, [])
    assert _does(_state(DELIVERY, new), shop, after) == NOTHING
    assert [(one.sku_id, one.keys, one.put_in) for one in after.ledgers] == [
        ("id-1", ("A", "B"), 27)
    ]


def test_key_in_the_record_survives_a_rename_in_the_shop() -> None:
    """A new event under the old code is added, and a deleted one is taken back."""
    shop = _shop({"id-1": "NEW"})
    more = _event("A", "+3", _ago(1), "b.yaml")

    assert _does(_state(DELIVERY), shop, _base(PUT_IN)) == NOTHING
    assert _does(_state(DELIVERY, more), shop, _base(PUT_IN)) == Did({"id-1": 3}, [])
    assert _does(_state(), shop, _base(PUT_IN)) == Did({"id-1": -20}, [])


def test_events_edited_to_the_new_code_write_nothing() -> None:
    """The files follow a rename in the shop."""
    renamed = DELIVERY._replace(sku="NEW")

    assert _does(_state(renamed), _shop({"id-1": "NEW"}), _base(PUT_IN)) == NOTHING


def test_key_without_events_is_kept() -> None:
    """A key still means its SKU until another SKU has that code."""
    shop = _shop({"id-1": "B"})
    base = _apply(_state(DELIVERY._replace(sku="B")), shop, _base(PUT_IN))
    late = _event("A", "+3", _ago(1), "late.yaml")
    taken = _shop({"id-1": "B", "id-2": "A"})

    assert base.ledgers[0].keys == ("A", "B")
    assert _does(_state(DELIVERY._replace(sku="B"), late), shop, base) == Did({"id-1": 3}, [])
    after = _apply(_state(DELIVERY._replace(sku="B")), taken, base)
    assert after.ledgers[0].keys == ("B",)
    assert _does(_state(DELIVERY._replace(sku="B"), late), taken, after) == Did({"id-2": 3}, [])


def test_code_that_belongs_to_another_sku_is_replaced() -> None:
    """Its events were for the first SKU, so both SKUs are skipped."""
    assert _does(_state(DELIVERY), _shop({"id-2": "A"}), _base(PUT_IN)) == Did(
        {}, [("A", FindingKind.REPLACED)]
    )


def test_codes_swapped_in_the_shop_cause_no_write() -> None:
    """Nothing is taken back from a SKU whose event keys now mean another SKU."""
    found = _does(_state(DELIVERY), _shop({"id-1": "B", "id-2": "A"}), _base(PUT_IN))

    assert found == Did({}, [("A", FindingKind.REPLACED)])


def test_replaced_sku_with_a_later_count_is_written() -> None:
    """Nothing is taken back from the first SKU."""
    count = _event("A", 11, _ago(1), "c.yaml")
    shop = _shop({"id-1": "B", "id-2": "A"})
    shop = replace(shop, stocks={**shop.stocks, "id-2": finite(11)})
    state = _state(DELIVERY, count)
    after = _apply(state, shop, _base(PUT_IN))

    assert _does(state, shop, _base(PUT_IN)).errors == []
    assert "id-1" not in _does(state, shop, _base(PUT_IN)).corrections
    assert _does(state, shop, after) == NOTHING
    assert {one.sku_id: one.counted for one in after.ledgers}["id-2"] == 11


def test_replaced_sku_that_was_counted_keeps_the_key() -> None:
    """This does not depend on the order of ids, and lasts if the count is deleted."""
    for old, new in (("id-1", "id-2"), ("id-2", "id-1")):
        shop = _shop({new: "A"})
        count = _event("A", HAD, _ago(1), "c.yaml")
        base = _base(replace(PUT_IN, sku_id=old))
        base = _apply(_state(DELIVERY, count), shop, base)
        more = _event("A", "+3", _ago(0.5), "b.yaml")

        # As a record has them.
        base = replace(base, ledgers=tuple(sorted(base.ledgers, key=lambda one: one.sku_id)))
        assert _does(_state(count, more), shop, base) == Did({new: 3}, [])
        assert _does(_state(more), shop, base) == Did({new: 3}, [])


def test_code_of_two_skus_is_ambiguous() -> None:
    """Nothing is added, and nothing is taken back from the SKU that had the code."""
    shop = _shop({"id-1": "A", "id-2": "A"})
    ambiguous = [("A", FindingKind.AMBIGUOUS)]

    assert _does(_state(DELIVERY), shop, _base()) == Did({}, ambiguous)
    assert _does(_state(DELIVERY), shop, _base(PUT_IN)) == Did({}, ambiguous)


def test_code_that_no_sku_has_is_missing() -> None:
    """The finding names the most similar code."""
    plan = plan_of(_state(_event("MUG-BLU", "+1", NOW)), _shop({"id-1": "MUG-BLUE"}), _base())
    (finding,) = plan.errors

    assert (finding.kind, finding.sku, plan.actions) == (FindingKind.MISSING, "MUG-BLU", ())
    assert "MUG-BLUE" in finding.message


def test_level_without_a_sku_skips_its_events() -> None:
    """A missing or shared code is an error of the level, and takes nothing back."""
    level = _level()
    base = _base(PUT_IN, levels={"id-1": level})
    state = _state(DELIVERY, levels=(level,))

    missing = _does(state, _shop({"id-1": "RENAMED"}), base)
    assert missing == Did({}, [("A", FindingKind.MISSING)])
    shared = _does(state, _shop({"id-1": "A", "id-2": "A"}), base)
    assert shared == Did({}, [("A", FindingKind.AMBIGUOUS)])


def test_unlisted_sku_settles_changes_of_its_events() -> None:
    """Only an event that no apply knows is an error there."""
    shop = _shop({"id-2": "B"})
    new = _event("A", "+3", _ago(1), "b.yaml")
    after = _apply(_state(), shop, _base(PUT_IN))

    assert _does(_state(DELIVERY), shop, _base(PUT_IN)) == NOTHING
    assert _does(_state(), shop, _base(PUT_IN)) == NOTHING
    assert _does(_state(DELIVERY, new), shop, _base(PUT_IN)).errors == [("A", FindingKind.MISSING)]
    assert after.ledgers[0].put_in == 0


def test_released_sku_takes_nothing_back() -> None:
    """If a level and its events are deleted together, the SKU is no longer managed."""
    base = _base(PUT_IN, levels={"id-1": _level()})
    shop = _shop({"id-1": "A"})
    plan = plan_of(_state(), shop, base)

    assert plan.actions == ()
    assert FindingKind.RELEASED in {one.kind for one in plan.findings}
    assert _does(_state(), shop, _apply(_state(), shop, base)) == NOTHING


def test_sku_with_events_and_a_deleted_level_is_not_released() -> None:
    """Its events are still applied."""
    base = _base(PUT_IN, levels={"id-1": _level()})
    more = _event("A", "+3", _ago(1), "b.yaml")
    plan = plan_of(_state(DELIVERY, more), _shop({"id-1": "A"}), base)

    assert [one.correction for one in plan.actions] == [3]
    assert FindingKind.RELEASED not in {one.kind for one in plan.findings}


def test_sku_that_never_had_a_level_is_not_released() -> None:
    """If its last event is deleted, it is taken back."""
    assert _does(_state(), _shop({"id-1": "A"}), _base(PUT_IN)) == Did({"id-1": -20}, [])


def test_ledger_from_files_is_found_by_its_code() -> None:
    """`base set` knows no ids. The first apply adds them."""
    base = _base(replace(PUT_IN, sku_id=""), SkuLedger("", ("B",), put_in=7))
    events = (DELIVERY, _event("B", "+7", _ago(1), "b.yaml"))
    shop = _shop({"id-1": "A", "id-2": "B"})

    assert _does(_state(*events), shop, base) == NOTHING
    assert {one.sku_id for one in _apply(_state(*events), shop, base).ledgers} == {"id-1", "id-2"}


def test_ledgers_without_an_id_survive_a_crash() -> None:
    """Otherwise their deliveries would be added again once their SKUs are found."""
    one, other = SkuLedger("", ("A",), put_in=20), SkuLedger("", ("B",), put_in=7)
    pending_nothing = with_recovered(_base(one, other), Recovered())

    assert set(pending_nothing.ledgers) == {one, other}


def test_sku_with_events_is_managed() -> None:
    """It counts as managed while an event names it, and its stock is read."""
    state, shop = _state(DELIVERY), _shop({"id-1": "A", "id-2": "B"})
    matches = match_skus(state.declared, shop.listing)
    named = name_skus(state, _base(), shop.listing, matches, NOW)

    assert [one.sku_id for one in named.not_managed] == ["id-2"]
    assert [one.sku_id for one in named.find_needed(())] == ["id-1"]


def test_stock_of_a_sku_with_unsettled_events_is_needed() -> None:
    """Other SKUs may be left unread on purpose."""
    levels = (_level("A"), _level("B"))
    state = _state(DELIVERY, levels=levels)
    shop = _shop({"id-1": "A", "id-2": "B"})
    matches = match_skus(state.declared, shop.listing)
    named = name_skus(state, _base(), shop.listing, matches, NOW)

    assert [one.sku_id for one in named.find_needed({"A", "B"})] == ["id-1"]


def test_orders_are_needed_since_the_earliest_new_count() -> None:
    """Settled counts and adjustments need none."""
    shop = _shop({"id-1": "A", "id-2": "B"})

    def since(*events: Event, base: Base | None = None) -> str | None:
        state = _state(*events)
        matches = match_skus(state.declared, shop.listing)
        return name_skus(state, base or _base(), shop.listing, matches, NOW).accounts.sold_since

    counts = _event("A", 1, _ago(3), "c.yaml"), _event("B", 2, _ago(2), "d.yaml")
    settled = SkuLedger("id-1", ("A",), counted_at=_ago(3), counted=1)
    assert since(*counts) == _ago(3)
    assert since(*counts, base=_base(settled)) == _ago(2)
    assert since(DELIVERY) is None
    assert since(_event("A", 1, _ago(24 * 9))) is None
    for ago, found in ((1, None), (5, _ago(3))):
        doubt = Pending("A", "id-1", finite(1), finite(2), _ago(ago), _ago(ago))
        assert since(counts[0], base=replace(_base(), pending=(doubt,))) == found


WRITTEN = SettledSku("A", "id-1", None, _ago(3), level_at=_ago(3))
OLDER_COUNT = _event("A", 11, _ago(4), "c.yaml")


def test_count_older_than_a_level_is_stale() -> None:
    """The level was written later, so the count no longer applies."""
    base = replace(_base(levels={"id-1": _level()}), shop={"A": WRITTEN})
    found = _does(_state(OLDER_COUNT, levels=(_level(),)), _shop({"id-1": "A"}), base)

    assert found.errors == [("A", FindingKind.STALE_COUNT)]


def test_count_older_than_a_level_is_stale_after_a_pull() -> None:
    """A number copied from the shop is not a written level, and hides none."""
    base = replace(_base(levels={"id-1": _level()}), shop={"A": WRITTEN})
    pulled = _level(value=48)
    seen = Observation("5" * 40, "s.yaml", _ago(2), {"A": Seen(finite(48), "id-1")})
    state = replace(_state(levels=(pulled,)), observations=(seen,))
    shop = replace(_shop({"id-1": "A"}), stocks={"id-1": finite(48)})
    base = _apply(state, shop, base)
    found = _does(replace(state, events=(OLDER_COUNT,)), shop, base)

    assert found.errors == [("A", FindingKind.STALE_COUNT)]


def test_count_older_than_a_level_is_stale_after_a_rename() -> None:
    """The code was changed in the shop and in the files."""
    base = replace(_base(levels={"id-1": _level()}), shop={"A": WRITTEN})
    renamed, shop = _level("B"), _shop({"id-1": "B"})
    base = _apply(_state(levels=(renamed,)), shop, base)
    found = _does(_state(OLDER_COUNT._replace(sku="B"), levels=(renamed,)), shop, base)

    assert found.errors == [("B", FindingKind.STALE_COUNT)]
