"""Laws of applying: what moved is not written, and what was lost is not doubled."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from factories import action, desired, live, plan_of
from fakes import FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.apply.executor import execute
from reconciler.apply.sku_writer import MAX_WRITES
from reconciler.errors import (
    AnswerError,
    NotValid,
    ServerFault,
    StoreError,
    TransportError,
)
from reconciler.model import Outcome, Plan, Result, Stock, Target, finite

SKUS = "ABC"
BEFORE, AFTER = 9, 4
LOST: tuple[StoreError, ...] = (
    TransportError("broke off"),
    ServerFault("failed", 500),
    AnswerError("nonsense"),
)


@dataclass
class Turn:
    """What happens at one request: sales around it, whether it lands, and what comes back."""

    sold_before: bool = False
    lands: bool = True
    error: StoreError | None = None
    sold_after: bool = False


@dataclass
class WildStore:
    """A store in which each request meets the next turn; it keeps what happened, in order."""

    stocks: dict[str, int]
    turns: list[Turn]
    trace: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def limit(self) -> int | None:
        return None

    def _turn(self, sku: str) -> Turn:
        turn = self.turns.pop(0) if self.turns else Turn()
        if turn.sold_before:
            self._sell(sku)
        return turn

    def _sell(self, sku: str) -> None:
        self.stocks[sku] -= 1
        self.trace.append(("sale", sku, self.stocks[sku]))

    def _end(self, sku: str, turn: Turn) -> None:
        if turn.sold_after:
            self._sell(sku)
        if turn.error is not None:
            raise turn.error

    def turn(self) -> AbstractContextManager[None]:
        return nullcontext()

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 10, tzinfo=UTC)

    def read_stock(self, target: Target) -> Stock:
        sku = target.sku_id
        turn = self._turn(sku)
        found = self.stocks[sku]
        if turn.error is None:
            self.trace.append(("read", sku, found))
        self._end(sku, turn)
        return finite(found)

    def write_stock(self, target: Target, stock: Stock) -> Stock:
        sku = target.sku_id
        turn = self._turn(sku)
        refused = isinstance(turn.error, NotValid)
        if turn.lands and not refused:
            assert isinstance(stock.quantity, int)
            self.stocks[sku] = stock.quantity
            self.trace.append(("landed", sku, stock.quantity))
        else:
            self.trace.append(("lost", sku, 0))
        self._end(sku, turn)
        return stock


ERRORS = st.one_of(st.none(), st.sampled_from(LOST), st.just(NotValid("no", 400)))
TURNS = st.builds(
    Turn,
    sold_before=st.sampled_from([False, False, False, True]),
    lands=st.booleans(),
    error=ERRORS,
    sold_after=st.sampled_from([False, False, False, True]),
)
STARTS = st.fixed_dictionaries({sku: st.sampled_from([BEFORE, BEFORE, AFTER, 7]) for sku in SKUS})


def _plan() -> Plan:
    actions = (replace(action(sku, BEFORE, AFTER), target=Target("c", sku)) for sku in SKUS)
    return replace(plan_of(desired(), live({})), actions=tuple(actions))


def _play(starts: dict[str, int], turns: list[Turn]) -> tuple[WildStore, dict[str, Outcome]]:
    store = WildStore(dict(starts), list(turns))
    report = execute(_plan(), store, parallelism=1, sleep=FakeClock().sleep)
    return store, {outcome.sku: outcome for outcome in report.outcomes}


def _of(store: WildStore, sku: str) -> list[tuple[str, int]]:
    return [(kind, value) for kind, of, value in store.trace if of == sku]


@given(STARTS, st.lists(TURNS, max_size=14))
@settings(max_examples=400)
def test_what_moved_is_never_written(starts: dict[str, int], turns: list[Turn]) -> None:
    """A SKU that moved since the plan is never written: what was read last is what was planned."""
    store, _ = _play(starts, turns)
    for sku in SKUS:
        last_read = None
        for kind, value in _of(store, sku):
            if kind == "read":
                last_read = value
            elif kind in {"landed", "lost"}:
                assert last_read == BEFORE


@given(STARTS, st.lists(TURNS, max_size=14))
@settings(max_examples=400)
def test_a_lost_write_is_sent_again_only_after_a_read(
    starts: dict[str, int], turns: list[Turn]
) -> None:
    """A write whose answer was lost is sent again only after reads show that it did not land."""
    store, _ = _play(starts, turns)
    for sku in SKUS:
        reads: list[int] | None = None
        for kind, value in _of(store, sku):
            if kind == "read" and reads is not None:
                reads.append(value)
            elif kind in {"landed", "lost"}:
                # Once right away, unless that failed, and once before the write, much later.
                assert reads is None or (len(reads) in {1, 2} and set(reads) == {BEFORE})
                reads = []
        assert sum(kind in {"landed", "lost"} for kind, _ in _of(store, sku)) <= MAX_WRITES


@given(STARTS, st.lists(TURNS, max_size=14))
@settings(max_examples=400)
def test_the_report_says_what_became_of_each(starts: dict[str, int], turns: list[Turn]) -> None:
    """Applied: our write landed. Already, moved, not tried: none was sent."""
    store, outcomes = _play(starts, turns)
    for sku, outcome in outcomes.items():
        kinds = [kind for kind, _ in _of(store, sku)]
        writes = [kind for kind in kinds if kind in {"landed", "lost"}]
        if outcome.result is Result.APPLIED and not _some_answer_lies(turns):
            # Landed, or sold down to the very number in the time between a read and the next.
            assert "landed" in kinds or "sale" in kinds
        if outcome.result in {Result.ALREADY, Result.MOVED, Result.NOT_TRIED}:
            assert writes == []
        if outcome.result is Result.FAILED and outcome.found is None:
            assert "landed" not in kinds


def _some_answer_lies(turns: list[Turn]) -> bool:
    """Whether a write that did not land may be answered as if it had."""
    return any(not turn.lands and turn.error is None for turn in turns)
