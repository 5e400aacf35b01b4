"""Tokens and addresses: read from the environment, checked, and never shown."""

from pathlib import Path

import pytest

from reconciler.errors import StoreError, TokenError
from reconciler.webflow.token import load_address, load_token

SECRET = "s3cr3t-t0ken"


def test_token_is_only_in_header() -> None:
    """Neither `repr` nor `str` contains it."""
    token = load_token({"WEBFLOW_TOKEN": SECRET}, "WEBFLOW_TOKEN")

    assert token.header == f"Bearer {SECRET}"
    assert SECRET not in f"{token!r} {token}"


@pytest.mark.parametrize(
    "text", ["", "  ", f"{SECRET}\n", f"{SECRET}\r", f" {SECRET}", f"{SECRET} x", f"{SECRET}é"]
)
def test_load_token_malformed_raises_without_it(text: str) -> None:
    """White space, line ends, and non-ASCII are rejected. The error does not contain the token."""
    with pytest.raises(TokenError) as caught:
        load_token({"WEBFLOW_TOKEN": text}, "WEBFLOW_TOKEN")

    assert SECRET not in str(caught.value)
    assert "WEBFLOW_TOKEN" in str(caught.value)


def test_load_token_missing_names_variable() -> None:
    """The error contains the variable to set."""
    with pytest.raises(TokenError, match="WEBFLOW_SHOP_TOKEN"):
        load_token({}, "WEBFLOW_SHOP_TOKEN")


def test_load_token_file_drops_line_end(tmp_path: Path) -> None:
    """Editors end files with a line end, which is not part of the token."""
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")

    assert load_token({}, "WEBFLOW_TOKEN", file).header == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("address", "used"),
    [
        ("", "https://api.webflow.com/v2"),
        ("https://proxy.example/v2/", "https://proxy.example/v2"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v2"),
        ("http://localhost:8080/v2", "http://localhost:8080/v2"),
        ("http://[::1]:8080/beta", "http://[::1]:8080/beta"),
    ],
)
def test_load_address_accepts_https_and_loopback(address: str, used: str) -> None:
    """An address without a path gets the only version, v2."""
    assert load_address({"WEBFLOW_API_URL": address}) == used


@pytest.mark.parametrize(
    "address",
    [
        "http://api.webflow.com/v2",
        "http://169.254.169.254/",
        "ftp://127.0.0.1",
        "https://",
        "nonsense",
        "https://a\nb/",
        "https://é.example",
        "https://user:pass@host/",
        "https://host/?q",
        "http://[::1",
        "https://host:port/",
    ],
)
def test_load_address_unsafe_raises(address: str) -> None:
    """Plain http beyond loopback, other schemes, and malformed addresses are rejected."""
    with pytest.raises(StoreError, match="WEBFLOW_API_URL"):
        load_address({"WEBFLOW_API_URL": address})
