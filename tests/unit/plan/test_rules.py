"""Compute the stock that each rule wants, for all combinations."""

from typing import Any

import pytest
from factories import stock

from reconciler.model import INFINITE, NO_KNOWLEDGE, Reference, Rule, Statement
from reconciler.plan.rules import aim, count_put_back

INF = "infinite"


@pytest.mark.parametrize(
    ("rule", "declared", "live", "aimed"),
    [
        (Rule.EXACT, 5, 3, 5),
        (Rule.EXACT, 5, 9, 5),
        (Rule.EXACT, 5, 5, 5),
        (Rule.EXACT, 5, -3, 5),
        (Rule.EXACT, 0, 9, 0),
        (Rule.EXACT, 5, INF, 5),
        (Rule.EXACT, INF, 5, INF),
        (Rule.EXACT, INF, INF, INF),
        (Rule.EXACT, 5, None, 5),
        (Rule.EXACT, 5, 2.5, 5),
        (Rule.EXACT, INF, None, INF),
        (Rule.AT_LEAST, 5, 3, 5),
        (Rule.AT_LEAST, 5, 9, 9),
        (Rule.AT_LEAST, 5, 5, 5),
        (Rule.AT_LEAST, 5, -3, 5),
        (Rule.AT_LEAST, 5, INF, INF),
        (Rule.AT_LEAST, INF, 5, INF),
        (Rule.AT_LEAST, INF, INF, INF),
        (Rule.AT_LEAST, 5, None, None),
        (Rule.AT_LEAST, 5, 2.5, 2.5),
        (Rule.AT_LEAST, INF, None, None),
        (Rule.AT_MOST, 5, 9, 5),
        (Rule.AT_MOST, 5, 3, 3),
        (Rule.AT_MOST, 5, 5, 5),
        (Rule.AT_MOST, 5, -3, -3),
        (Rule.AT_MOST, 5, INF, 5),
        (Rule.AT_MOST, INF, 5, 5),
        (Rule.AT_MOST, INF, INF, INF),
        (Rule.AT_MOST, 5, None, None),
        (Rule.AT_MOST, 5, 9.5, 9.5),
        (Rule.OBSERVE, 5, 9, 9),
        (Rule.OBSERVE, 5, INF, INF),
        (Rule.OBSERVE, INF, None, None),
    ],
)
def test_aim_follows_the_rule(rule: Rule, declared: Any, live: Any, aimed: Any) -> None:
    """Finite, infinite, and unreadable stocks are covered, with and without a base."""
    for level in (None, stock(5), stock(9), INFINITE):
        for statement in Statement:
            found = aim(rule, stock(declared), Reference(statement, level), stock(live))
            assert found == stock(aimed)
    assert aim(rule, stock(declared), None, stock(live)) == stock(aimed)


@pytest.mark.parametrize(
    ("declared", "base", "live", "aimed"),
    [
        # Not changed: whatever the store has stays.
        (5, 5, 3, 3),
        (5, 5, 9, 9),
        (5, 5, INF, INF),
        (5, 5, None, None),
        (5, 5, 2.5, 2.5),
        (INF, INF, 3, 3),
        # Raised: written, but never to lower what the store has.
        (9, 5, 3, 9),
        (9, 5, 5, 9),
        (9, 5, 9, 9),
        (9, 5, 12, 12),
        (9, 5, INF, INF),
        (9, 5, None, 9),
        (9, 5, 2.5, 9),
        (INF, 5, 3, INF),
        (INF, 5, INF, INF),
        # Lowered: written, but never to raise it.
        (5, 9, 9, 5),
        (5, 9, 7, 5),
        (5, 9, 3, 3),
        (5, 9, -3, -3),
        (5, 9, None, 5),
        (43, 50, 38, 38),
        (5, INF, INF, 5),
        (5, INF, 3, 3),
        (5, INF, 9, 5),
        # New since the base: written in either direction.
        (5, None, 3, 5),
        (5, None, 9, 5),
        (5, None, INF, 5),
        (INF, None, 5, INF),
        (5, None, None, 5),
    ],
)
def test_aim_on_change_follows_the_changed_level(
    declared: Any, base: Any, live: Any, aimed: Any
) -> None:
    """It writes changes since the reference, and only in their direction."""
    statement = Statement.SETTLED if base == declared else Statement.TYPED
    known = NO_KNOWLEDGE if base is None else Reference(statement, stock(base))

    assert aim(Rule.ON_CHANGE, stock(declared), known, stock(live)) == stock(aimed)


@pytest.mark.parametrize("live", [3, 5, 9, INF, None])
def test_aim_of_a_copy_is_the_live_stock(live: Any) -> None:
    """Sales after the copy stay sold."""
    copy = Reference(Statement.COPY, stock(5), is_observed=True)

    assert aim(Rule.ON_CHANGE, stock(5), copy, stock(live)) == stock(live)


@pytest.mark.parametrize(
    ("level", "had", "before", "after", "put_back"),
    [
        (50, 50, 43, 70, 7),
        (50, 50, 43, 46, 3),
        (50, 50, 43, 50, 7),
        (35, 35, 32, 66, 3),
        (50, 50, 50, 70, 0),
        (50, 50, 60, 70, 0),
        (50, 50, 60, 45, -10),
        (50, 50, 60, 55, -5),
        (50, 50, 43, 40, 0),
        (50, 50, 43, 43, 0),
        # An overtaken level: what the shop had may be more than it, or less.
        (60, 65, 50, 70, 15),
        (18, 10, 10, 19, 8),
        (60, 65, 65, 40, -5),
        (50, None, 43, 50, 0),
        (50, 50, INF, 50, 0),
        (50, 50, None, 50, 0),
        (50, INF, 43, 50, 0),
    ],
)
def test_count_put_back_counts_undone_units(
    level: int, had: Any, before: Any, after: Any, put_back: int
) -> None:
    """Sold units are positive, added units negative, and never more than the write changes."""
    known = Reference(Statement.TYPED, stock(level), None if had is None else stock(had))

    assert count_put_back(known, stock(before), stock(after)) == put_back
    assert count_put_back(None, stock(before), stock(after)) == 0
