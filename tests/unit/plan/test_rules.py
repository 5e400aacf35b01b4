"""Rule, declared, base, live → the stock to aim for: every combination."""

from typing import Any

import pytest
from factories import stock

from reconciler.model import INFINITE, Rule
from reconciler.plan.rules import aim

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
def test_a_rule_decides_what_to_aim_for(rule: Rule, declared: Any, live: Any, aimed: Any) -> None:
    """Each rule over finite, infinite and unreadable stock, whatever the base says."""
    for base in (None, stock(5), stock(9), INFINITE):
        for recounted in (True, False):
            found = aim(rule, stock(declared), base, stock(live), recounted=recounted)
            assert found == stock(aimed)


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
def test_on_change_follows_the_declaration(declared: Any, base: Any, live: Any, aimed: Any) -> None:
    """It writes what was changed since the base, and in the direction of the change alone."""
    before = None if base is None else stock(base)

    assert aim(Rule.ON_CHANGE, stock(declared), before, stock(live)) == stock(aimed)


@pytest.mark.parametrize("live", [3, 5, 9, INF, None, 2.5])
@pytest.mark.parametrize("base", [3, 5, 9, INF])
def test_a_recount_writes_in_either_direction(base: Any, live: Any) -> None:
    """A new `as_of` asserts the number anew, also the same one."""
    found = aim(Rule.ON_CHANGE, stock(5), stock(base), stock(live), recounted=True)

    assert found == stock(5)
