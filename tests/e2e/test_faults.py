"""Each row of the table of faults, with one seed; `make faults` takes twenty."""

import pytest
from faults.running import all_rows
from faults.table import Row


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: row.id)
def test_a_fault_meets_what_is_expected(row: Row) -> None:
    """The row holds: exit code, sentences, what was written, and no token anywhere."""
    tally = row.run(seed=1)

    assert [tally[fault] for fault in ("wrong", "doubled", "lost", "leaks")] == [0, 0, 0, 0]
