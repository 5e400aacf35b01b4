"""How shops are reached."""

import pytest

from reconciler.app.connect import RateLimits, rate_window
from reconciler.errors import UsageError
from reconciler.webflow.token import Token


def test_stores_that_share_a_token_share_its_allowance() -> None:
    """The same pace for the same token, another one for another."""
    limits = RateLimits()
    pace = limits.pace_of(Token("one"))

    assert limits.pace_of(Token("one")) is pace
    assert limits.pace_of(Token("two")) is not pace


@pytest.mark.parametrize("text", ["0", "-1", "61", "soon", "nan"])
def test_odd_window_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A minute of waiting is at most a minute, and more than nothing."""
    monkeypatch.setenv("WEBFLOW_RATE_WINDOW", text)
    with pytest.raises(UsageError):
        rate_window()
