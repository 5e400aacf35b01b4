"""Which of several exit codes says most."""

from itertools import pairwise

import pytest

from reconciler.exit_codes import ExitCode, worst


@pytest.mark.parametrize(
    ("codes", "said"),
    [([0, 2, 3, 4], 4), ([4, 65, 1, 5], 5), ([5, 143], 143), ([0, 64], 64), ([65, 4], 65)],
)
def test_worst_exit_code_wins(codes: list[int], said: int) -> None:
    """An interruption, then what is incomplete, then what could not begin."""
    assert worst(map(ExitCode, codes)) == said


def test_every_exit_code_has_a_place() -> None:
    """Of each two neighbors one is worse, whatever their order."""
    for first, second in pairwise(ExitCode):
        assert worst([first, second]) is worst([second, first])


def test_interruptions_are_known() -> None:
    """129, 130 and 143 are what shells say of signals."""
    assert {int(code) for code in ExitCode if code.is_interruption} == {129, 130, 143}
