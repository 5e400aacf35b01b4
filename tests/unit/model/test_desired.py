"""Describe what an entry of YAML declares."""

import pytest
from factories import SITE, declared

from reconciler.model import Backend, Bound, Rule, Source, StoreSettings


@pytest.mark.parametrize(
    ("pin", "code", "expected"),
    [
        (None, None, (None, "KEY")),
        ("id-1", None, ("id-1", "KEY")),
        ("id-1", "CODE", ("id-1", "CODE")),
        ("id-1", "", ("id-1", "")),
    ],
)
def test_declared_code_is_that_of_the_pin_else_the_key(
    pin: str | None, code: str | None, expected: tuple[str | None, str]
) -> None:
    """A pin may have another code, or none. Then the key is not used."""
    entry = declared("KEY", id=pin, code=code)

    assert (entry.id, entry.code) == expected


def test_declared_has_the_terms_of_its_file() -> None:
    """Rule, `low`, and path are inherited. The line is its own."""
    entry = declared("A", rule=Rule.AT_MOST, low=2, line=7)

    assert (entry.rule, entry.terms.low) == (Rule.AT_MOST, 2)
    assert entry.source == Source(entry.terms.path, 7)
    assert str(entry.source) == f"{entry.terms.path}:7"


@pytest.mark.parametrize(
    ("bound", "shown"), [(Bound(5, is_share=True), "5%"), (Bound(5, is_share=False), "5")]
)
def test_bound_shows_a_share_in_percent(bound: Bound, shown: str) -> None:
    """A share is not confused with a number."""
    assert str(bound) == shown


def test_store_settings_have_strict_defaults() -> None:
    """By default git owns the number, and Webflow is the backend."""
    settings = StoreSettings("demo", SITE)

    assert (settings.rule, settings.backend, settings.frozen) == (Rule.EXACT, Backend.WEBFLOW, ())
    assert settings.token_env == "WEBFLOW_TOKEN"
