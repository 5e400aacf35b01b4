"""What an entry of YAML names, and where it stands."""

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
def test_declared_code_is_the_key_unless_pinned_to_another(
    pin: str | None, code: str | None, expected: tuple[str | None, str]
) -> None:
    """A pin may name another code, or none, for which the key must not stand in."""
    entry = declared("KEY", id=pin, code=code)

    assert (entry.id, entry.code) == expected


def test_declared_has_the_terms_of_its_file() -> None:
    """Rule, low stock and path are inherited; the line is its own."""
    entry = declared("A", rule=Rule.AT_MOST, low=2, line=7)

    assert (entry.rule, entry.terms.low) == (Rule.AT_MOST, 2)
    assert entry.source == Source(entry.terms.path, 7)
    assert str(entry.source) == f"{entry.terms.path}:7"


@pytest.mark.parametrize(
    ("bound", "shown"), [(Bound(5, is_share=True), "5%"), (Bound(5, is_share=False), "5")]
)
def test_bound_shows_a_share_in_percent(bound: Bound, shown: str) -> None:
    """A share is not taken for a number."""
    assert str(bound) == shown


def test_store_settings_begin_with_the_strict_choice() -> None:
    """Without a word in store.yaml git owns the number, and Webflow is the store."""
    settings = StoreSettings("demo", SITE)

    assert (settings.rule, settings.backend, settings.frozen) == (Rule.EXACT, Backend.WEBFLOW, ())
    assert settings.token_env == "WEBFLOW_TOKEN"
