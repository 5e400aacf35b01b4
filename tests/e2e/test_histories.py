"""One random history; `make histories` tells two hundred."""

import pytest
from histories.explorer import explore


@pytest.mark.parametrize("seed", range(1, 2))
def test_no_history_breaks_a_law(seed: int) -> None:
    """Nothing is undone unsaid, put back is exact, and a complete apply leaves nothing to do."""
    counts = explore(seed, 10)

    assert counts.total() == 10
