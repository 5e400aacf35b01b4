"""Connections to shops."""

import pytest

from reconciler.app.connect import RateLimits, rate_window
from reconciler.errors import UsageError
from reconciler.webflow.token import Token


def test_pace_of_same_token_is_shared() -> None:
    """Another token has another pace."""
    limits = RateLimits()
    pace = limits.pace_of(Token("one"))

    assert limits.pace_of(Token("one")) is pace
    assert limits.pace_of(Token("two")) is not pace


@pytest.mark.parametrize("text", ["0", "-1", "61", "soon", "nan"])
def test_rate_window_out_of_range_raises(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """It must be above 0, and at most a minute."""
    monkeypatch.setenv("WEBFLOW_RATE_WINDOW", text)
    with pytest.raises(UsageError):
        rate_window()
