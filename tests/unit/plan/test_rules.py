"""Rule, declared, live → the stock to aim for: every combination."""

from typing import Any

import pytest
from factories import stock

from reconciler.errors import NoBaseError
from reconciler.model import Rule
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
    """Each rule over finite, infinite and unreadable stock."""
    assert aim(rule, stock(declared), stock(live)) == stock(aimed)


def test_on_change_cannot_be_decided_without_a_base() -> None:
    """`on_change` fails closed; it never falls back to another rule."""
    with pytest.raises(NoBaseError):
        aim(Rule.ON_CHANGE, stock(5), stock(3))
