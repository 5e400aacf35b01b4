"""What the stages share on the command line."""

from reconciler.cli.several import worst
from reconciler.cli.stages import Allowances
from reconciler.webflow.token import Token


def test_stores_that_share_a_token_share_its_allowance() -> None:
    """The same pace for the same token, another one for another."""
    allowances = Allowances()
    pace = allowances.pace_of(Token("one"))

    assert allowances.pace_of(Token("one")) is pace
    assert allowances.pace_of(Token("two")) is not pace


def test_the_worst_exit_code_wins() -> None:
    """In the order of what went wrong; a code that nobody knows is worse than all."""
    assert worst([0, 2, 3, 4]) == 4
    assert worst([4, 65, 1, 5]) == 5
    assert worst([5, 143]) == 143
    assert worst([0, 64]) == 64
