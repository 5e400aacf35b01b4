"""Any story of edits, sales, faults, kills and reruns: no sale is lost, and in the end all is well.

The machine plays a shop, its YAML and its records. Plans, journals, receipts and the settling of
dead runs are the product's own; only git and HTTP are left out, so that thousands of stories can
be told. A kill is an exception that leaves a run wherever it happens to be.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from factories import COLLECTION, declared, desired
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace
from oracle import judge

from reconciler.apply.attempts import EARLIER, Attempt
from reconciler.apply.executor import Earlier
from reconciler.apply.interfaces import Bounds
from reconciler.apply.journal import Journal, open_journal
from reconciler.apply.sku_writer import SkuWriter
from reconciler.errors import TransportError
from reconciler.model import (
    Base,
    Declared,
    DesiredState,
    FindingKind,
    Listing,
    LiveSku,
    LiveState,
    Order,
    OrderBook,
    OrderLine,
    Outcome,
    Pending,
    Plan,
    Provenance,
    Recovered,
    Report,
    Result,
    Rule,
    Stock,
    Target,
    finite,
    format_time,
)
from reconciler.plan.applied import state_after, write_ahead
from reconciler.plan.plan_file import fingerprint
from reconciler.plan.planner import compute_plan
from reconciler.plan.recovery import with_recovered
from reconciler.plan.sales import count_sold_after_read
from reconciler.sandbox.database import Entry

SKUS = ("A", "B", "C")
FOLLOWED = ("A", "B")
RULES = {"A": Rule.ON_CHANGE, "B": Rule.ON_CHANGE, "C": Rule.EXACT}


class KilledError(BaseException):
    """The process is gone."""


@dataclass
class Turn:
    """What a request meets: a sale before it, whether it lands, loses its answer, or kills us."""

    sold_before: int = 0
    lands: bool = True
    lost: bool = False
    sold_after: int = 0
    kill: str = ""


TURNS = st.builds(
    Turn,
    sold_before=st.sampled_from([0, 0, 0, 1]),
    lands=st.sampled_from([True, True, False]),
    lost=st.booleans(),
    sold_after=st.sampled_from([0, 0, 1]),
    kill=st.sampled_from(["", "", "", "before", "after"]),
)


@dataclass
class Shop:
    """A shop in memory, with a ledger as the sandbox keeps it."""

    stocks: dict[str, int]
    turns: list[Turn] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    befores: dict[str, int | float | None] = field(default_factory=dict)
    """What a SKU was that orders are not asked about: no sale leads exactly there."""
    orders: list[Order] = field(default_factory=list)
    at: datetime = datetime(2026, 11, 20, 10, tzinfo=UTC)

    @contextmanager
    def turn(self) -> Iterator[None]:
        yield

    @property
    def limit(self) -> int | None:
        return None

    def count_sold(self, sku_id: str, read_at: str, read_until: str) -> int | None:
        """Return what the orders say."""
        return count_sold_after_read(OrderBook(tuple(self.orders)), sku_id, read_at, read_until)

    def enter(self, kind: str, sku: str) -> None:
        self.ledger.append(Entry(kind, sku, None, "finite", self.stocks[sku]))

    def sell(self, sku: str, units: int) -> None:
        left = self.stocks[sku] - units
        if units and left >= 0 and left != self.befores.get(sku):
            self.stocks[sku] -= units
            self.enter("sale", sku)
            lines = (OrderLine(sku, units),)
            at = format_time(self.now())
            self.orders.append(Order(str(len(self.orders)), at, "", "unfulfilled", lines))

    def _meet(self, sku: str) -> Turn:
        turn = self.turns.pop(0) if self.turns else Turn()
        if turn.kill == "before":
            raise KilledError
        self.sell(sku, turn.sold_before)
        return turn

    def _leave(self, sku: str, turn: Turn) -> None:
        self.sell(sku, turn.sold_after)
        if turn.kill == "after":
            raise KilledError
        if turn.lost:
            raise TransportError("broke off")

    def now(self) -> datetime:
        """Return the time, which goes on whenever somebody asks."""
        self.at += timedelta(seconds=10)
        return self.at

    def read_stock(self, target: Target) -> Stock:
        turn = self._meet(target.sku_id)
        found = finite(self.stocks[target.sku_id])
        if not turn.lost:
            self.enter("read", target.sku_id)
        self._leave(target.sku_id, turn)
        return found

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        turn = self._meet(target.sku_id)
        if turn.lands or not turn.lost:
            assert isinstance(stock.quantity, int)
            self.stocks[target.sku_id] = stock.quantity
            self.enter("write", target.sku_id)
        self._leave(target.sku_id, turn)
        return stock


class Runs(RuleBasedStateMachine):
    """The stories that are told."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Shop(dict.fromkeys(SKUS, 20))
        self.state = desired(*(declared(sku, 20, rule=RULES[sku]) for sku in SKUS))
        self.base = Base("0" * 40, "0" * 40, "", dict(self.state.declared))
        self.versions = dict.fromkeys(SKUS, 0)
        self.written: list[tuple[str, int]] = []
        # What was last declared and brought about, or is for people to settle, as far as we know.
        self.held = {sku: self.state.declared[sku].stock for sku in FOLLOWED}
        self.dead: tuple[Plan, DesiredState, Base, int] | None = None
        self.count = 0
        self._folder = tempfile.TemporaryDirectory()
        self.journal = Path(self._folder.name) / "journal"

    def teardown(self) -> None:
        """Let everything come to rest: a few runs without a fault leave nothing to do."""
        self.shop.turns = []
        for _ in range(3):
            if self._can_rerun():
                self.rerun([])
            self.apply([])
            self._settle_doubts()
        plan = self._plan()
        self._folder.cleanup()

        assert plan.actions == ()
        assert self.shop.stocks["C"] == self.state.declared["C"].stock.quantity
        for sku in FOLLOWED:
            assert self.state.declared[sku].stock == self.held[sku]
        self.no_declaration_is_written_twice()

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(0, 40))
    def declare(self, sku: str, quantity: int) -> None:
        """Edit a number in the YAML."""
        self._declare(sku, self.state.declared[sku]._replace(stock=finite(quantity)))

    def _declare(self, sku: str, entry: Declared) -> None:
        if entry != self.state.declared[sku]:
            self.versions[sku] += 1
        self.state = replace(self.state, declared={**self.state.declared, sku: entry})

    @rule(sku=st.sampled_from(SKUS), units=st.integers(1, 3))
    def sell(self, sku: str, units: int) -> None:
        """A customer buys."""
        self.shop.sell(sku, units)

    @rule(quantity=st.integers(0, 40), turns=st.lists(TURNS, max_size=8))
    def declare_and_apply(self, quantity: int, turns: list[Turn]) -> None:
        """Merge a new number for the first SKU, and let CI apply it."""
        self.declare("A", quantity)
        self.apply(turns)

    @rule(turns=st.lists(TURNS, max_size=12))
    def apply(self, turns: list[Turn]) -> None:
        """Plan and apply with a record; a run that died before is taken over."""
        plan = self._plan()
        base = with_recovered(self.base, plan.recovered)
        for write in self.base.pending:
            assert write.declared is not None
            if write.sku_id in plan.recovered.landed and write.sku in self.held:
                self.held[write.sku] = write.declared.stock
        overtaken = {f.sku for f in plan.findings if f.kind is FindingKind.OVERTAKEN}
        for sku in overtaken:  # to be left alone settles it
            self._hold(sku, self.state)
        for sku in FOLLOWED:
            if self.shop.stocks[sku] == self.state.declared[sku].stock.quantity:
                self._hold(sku, self.state)
        self.dead = None
        self.journal.unlink(missing_ok=True)
        self._run(plan, self.state, base, turns, len(self.shop.ledger))

    @precondition(lambda self: self._can_rerun())
    @rule(turns=st.lists(TURNS, max_size=12))
    def rerun(self, turns: list[Turn]) -> None:
        """Run the plan of the dead run again, with the journal that it left."""
        assert self.dead is not None
        self._run(*self.dead[:3], turns, self.dead[3])

    @precondition(lambda self: self.dead is not None)
    @rule(has_plan=st.booleans())
    def lose_the_disk(self, has_plan: bool) -> None:
        """The machine is gone, and the journal with it; records and perhaps the plan are kept."""
        self.journal.unlink(missing_ok=True)
        if not has_plan:
            self.dead = None

    def _settle_doubts(self) -> None:
        """Let somebody look into the shop, and say what became of writes in doubt."""
        plan = self._plan()
        base = with_recovered(self.base, plan.recovered)
        landed = tuple(one.sku_id for one in base.pending if self._has_landed(one))
        skipped = tuple(one.sku_id for one in base.pending if one.sku_id not in landed)
        for write in (one for one in base.pending if one.sku_id in landed):
            assert write.declared is not None
            self.held[write.sku] = write.declared.stock
        self.base = with_recovered(base, Recovered(landed, skipped))

    def _has_landed(self, write: Pending) -> bool:
        """Return whether the shop's ledger has the write, since it was last read for it."""
        writes = [one for one in self.shop.ledger if one.kind == "write"]
        own = [one.quantity for one in writes if one.sku_id == write.sku_id]
        return bool(own) and own[-1] == write.after.quantity

    def _hold(self, sku: str, state: DesiredState) -> None:
        if sku in self.held:
            self.held[sku] = state.declared[sku].stock

    def _can_rerun(self) -> bool:
        """Whether a run died whose plan still follows from the YAML."""
        return self.dead is not None and self.dead[1] == self.state

    def _plan(self) -> Plan:
        skus = tuple(LiveSku(sku, sku, "", archived=False) for sku in SKUS)
        stocks = {sku: finite(units) for sku, units in self.shop.stocks.items()}
        for sku in SKUS:
            self.shop.enter("read", sku)
        at, orders = format_time(self.shop.now()), OrderBook(tuple(self.shop.orders))
        live = LiveState(Listing(COLLECTION, skus), stocks, 0, None, at, orders, at)
        self.count += 1
        made = Provenance(
            f"2026-11-20T10:00:00.{self.count}Z",
            f"sha256:{0:064}",
            base=self.base.commit,
            read_at=at,
            read_until=at,
        )
        return compute_plan(self.state, live, self.base, made)

    def _run(
        self, plan: Plan, state: DesiredState, base: Base, turns: list[Turn], since: int
    ) -> None:
        if not plan.actions:
            self.base = self._receipt(plan, state, base, Report("demo", ()))
            return
        all_of_it = Earlier(in_flight={one.sku: one for one in plan.actions})
        begun = all_of_it if self.dead is not None else Earlier()
        journal, earlier = open_journal(self.journal, plan, fingerprint(plan), begun)
        nothing = self._report(plan, Result.NOT_TRIED)
        ahead = tuple(write_ahead(state, base, plan, format_time(self.shop.now())).values())
        kept = self._receipt(plan, state, base, nothing)
        self.base = replace(kept, pending=(*kept.pending, *ahead))
        self.shop.turns = list(turns)
        self.shop.befores = {a.sku: a.before.quantity for a in plan.actions if a.rule is Rule.EXACT}
        start = len(self.shop.ledger)
        try:
            report = self._settle(plan, journal, earlier)
        except KilledError:
            self.dead = (plan, state, base, since)
        else:
            self.dead = None
            self.base = self._receipt(plan, state, base, report)
            for outcome in report.outcomes:
                if outcome.result in {Result.APPLIED, Result.ALREADY}:
                    self._hold(outcome.sku, state)
            if not any(report.count(r) for r in (Result.NOT_TRIED, Result.FAILED)):
                journal.end()
        journal.close()
        self.shop.turns = []
        self._look_at_the_ledger(plan, since, start)

    def _settle(self, plan: Plan, journal: Journal, earlier: Earlier) -> Report:
        read_at, read_until = plan.provenance.read_at, plan.provenance.read_until
        in_doubt = {
            sku: Attempt(sent, EARLIER, 1, (read_at, read_until))
            for sku, sent in earlier.in_flight.items()
        }
        bounds = Bounds(lambda _: None)
        writer = SkuWriter(self.shop, journal, bounds, in_doubt, self.shop.count_sold)
        outcomes = dict(earlier.done)
        attempts = [Attempt(each) for each in plan.actions if each.sku not in outcomes]
        while attempts:
            results = [writer.attempt(each) for each in attempts]
            attempts = [each for each in results if isinstance(each, Attempt)]
            outcomes |= {each.sku: each for each in results if isinstance(each, Outcome)}
        in_order = tuple(outcomes[action.sku] for action in plan.actions)
        return Report("demo", in_order, writer.end())

    def _report(self, plan: Plan, result: Result) -> Report:
        return Report(
            "demo", tuple(Outcome(a.sku, result, a.before, a.after) for a in plan.actions)
        )

    def _receipt(self, plan: Plan, state: DesiredState, base: Base, report: Report) -> Base:
        self.count += 1
        applied = state_after(state, base, plan, report, "")
        return Base(
            f"{self.count:040x}",
            "0" * 40,
            "",
            applied.declared,
            pending=applied.in_doubt,
            released=applied.released,
            shop=applied.shop,
        )

    def _look_at_the_ledger(self, plan: Plan, since: int, begun: int) -> None:
        """No wrong, doubled or lost write since the plan; no declaration written twice."""
        approved = {a.target.sku_id: {("finite", a.after.quantity)} for a in plan.actions}
        entries = self.shop.ledger[since:]
        assert judge(entries, approved)[:3] == (0, 0, 0), entries
        for entry in self.shop.ledger[begun:]:
            if entry.kind == "write" and entry.sku_id in FOLLOWED:
                self.written.append((entry.sku_id, self.versions[entry.sku_id]))
                self._hold(entry.sku_id, self.state)

    @invariant()
    def no_declaration_is_written_twice(self) -> None:
        """Under on_change: to write it again would put back what sold since."""
        assert len(set(self.written)) == len(self.written), self.written


TestRuns: Any = Runs.TestCase
TestRuns.settings = settings(
    max_examples=120, stateful_step_count=15, deadline=None, report_multiple_bugs=False
)
