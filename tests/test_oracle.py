"""Ledger → verdict: wrong, doubled, lost, and the gap that the API leaves open."""

import pytest
from oracle import LedgerStock, Verdict, judge

from reconciler.sandbox.database import Entry

APPROVED: dict[str, set[LedgerStock]] = {"id": {("finite", 5)}}


def _ledger(story: str) -> list[Entry]:
    """Return entries for letters: r read, s sale, w the approved write, x another one."""
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
def test_what_a_ledger_says(story: str, verdict: Verdict) -> None:
    """A sale that could have been read is lost; one since the last read fell into the gap."""
    assert judge(_ledger(story), APPROVED) == verdict
