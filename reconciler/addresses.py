"""Which addresses may get a token: one rule for every API."""

import ipaddress
from urllib.parse import urlsplit


def is_trusted(address: str) -> bool:
    """Return whether a token may be sent to *address*.

    It must be `https://…`, or `http://…` on loopback, with a host, and without a user name, query
    or fragment.
    """
    if not (address.isascii() and address.isprintable()) or " " in address:
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    has_extras = "@" in parts.netloc or "?" in address or "#" in address
    return bool(host) and is_safe and not has_extras


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
