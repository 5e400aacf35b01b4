"""Find the reference of a level: by its key, else by SKU id of the shop."""

import pytest
from factories import base_of, declared, desired, live, plan_of
from msgspec.structs import replace

from reconciler.model import (
    NO_KNOWLEDGE,
    Base,
    Cause,
    Declared,
    FindingKind,
    Observation,
    OrderBook,
    Pending,
    Reference,
    Rule,
    Seen,
    SettledSku,
    Statement,
    finite,
)
from reconciler.plan.reference import References

X, Y = "id-X", "id-Y"


def _settled(*entries: Declared, released: tuple[Declared, ...] = (), **ids: str) -> Base:
    """Return the base of a record. *ids* are the shop's ids by key."""
    shop = {key: SettledSku(key, sku_id, None, "2026-11-20") for key, sku_id in ids.items()}
    return replace(base_of(*entries), shop=shop, released={entry.sku: entry for entry in released})


def _seen(quantity: int, at: str, sku_id: str = X, key: str = "A") -> Observation:
    return Observation(f"{at}{quantity}", "s.yaml", at, {key: Seen(finite(quantity), sku_id)})


def _look_up(
    entry: Declared, base: Base | None, *seen: Observation, sku_id: str | None = X
) -> Reference | None:
    state = replace(desired(entry), observations=seen)
    return References(base, state).look_up(entry, sku_id)


def _statement(found: Reference | None) -> Statement | None:
    return found.statement if found else None


@pytest.mark.parametrize(
    ("before", "now", "sku_id", "statement"),
    [
        (declared("A", 5), declared("A", 7), X, Statement.TYPED),
        (declared("A", 5), declared("A", 5), X, Statement.SETTLED),
        (declared("B", 5), declared("A", 7), X, Statement.NEW),
        # An id is added or removed, under the same key or another: the same SKU.
        (declared("A", 5), declared("A", 5, id=X), X, Statement.SETTLED),
        (declared("A", 5), declared("Z", 5, id=X, code="A"), X, Statement.SETTLED),
        (declared("A", 5, id=X), declared("A", 5), X, Statement.SETTLED),
        (declared("Z", 5, id=X, code="A"), declared("A", 5), X, Statement.SETTLED),
        (declared("Z", 5, id=X), declared("Q", 5, id=X), X, Statement.SETTLED),
        # A known key is pinned to another SKU: only a number that changes is new.
        (declared("A", 5, id=X), declared("A", 5, id=Y), Y, Statement.SETTLED),
        (declared("A", 5, id=X), declared("A", 6, id=Y), Y, Statement.NEW),
        (declared("A", 5), declared("A", 5, id=Y, code="OTHER"), Y, Statement.SETTLED),
        # Without a pin, another id is another SKU.
        (declared("A", 5, id=X), declared("A", 5), Y, Statement.NEW),
    ],
)
def test_base_of_a_commit_finds_the_same_sku(
    before: Declared, now: Declared, sku_id: str, statement: Statement
) -> None:
    """Keys may change. The SKU of the shop decides."""
    assert _statement(_look_up(now, base_of(before), sku_id=sku_id)) is statement


@pytest.mark.parametrize(
    ("base", "now", "sku_id", "statement"),
    [
        # A code that was corrected after a rename in the shop is found by the shop's id.
        (_settled(declared("OLD", 5), OLD=X), declared("A", 5), X, Statement.SETTLED),
        (_settled(declared("OLD", 5), OLD=X), declared("A", 6), X, Statement.TYPED),
        (_settled(declared("OLD", 5), OLD=Y), declared("A", 5), X, Statement.NEW),
        # So is a SKU that no file declared for a while.
        (_settled(released=(declared("A", 5),), A=X), declared("A", 5), X, Statement.SETTLED),
        (_settled(released=(declared("B", 5),), B=X), declared("A", 5), X, Statement.SETTLED),
        # A product made again under a released code is another SKU.
        (_settled(released=(declared("A", 5),), A=Y), declared("A", 5), X, Statement.NEW),
        (_settled(released=(declared("A", 5),), A=Y), declared("A", 5, id=X), X, Statement.NEW),
        # A number that stays while its key is pinned to another SKU says nothing new of that,
        (_settled(declared("A", 5), A=Y), declared("A", 5, id=X), X, Statement.SETTLED),
        (_settled(declared("A", 5), A=Y), declared("A", 6, id=X), X, Statement.NEW),
        # unless that SKU had another number under another key.
        (
            _settled(declared("A", 5), declared("B", 7), A=Y, B=X),
            declared("A", 5, id=X),
            X,
            Statement.TYPED,
        ),
    ],
)
def test_record_finds_a_sku_by_key_and_then_by_id(
    base: Base, now: Declared, sku_id: str, statement: Statement
) -> None:
    """A rename, a revert, or a lost file creates no new SKU."""
    assert _statement(_look_up(now, base, sku_id=sku_id)) is statement


