"""An answer other than 200 → the error that it stands for. Pure, but for the clock of a date."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reconciler.errors import (
    AnswerError,
    EcommerceOff,
    NotAuthorized,
    NotFound,
    NotValid,
    RefusedError,
    ServerFault,
    Throttled,
)
from reconciler.live.answers import parse_json
from reconciler.live.token import Token

MAX_RETRY_AFTER = 120.0
LATER = "run again in a while"

# 408 and 425: the server gave up on hearing the request; what became of it is not known.
_NOT_HEARD = frozenset({408, 425})

_REFUSALS: Mapping[int, tuple[type[RefusedError], str, str]] = {
    401: (NotAuthorized, "does not accept the token", "renew it"),
    403: (
        NotAuthorized,
        "does not let this token do this",
        "reading needs ecommerce:read and cms:read, writing ecommerce:write",
    ),
    404: (NotFound, "does not know this", "check the ids in store.yaml"),
    409: (EcommerceOff, "says that ecommerce is off", "enable it for this site"),
}


def refusal(status: int, headers: Mapping[str, str], content: bytes, token: Token) -> RefusedError:
    """Return the error that an answer other than 200 stands for."""
    said = f"({status}){_said(content, token)}"
    if status == 429:
        return Throttled(f"too many requests {said}", _retry_after(headers))
    if status >= 500 or status in _NOT_HEARD:
        return ServerFault(f"the store failed {said}; {LATER}", status)
    if status in _REFUSALS:
        error, what, advice = _REFUSALS[status]
        return error(f"the store {what} {said}; {advice}", status)
    if 300 <= status < 400:
        return NotValid(f"the store redirects ({status}), which is not followed", status)
    return NotValid(f"the store does not accept this request {said}", status)


def whole(text: str) -> int | None:
    """Return the whole number that *text* is, or None for junk."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After in either of its forms, bounded; None for none or junk."""
    text = headers.get("Retry-After", "")
    seconds: float | None = whole(text)
    if seconds is None:
        try:
            until = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if until.tzinfo is None:
            return None
        seconds = (until - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _said(content: bytes, token: Token) -> str:
    """Return the message of an error body as ` "…"`, without the token and cut, or nothing."""
    try:
        body = parse_json(content)
    except AnswerError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return f': "{token.hide(message)[:200]}"' if isinstance(message, str) else ""
