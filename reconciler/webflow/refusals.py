"""Convert answers other than 200 to errors."""

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

# 408 and 425: the server did not wait for the request. Its effect is unknown.
_UNKNOWN_EFFECT = frozenset({408, 425})

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

    The API answers with JSON, so a web page comes from a firewall, a CDN, or a maintenance page.
    Such an answer proves nothing about the token or the SKU.
    """
    answer = f"({status}){_quote_message(content, token)}"
    if status == 429:
        return Throttled(f"Too many requests {answer}.", parse_retry_after(headers))
    if status >= 500 or status in _UNKNOWN_EFFECT:
        wait = parse_retry_after(headers) if status == 503 else None
        return ServerFault(f"The shop failed {answer}. {LATER}.", status, wait)
    if 300 <= status < 400:
        return NotValid(f"The shop redirected ({status}). Redirects are not followed.", status)
    if content.strip() and not _is_json(content):
        return AnswerError(
            f"A web page answered ({status}) instead of Webflow's API: a firewall, a proxy, or"
            f" maintenance. Check WEBFLOW_API_URL if it is set. {LATER}."
        )
    if status in _REFUSALS:
        error, what, advice = _REFUSALS[status]
        return error(f"The shop {what} {answer}. {advice}.", status)
    return NotValid(f"The shop rejected the request {answer}.", status)


def _is_json(content: bytes) -> bool:
    try:
        parse_json(content)
    except AnswerError:
        return False
    return True


def whole(text: str) -> int | None:
    """Return *text* as a whole number of up to nine digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _quote_message(content: bytes, token: Token) -> str:
    """Return the message of an error body in quotes, masked and at most 200 characters, or ''."""
    try:
        body = parse_json(content)
    except AnswerError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return f': "{token.hide(message)[:200]}"' if isinstance(message, str) else ""
