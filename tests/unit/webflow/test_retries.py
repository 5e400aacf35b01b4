"""Budget and back-off: sums without a clock."""

import random

from reconciler.webflow.retries import MAX_BACKOFF, Budget, backoff


def test_a_budget_is_earned_by_answers() -> None:
    """Each success gives one more try; without any, the start is all there is."""
    budget = Budget(2)

    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.earn()
    budget.earn()
    assert [budget.spend(), budget.spend()] == [True, False]


def test_waits_grow_with_full_jitter_and_an_end() -> None:
    """Each wait lies between nothing and a bound that doubles up to a few seconds."""
    chance = random.Random(1)  # noqa: S311  no secret
    waits = {attempt: [backoff(attempt, chance) for _ in range(200)] for attempt in (1, 3, 20)}

    assert max(waits[1]) <= 0.5 < max(waits[3]) <= 2.0 < max(waits[20]) <= MAX_BACKOFF
    assert min(waits[20]) < 0.5
