"""An answer other than 200 → an error."""

from collections.abc import Mapping

from reconciler.errors import (
    AnswerError,
    EcommerceOff,
    NotAuthorized,
    NotFound,
    NotValid,
    RefusedError,
    ServerFault,
    StoreError,
    Throttled,
)
from reconciler.retry_after import parse_retry_after
from reconciler.webflow.answers import parse_json
from reconciler.webflow.token import Token

LATER = "Run again later"

# 408 and 425: the server gave up on hearing the request; what became of it is not known.
_NOT_HEARD = frozenset({408, 425})

_REFUSALS: Mapping[int, tuple[type[RefusedError], str, str]] = {
    401: (NotAuthorized, "rejected the token", "Renew it"),
    403: (
        NotAuthorized,
        "denied this request for the token",
        "Reading needs the scopes ecommerce:read and cms:read, writing needs ecommerce:write",
    ),
    404: (NotFound, "did not find this", "Check the ids in store.yaml"),
    409: (EcommerceOff, "answered that ecommerce is off", "Enable it for this site"),
}


def refusal(status: int, headers: Mapping[str, str], content: bytes, token: Token) -> StoreError:
    """Return the error for an answer other than 200.

    The API answers with JSON, so a web page comes from something in between: a firewall, a
    content delivery network, a maintenance page. It says nothing about the token or the SKU.
    """
    said = f"({status}){_said(content, token)}"
    if status == 429:
        return Throttled(f"Too many requests {said}.", parse_retry_after(headers))
    if status >= 500 or status in _NOT_HEARD:
        wait = parse_retry_after(headers) if status == 503 else None
        return ServerFault(f"The shop failed {said}. {LATER}.", status, wait)
    if 300 <= status < 400:
        return NotValid(f"The shop redirected ({status}). Redirects are not followed.", status)
    if content.strip() and not _is_json(content):
        return AnswerError(
            f"A web page answered ({status}) instead of Webflow's API: a firewall, a proxy, or"
            f" maintenance. Check WEBFLOW_API_URL if it is set. {LATER}."
        )
    if status in _REFUSALS:
        error, what, advice = _REFUSALS[status]
        return error(f"The shop {what} {said}. {advice}.", status)
    return NotValid(f"The shop rejected the request {said}.", status)


def _is_json(content: bytes) -> bool:
    try:
        parse_json(content)
    except AnswerError:
        return False
    return True


def whole(text: str) -> int | None:
    """Return the whole number that *text* is, or None for junk."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _said(content: bytes, token: Token) -> str:
    """Return the message of an error body as ` "…"`, without the token and cut, or nothing."""
    try:
        body = parse_json(content)
    except AnswerError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return f': "{token.hide(message)[:200]}"' if isinstance(message, str) else ""
