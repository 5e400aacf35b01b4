"""Laws of events: whatever becomes of files, sales and runs, each event arrives once.

Stories of a shop, its files and its record are told at random, and held against plain sums: what
was counted last, less what was sold after, plus what came in after. The sums know nothing of
`reconciler.plan`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from factories import COLLECTION, NOW, base_of, declared, desired
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from reconciler.model import (
    Action,
    Base,
    DesiredState,
    Event,
    EventFile,
    Listing,
    LiveSku,
    LiveState,
    Order,
    OrderBook,
    OrderLine,
    Outcome,
    Plan,
    Provenance,
    Report,
    Result,
    Rule,
    SettledSku,
    finite,
    format_time,
)
from reconciler.plan.applied import AppliedState, state_after, write_ahead
from reconciler.plan.planner import compute_plan
from reconciler.plan.recovery import with_recovered
from reconciler.plan.verify import check_events
from reconciler.records.ledgers import dump_ledgers, parse_ledgers

SKUS = ("A", "B")
"""A has a level that people type; B has events alone, and another code after a while."""
START = 1000
AHEAD = timedelta(minutes=5)


class Said(NamedTuple):
    """What a file says of one SKU."""

    name: str
    at: str
    is_count: bool
    units: int


class Truth(Struct, frozen=True):
    """What one SKU has come to: it had `value` at the time `since`, as a count or level said.

    `names` and `moments` are of events that a written level has.
    """

    value: int
    since: str
    counted_at: str = ""
    level_at: str = ""
    doubt_at: str = ""
    names: frozenset[str] = frozenset()
    moments: frozenset[str] = frozenset()

    def counting(self, said: list[Said]) -> list[Said]:
        """Return what no level has."""
        return [s for s in said if s.name not in self.names and s.at not in self.moments]

    def new_count(self, said: list[Said]) -> Said | None:
        """Return the count to carry out."""
        counts = [s for s in self.counting(said) if s.is_count and s.at > self.counted_at]
        return max(counts, key=lambda s: s.at, default=None)

    def is_stuck(
        self, said: list[Said], sales: "list[Sale]", now: str, *, are_orders_read: bool
    ) -> bool:
        """Return whether people have to do something first."""
        count = self.new_count(said)
        if any(s.at > _shift(now, AHEAD) for s in self.counting(said)):
            return True
        if self.doubt_at and (count is None or count.at <= self.doubt_at):
            return True
        if count is not None and any(sale.refunded_at > count.at for sale in sales):
            return True  # nobody knows whether a refund puts units back
        return count is not None and (count.at < self.level_at or not are_orders_read)

    def settled(self, said: list[Said], now: str) -> "Truth":
        """Return what holds once the events are dealt with.

        A count by a clock that is ahead was made before *now*, so what sells next is not in it.
        """
        has = [s for s in said if s not in self.counting(said)]
        truth = replace(
            self,
            names=self.names | {s.name for s in has},
            moments=self.moments | {s.at for s in has},
        )
        if (count := self.new_count(said)) is not None:
            return replace(
                truth, value=count.units, since=min(count.at, now), counted_at=count.at, doubt_at=""
            )
        for s in self.counting(said):
            if s.is_count and s.at == self.counted_at >= self.level_at:
                truth = replace(truth, value=s.units)
        return truth

    def expected(self, said: list[Said], sales: "list[Sale]") -> int:
        """Return what there is: no event of these is still to be dealt with."""
        adjustments = (s for s in self.counting(said) if not s.is_count and s.at > self.counted_at)
        sold = sum(sale.units for sale in sales if sale.at > self.since)
        back = sum(sale.came_back for sale in sales if sale.refunded_at > self.since)
        return self.value - sold + back + sum(s.units for s in adjustments)


class Sale(NamedTuple):
    """An order; when it is refunded, the shop puts `came_back` units on the shelf again."""

    at: str
    sku: str
    units: int
    refunded_at: str = ""
    came_back: int = 0


@dataclass
class File:
    """An event file: `+3` and `"-3"` as units of keys; a count is a number."""

    at: str
    units: dict[str, int | str]


class Lost(NamedTuple):
    """A write whose run was killed: what holds if it landed or not, and when its plan was made."""

    before: Truth
    after: Truth
    has_landed: bool
    read_at: str
    level: int | None = None
    """The number, if it was the level that was written."""


def _shift(at: str, by: timedelta) -> str:
    return format_time(datetime.fromisoformat(at) + by)


@dataclass
class World:
    """A shop, its files and the record of its applies."""

    now: str = NOW
    shop: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SKUS, START))
    codes: dict[str, str] = field(default_factory=lambda: {sku: sku for sku in SKUS})
    keys: dict[str, str] = field(default_factory=lambda: {sku: sku for sku in SKUS})
    sales: list[Sale] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    deleted: list[tuple[str, File]] = field(default_factory=list)
    level: int = START
    settled_level: int = START
    truths: dict[str, Truth] = field(default_factory=dict)
    lost: dict[str, Lost] = field(default_factory=dict)
    moments: set[str] = field(default_factory=set)
    names: int = 0
    base: Base = field(default_factory=base_of)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        level = declared("A", START, rule=Rule.ON_CHANGE)
        shop = {"A": SettledSku("A", "id-A", None, self.now)}
        self.base = replace(base_of(level), shop=shop)
        self.truths = {sku: Truth(START, self.now) for sku in SKUS}

    def tick(self, minutes: int = 1) -> str:
        self.now = _shift(self.now, timedelta(minutes=minutes))
        return self.now

    def said(self, sku: str) -> list[Said]:
        """Return what the files say of a SKU."""
        return [
            Said(name, file.at, isinstance(units, int), int(units))
            for name, file in self.files.items()
            for key, units in file.units.items()
            if self.keys[key] == sku
        ]

    def sales_of(self, sku: str) -> list[Sale]:
        return [sale for sale in self.sales if sale.sku == sku]

    # What people and customers do.

    def sell(self, sku: str, units: int) -> None:
        self.shop[sku] -= units
        self.sales.append(Sale(self.tick(), sku, units))

    def refund(self, number: int) -> None:
        """Refund an order, of which all units come back, or none."""
        open_sales = [n for n, sale in enumerate(self.sales) if not sale.refunded_at]
        if open_sales:
            n = open_sales[number % len(open_sales)]
            sale = self.sales[n]
            came_back = sale.units * (number % 2)
            self.shop[sale.sku] += came_back
            self.sales[n] = sale._replace(refunded_at=self.tick(), came_back=came_back)

    def write_file(self, units: dict[str, int | str], seconds_ago: int) -> None:
        """Add a file; one of long ago was merged late."""
        self.tick()
        at = _shift(self.now, timedelta(seconds=-seconds_ago))
        while at in self.moments:
            at = _shift(at, timedelta(milliseconds=-1))
        self.moments.add(at)
        self.files[self.new_name()] = File(at, units)

    def new_name(self) -> str:
        self.names += 1
        return f"events/{'x/' * (self.names % 2)}{self.names % 7}-{self.names}.yaml"

    def rename_in_shop(self) -> None:
        """Give B another code in the shop, if the record knows its key."""
        known = {key for one in self.base.ledgers for key in one.keys if one.sku_id == "id-B"}
        if self.codes["B"] in known and len(self.keys) < 5:
            code = f"B{len(self.keys)}"
            self.codes["B"] = code
            self.keys[code] = "B"

    # What the tool does.

    def desired(self) -> DesiredState:
        events = tuple(
            Event(
                key,
                isinstance(units, int),
                int(units),
                EventFile(f"inventory/demo/{name}", name, file.at, file.at),
                line,
            )
            for name, file in self.files.items()
            for line, (key, units) in enumerate(file.units.items(), 3)
        )
        level = declared("A", self.level, rule=Rule.ON_CHANGE)
        return replace(desired(level), events=events)

    def live(self, *, are_orders_read: bool = True) -> LiveState:
        listed = tuple(
            LiveSku(f"id-{sku}", code, sku, archived=False) for sku, code in self.codes.items()
        )
        orders = tuple(
            Order(
                str(n),
                sale.at,
                sale.refunded_at,
                "refunded" if sale.refunded_at else "unfulfilled",
                (OrderLine(f"id-{sale.sku}", sale.units),),
            )
            for n, sale in enumerate(self.sales)
        )
        book = OrderBook(orders) if are_orders_read else OrderBook(fault="refused")
        stocks = {f"id-{sku}": finite(quantity) for sku, quantity in self.shop.items()}
        return LiveState(Listing(COLLECTION, listed), stocks, 9, 120, self.now, book, self.now)

    def plan(self, *, are_orders_read: bool = True) -> Plan:
        made = Provenance(
            self.now, "sha256:0", base=self.base.commit, read_at=self.now, read_until=self.now
        )
        live = self.live(are_orders_read=are_orders_read)
        return compute_plan(self.desired(), live, self.base, made)


class Foretold(NamedTuple):
    """What a plan must say: whose events can't be dealt with, and what the others' ask for.

    `level` is what becomes of a level that was typed: `right`, `overtaken`, `clashing` with events
    that are not dealt with, or `written`.
    """

    stuck: set[str]
    corrections: dict[str, int]
    level: str


def _foretell(world: World, *, are_orders_read: bool) -> Foretold:
    stuck, corrections = set(), {}
    for sku in SKUS:
        said, truth = world.said(sku), world.truths[sku]
        sales = world.sales_of(sku)
        if truth.is_stuck(said, sales, world.now, are_orders_read=are_orders_read):
            stuck.add(sku)
            continue
        wanted = truth.settled(said, world.now).expected(said, sales)
        if wanted != world.shop[sku]:
            corrections[sku] = wanted - world.shop[sku]
    typed, was, has = world.level, world.settled_level, world.shop["A"]
    level = ""
    is_counted = world.truths["A"].new_count(world.said("A")) is not None
    if "A" in world.lost:
        level = "counted" if is_counted and "A" not in stuck else "in doubt"
    elif typed != was:
        is_overtaken = has > typed > was or has < typed < was
        level = "right" if typed == has else "overtaken" if is_overtaken else "written"
    if level == "written" and ("A" in stuck or "A" in corrections or is_counted):
        level = "clashing"  # nobody knows whether it has them, so the SKU is left alone
        stuck.add("A")
        corrections.pop("A", None)
    return Foretold(stuck, corrections, level)


def _resolve_lost(world: World, *, are_orders_read: bool) -> None:
    """Let the orders say what became of writes that nobody reported, as soon as they can."""
    for sku, lost in list(world.lost.items()):
        refunds = [sale for sale in world.sales_of(sku) if sale.refunded_at > lost.read_at]
        is_unknown = not are_orders_read or bool(refunds)
        world.seen["doubt" if is_unknown else f"landed {lost.has_landed}"] += 1
        if is_unknown:
            world.truths[sku] = replace(world.truths[sku], doubt_at=lost.read_at)
            continue
        del world.lost[sku]
        world.truths[sku] = lost.after if lost.has_landed else lost.before
        if lost.has_landed and lost.level is not None:
            world.settled_level = lost.level


@dataclass
class Apply:
    """One apply: what sells between plan and write, and what goes wrong."""

    sells: dict[str, int]
    are_orders_read: bool
    killed: str
    """'' for a run that ends, else the SKUs whose writes land before it is killed."""

    def run(self, world: World) -> None:
        read_at = world.tick()
        _resolve_lost(world, are_orders_read=self.are_orders_read)
        foretold = _foretell(world, are_orders_read=self.are_orders_read)
        plan = world.plan(are_orders_read=self.are_orders_read)
        _expect(world, plan, foretold)
        base = with_recovered(world.base, plan.recovered)
        check_events(plan, world.desired(), base, world.live())
        for sku, units in self.sells.items():
            world.sell(sku, units)
        is_lost = bool(self.killed) and any(plan.actions)
        landing = self.killed if is_lost else "AB"
        before = dict(world.shop)
        outcomes = [_write(world, one) for one in plan.actions if _sku(world, one.sku) in landing]
        results = {_sku(world, one.sku): one for one in outcomes}
        for sku in SKUS:
            if sku not in results:
                assert world.shop[sku] == before[sku]
        _settle(world, foretold, results, read_at, is_lost=is_lost)
        self._record(world, base, plan, outcomes, is_lost=is_lost)
        if not is_lost:
            _expect_all_done(world, foretold, results)

    def _record(
        self, world: World, base: Base, plan: Plan, outcomes: list[Outcome], *, is_lost: bool
    ) -> None:
        at = world.tick()
        state = world.desired()
        nothing = [Outcome(a.sku, Result.NOT_TRIED, a.before, a.after) for a in plan.actions]
        kept = Report("demo", tuple(nothing if is_lost else outcomes))
        after = state_after(state, base, plan, kept, at)
        ahead = write_ahead(state, base, plan, at).values() if is_lost else ()
        world.base = replace(_next(base, after, plan), pending=(*after.in_doubt, *ahead))


def _next(base: Base, state: AppliedState, plan: Plan) -> Base:
    """Return the base that the record of *state* is, as it is read again."""
    return replace(
        base,
        declared=state.declared,
        released=state.released,
        shop=state.shop,
        ledgers=parse_ledgers("record", [t.encode() for t in dump_ledgers(state.ledgers).values()]),
        at=plan.provenance.created_at,
    )


def _sku(world: World, key: str) -> str:
    return world.keys[key]


def _write(world: World, action: Action) -> Outcome:
    """Do what the writer does: what is found right before counts, and nothing is added twice."""
    sku, at = _sku(world, action.sku), world.tick()
    found = world.shop[sku]
    after = found + action.correction if action.correction is not None else action.after.quantity
    is_free = found != action.after.quantity
    if action.correction is None:
        is_free = finite(found) == action.before
    if not is_free:
        return Outcome(action.sku, Result.MOVED, action.before, action.after, finite(found))
    assert isinstance(after, int)
    world.shop[sku] = after
    return Outcome(action.sku, Result.APPLIED, finite(found), finite(after), finite(after), "", at)


def _expect(world: World, plan: Plan, foretold: Foretold) -> None:
    """Expect just the errors and the corrections that the sums ask for."""
    events = {_sku(world, a.sku): a.correction for a in plan.actions if a.events}
    levels = {_sku(world, a.sku): a.after for a in plan.actions if not a.events}

    assert {_sku(world, one.sku) for one in plan.errors} == foretold.stuck, plan.errors
    assert events == foretold.corrections
    assert levels == ({"A": finite(world.level)} if foretold.level == "written" else {})
    world.seen[f"level {foretold.level}"] += 1
    world.seen.update(one.kind.value for one in plan.errors)
    world.seen.update(verb.verb.value for a in plan.actions for verb in a.events)


def _settle(
    world: World,
    foretold: Foretold,
    results: dict[str, Outcome],
    read_at: str,
    *,
    is_lost: bool,
) -> None:
    """Keep what holds now, by what became of each write."""
    for sku in SKUS:
        truth, said = world.truths[sku], world.said(sku)
        outcome = results.get(sku)
        level_at = read_at if sku == "A" and foretold.level == "right" else truth.level_at
        after = truth if sku in foretold.stuck else truth.settled(said, read_at)
        is_written = outcome is not None and outcome.result is Result.APPLIED
        if sku == "A" and foretold.level == "written" and is_lost:
            landed = _with_level(world, after, read_at)
            world.lost[sku] = Lost(truth, landed, is_written, read_at, world.level)
            continue
        if sku == "A" and foretold.level == "written":
            assert outcome is not None
            after = _with_level(world, after, outcome.at) if is_written else after
            world.truths[sku] = after
            continue
        before, after = (replace(one, level_at=level_at) for one in (truth, after))
        if is_lost and sku in foretold.corrections:
            world.truths[sku] = before
            world.lost[sku] = Lost(before, after, is_written, read_at)
        else:
            is_open = sku in foretold.corrections and not is_written
            world.truths[sku] = before if is_open else after
            if not is_open and sku not in foretold.stuck:
                world.lost.pop(sku, None)  # a later count has it
    is_done = _is_done(results) and not is_lost
    is_counted = foretold.level == "counted" and "A" not in world.lost
    if (
        foretold.level in {"right", "overtaken"}
        or is_counted
        or (foretold.level == "written" and is_done)
    ):
        world.settled_level = world.level


def _is_done(results: dict[str, Outcome]) -> bool:
    return "A" in results and results["A"].result is Result.APPLIED


def _with_level(world: World, truth: Truth, at: str) -> Truth:
    """Return *truth* after the level was written, which has all events that are in the files."""
    said = world.said("A")
    return replace(
        truth,
        value=world.level,
        since=at,
        level_at=at,
        names=truth.names | {s.name for s in said},
        moments=truth.moments | {s.at for s in said},
    )


def _expect_all_done(world: World, foretold: Foretold, results: dict[str, Outcome]) -> None:
    """Expect what the sums say, and a next plan that has nothing to do with events."""
    open_skus = {sku for sku, one in results.items() if one.result is not Result.APPLIED}
    again = {_sku(world, a.sku) for a in world.plan().actions if a.events}
    for sku in set(SKUS) - foretold.stuck - open_skus:
        said = world.said(sku)
        assert world.shop[sku] == world.truths[sku].expected(said, world.sales_of(sku)), sku
        assert sku not in again


@dataclass
class Step:
    """Something that people or customers do."""

    verb: str
    number: int
    units: dict[str, int | str]
    seconds_ago: int

    def run(self, world: World) -> None:
        sku = SKUS[self.number % 2]
        match self.verb:
            case "sell" | "refund":
                self._trade(world, sku)
            case "write":
                by_code = {world.codes[one]: units for one, units in self.units.items()}
                world.write_file(by_code, self.seconds_ago)
            case "type":
                choices = (
                    world.settled_level,
                    world.shop["A"],
                    *(START + 25 * (self.number - 20), START + self.number - 20),
                )
                world.level = choices[self.number % 4]
            case "restore":
                if world.deleted:
                    name, file = world.deleted.pop(self.number % len(world.deleted))
                    world.files[name] = file
            case "rename":
                world.rename_in_shop()
            case _:
                if world.files:
                    self._change(world, sorted(world.files)[self.number % len(world.files)])

    def _trade(self, world: World, sku: str) -> None:
        if self.verb == "sell":
            world.sell(sku, 1 + self.number % 7)
        else:
            world.refund(self.number)

    def _change(self, world: World, name: str) -> None:
        """Edit, move, split, delete one file, or give it another time."""
        file = world.files[name]
        key = min(file.units)
        units = file.units[key]
        match self.verb:
            case "edit":
                more = 1 + self.number % 9
                changed = units + more if isinstance(units, int) else _signed(int(units) + more)
                file = File(file.at, {**file.units, key: changed})
                world.files[name] = file
            case "move":
                world.files[world.new_name()] = world.files.pop(name)
            case "delete":
                world.deleted.append((name, world.files.pop(name)))
            case "split" if not isinstance(units, int):
                world.files[name] = File(file.at, {**file.units, key: _signed(int(units) - 40)})
                world.files[world.new_name()] = File(file.at, {key: "+40"})
            case "retime" if self._may_be_retimed(world, name):
                world.files[name] = File(_shift(file.at, timedelta(seconds=-7)), file.units)

    @staticmethod
    def _may_be_retimed(world: World, name: str) -> bool:
        """Return whether no count and no level is concerned."""
        file = world.files[name]
        in_level = any(
            name in truth.names or file.at in truth.moments for truth in world.truths.values()
        )
        at = _shift(file.at, timedelta(seconds=-7))
        is_free = at not in world.moments
        world.moments.add(at)
        is_adjustment = all(isinstance(units, str) for units in file.units.values())
        return is_free and is_adjustment and not in_level


def _signed(units: int) -> str:
    return f"{units or 5:+}"


UNITS: Any = st.one_of(
    st.integers(1, 30).map(lambda n: f"+{n}"),
    st.integers(1, 9).map(lambda n: f"-{n}"),
    st.integers(900, 1100),
)
FILES = st.dictionaries(st.sampled_from(SKUS), UNITS, min_size=1)
# In seconds: below 0 is still to come by the shop's clock, above some minutes was merged late.
AGES = st.sampled_from([0, 0, 0, 30, 100, 400, 2000, 9000, -200, -500])
VERBS = st.sampled_from(
    [
        *["sell"] * 2,
        *["write"] * 4,
        *["edit", "type"] * 2,
        "refund",
        *["move", "delete", "restore", "split", "retime", "rename"],
    ]
)
STEPS = st.builds(Step, VERBS, st.integers(0, 40), FILES, AGES)
APPLIES = st.builds(
    Apply,
    st.dictionaries(st.sampled_from(SKUS), st.integers(1, 30)),
    st.sampled_from([True, True, True, True, False]),
    st.sampled_from(["", "", "", "A", "B", "AB", "-"]),
)
STORIES = st.lists(st.one_of(STEPS, STEPS, APPLIES), min_size=16, max_size=40)
AT_LAST = Apply({}, are_orders_read=True, killed="")


def _tell(story: list[Step | Apply]) -> World:
    """Tell a story to its end: what was lost is found again, and all that can be done is done."""
    world = World()
    for part in story:
        part.run(world)
    for _ in range(2):
        AT_LAST.run(world)
    return world


@given(STORIES)
@settings(max_examples=100, derandomize=True)
def test_each_event_arrives_once(story: list[Step | Apply]) -> None:
    """The shop has what was counted last, less what was sold since, plus what came in since."""
    _tell(story)