def test_known_code_of_another_sku_is_replaced() -> None:
    """Unless the entry pins the id."""
    base = _settled(declared("A", 5), A=Y)
    for entry, is_replaced in (
        (declared("A", 5), True),
        (declared("A", 5, id=X), False),
    ):
        assert References(base, desired(entry)).is_replaced(entry, X) is is_replaced
    assert not References(base, desired(declared("A", 5))).is_replaced(declared("A", 5), Y)


EARLY, LATE = "2026-11-21T10:00:00Z", "2026-11-22T10:00:00Z"


@pytest.mark.parametrize(
    ("quantity", "statement", "level", "had"),
    [
        (50, Statement.SETTLED, 50, 50),
        (43, Statement.COPY, 43, 43),
        (40, Statement.COPY, 40, 40),
        (66, Statement.TYPED, 40, 40),
        (20, Statement.TYPED, 40, 40),
    ],
)
def test_observation_is_the_reference_of_a_later_level(
    quantity: int, statement: Statement, level: int, had: int
) -> None:
    """The latest one counts. A level that equals any of them is a copy."""
    base = _settled(declared("A", 50), A=X)
    found = _look_up(declared("A", quantity), base, _seen(43, EARLY), _seen(40, LATE))

    assert found is not None
    assert (found.statement, found.level, found.had) == (statement, finite(level), finite(had))
    assert found.settled == finite(50)


def test_consumed_observation_is_ignored() -> None:
    """An apply has settled it."""
    seen = _seen(43, EARLY)
    base = replace(_settled(declared("A", 50), A=X), consumed=frozenset({seen.id}))

    assert _statement(_look_up(declared("A", 43), base, seen)) is Statement.TYPED


def test_observation_without_a_base_is_a_reference() -> None:
    """After an import there is no record yet."""
    seen = _seen(43, EARLY)

    assert _statement(_look_up(declared("A", 43), None, seen)) is Statement.COPY
    assert _statement(_look_up(declared("A", 60), None, seen)) is Statement.TYPED
    assert _look_up(declared("A", 43), None) is None
    assert _look_up(declared("A", 43), base_of()) == NO_KNOWLEDGE


def test_observation_of_another_sku_is_ignored() -> None:
    """The code now belongs to another SKU. The observed one has another key."""
    base = _settled(A=Y)

    assert _statement(_look_up(declared("A", 43), base, _seen(43, EARLY, Y))) is Statement.NEW
    seen_as_b = _seen(43, EARLY, X, "B")
    assert _statement(_look_up(declared("A", 43), base, seen_as_b)) is Statement.COPY


@pytest.mark.parametrize(
    ("base", "live_now", "cause"),
    [
        (50, 50, Cause.DECLARED),
        (50, 43, Cause.BOTH),
        (70, 43, Cause.DRIFT),
        (None, 43, Cause.DECLARED),
    ],
)
def test_find_cause_names_what_changed(base: int | None, live_now: int, cause: Cause) -> None:
    """The level, the stock, or both."""
    entries = [declared("A", base)] if base is not None else []
    plan = plan_of(desired(declared("A", 70)), live({"A": live_now}), base_of(*entries))

    assert [action.cause for action in plan.actions] == [cause]


@pytest.mark.parametrize(
    ("live_now", "written", "kinds"),
    [
        (50, 70, [FindingKind.TOLD]),
        (70, None, [FindingKind.TOLD]),
        (63, None, [FindingKind.UNSETTLED]),
    ],
)
def test_crashed_run_is_resolved_by_stock_and_orders(
    live_now: int, written: int | None, kinds: list[FindingKind]
) -> None:
    """As before: not written. As planned: written. Neither: skipped, and named."""
    entry, at = declared("A", 70, rule=Rule.ON_CHANGE), "2026-11-20T10:00:00.000Z"
    pending = Pending("A", "id-A", finite(50), finite(70), at, at, entry)
    base = replace(base_of(declared("A", 50)), pending=(pending,))
    shop = replace(live({"A": live_now}), orders=OrderBook())
    plan = plan_of(desired(entry), shop, base)

    assert [action.after.quantity for action in plan.actions] == (
        [] if written is None else [written]
    )
    told = [one.kind for one in plan.findings if one.kind is not FindingKind.DRIFT]
    assert told == kinds
