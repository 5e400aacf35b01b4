"""Each row of the table of faults, with one seed; `make faults` takes twenty."""

import pytest
from faults import files
from faults.table import ROWS, Row

assert files.KINDS, "importing the rows enters them"


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.id)
def test_a_fault_meets_what_is_expected(row: Row) -> None:
    """The row holds: exact sentences, exit code, nothing asked of the store."""
    row.run(seed=1)
