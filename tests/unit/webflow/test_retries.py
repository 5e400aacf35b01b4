"""Budget and backoff, without a clock."""

import random

from reconciler.webflow.retries import MAX_BACKOFF, Budget, backoff


def test_budget_grows_with_answers() -> None:
    """Each success adds one retry to the start value."""
    budget = Budget(2)

    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.earn()
    budget.earn()
    assert [budget.spend(), budget.spend()] == [True, False]


def test_backoff_grows_with_jitter_up_to_maximum() -> None:
    """Each wait is between 0 and a bound that doubles up to the maximum."""
    chance = random.Random(1)  # noqa: S311  no secret
    waits = {attempt: [backoff(attempt, chance) for _ in range(200)] for attempt in (1, 3, 20)}

    assert max(waits[1]) <= 0.5 < max(waits[3]) <= 2.0 < max(waits[20]) <= MAX_BACKOFF
    assert min(waits[20]) < 0.5
