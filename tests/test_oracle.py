"""The oracle: wrong, doubled, and lost writes, and the gap of the API."""

import pytest
from oracle import LedgerStock, Verdict, judge

from reconciler.sandbox.database import Entry

APPROVED: dict[str, set[LedgerStock]] = {"id": {("finite", 5)}}


def _ledger(story: str) -> list[Entry]:
    """Return entries for letters: r read, s sale, w approved write, x other write."""
    kinds = {"r": ("read", 9), "s": ("sale", 8), "w": ("write", 5), "x": ("write", 6)}
    return [Entry(*(kinds[letter][0], "id", None, "finite", kinds[letter][1])) for letter in story]


@pytest.mark.parametrize(
    ("story", "verdict"),
    [
        ("rrw", Verdict()),
        ("rxr", Verdict(wrong=1)),
        ("rww", Verdict(doubled=1)),
        ("rwrw", Verdict(doubled=1)),
        ("srw", Verdict(lost=1)),
        ("rsw", Verdict(gap=1)),
        ("srsw", Verdict(lost=1)),
        ("rwsw", Verdict(lost=1)),
        ("rwsrw", Verdict(lost=1)),
        ("rws", Verdict()),
        ("sr", Verdict()),
    ],
)
def test_judge_counts_faulty_writes(story: str, verdict: Verdict) -> None:
    """A readable sale is lost. A sale after the last read is in the gap."""
    assert judge(_ledger(story), APPROVED) == verdict
