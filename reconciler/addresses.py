"""Check the address of an API before a token is sent there."""

import ipaddress
from urllib.parse import urlsplit


def is_trusted(address: str) -> bool:
    """Return whether it is safe to send a token to *address*.

    It must be `https://…`, or `http://…` on loopback, with a host, and without user name, query,
    and fragment.
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
