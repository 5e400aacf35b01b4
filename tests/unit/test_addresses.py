"""A token goes to https, or to this very machine."""

import pytest

from reconciler.addresses import is_trusted


@pytest.mark.parametrize(
    "address",
    [
        "https://api.webflow.com/v2",
        "https://ghe.example:8443/api/v3/",
        "HTTPS://API.EXAMPLE",
        "http://localhost:8080",
        "http://127.0.0.1/v2",
        "http://127.9.9.9:1",
        "http://[::1]:8080/v2",
    ],
)
def test_is_trusted_accepts_https_and_loopback(address: str) -> None:
    """Nobody on the way can read the token."""
    assert is_trusted(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api.webflow.com",
        "http://api.webflow.com",
        "ftp://localhost",
        "file:///etc/passwd",
        "https://",
        "https:///v2",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://169.254.169.254/latest",
        "http://[fe80::1]",
    ],
)
def test_is_trusted_refuses_plain_http_and_other_hosts(address: str) -> None:
    """A host that only begins like loopback is another host."""
    assert not is_trusted(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://user@api.example",
        "https://user:pass@api.example",
        "http://localhost@evil.example",
        "http://127.0.0.1:80@evil.example",
        "https://api.example?to=x",
        "https://api.example/?",
        "https://api.example/#x",
        "https://api.example/#",
        "https://api example",
        "https://api.example\n.evil.example",
        "https://api.example\t",
        "https://\u0430pi.example",
        "https://api.example:port",
        "https://api.example:99999",
        "https://[::1",
    ],
)
def test_is_trusted_refuses_what_may_be_read_in_two_ways(address: str) -> None:
    """Two programs must not read two hosts out of one address."""
    assert not is_trusted(address)
