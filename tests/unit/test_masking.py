"""A token is shown in no spelling."""

import base64
import json
from urllib.parse import quote

import pytest

from reconciler import masking
from reconciler.masking import MASK, MIN_LENGTH, mask, register_environment, register_secret

ODD = 'a/b+c"d\\é&x'


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without the secrets of other tests, and leave none behind."""
    monkeypatch.setattr(masking, "_forms", [])


@pytest.mark.parametrize(
    "spelled",
    [
        ODD,
        quote(ODD),
        quote(ODD, safe=""),
        json.dumps(ODD)[1:-1],
        base64.b64encode(ODD.encode()).decode(),
    ],
)
def test_mask_hides_each_spelling_everywhere(spelled: str) -> None:
    """A URL, JSON, and a header of Basic authentication spell a secret in their own ways."""
    register_secret(ODD)

    assert mask(f"x {spelled}, {spelled}y") == f"x {MASK}, {MASK}y"


@pytest.mark.parametrize("secrets", [("abcde", "abcdefgh"), ("abcdefgh", "abcde")])
def test_mask_with_overlapping_secrets_hides_longer_first(secrets: tuple[str, str]) -> None:
    """The end of a longer secret never stays behind a shorter one."""
    for secret in secrets:
        register_secret(secret)

    assert mask("abcdefgh abcde") == f"{MASK} {MASK}"


@pytest.mark.parametrize(("length", "is_masked"), [(MIN_LENGTH - 1, False), (MIN_LENGTH, True)])
def test_mask_leaves_short_words(length: int, is_masked: bool) -> None:
    """A word of four letters could be any SKU; a token is longer."""
    register_secret("x" * length)

    assert (mask("x" * length) == MASK) is is_masked


def test_mask_without_secrets_changes_nothing() -> None:
    """Text stays as it is, the mask itself too."""
    register_secret("")

    assert mask(f"TEE-M {MASK}") == f"TEE-M {MASK}"


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("WEBFLOW_TOKEN", True),
        ("WEBFLOW_TOKEN_DE", True),
        ("WEBFLOW_SHOP_TOKEN", True),
        ("GITHUB_TOKEN", True),
        ("GH_TOKEN", True),
        ("ACTIONS_RUNTIME_TOKEN", True),
        ("WEBFLOW_API_URL", False),
        ("GITHUB_REPOSITORY", False),
        ("HOME", False),
    ],
)
def test_register_environment_takes_tokens_alone(name: str, is_secret: bool) -> None:
    """Any other variable may hold a word that plans and records need."""
    register_environment({name: "some-long-value\n"})

    assert (mask("some-long-value") == MASK) is is_secret
