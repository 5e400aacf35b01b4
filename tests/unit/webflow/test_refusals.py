"""Conversion of answers other than 200 to errors."""

import json
from collections.abc import Mapping

import pytest

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
from reconciler.webflow.refusals import refusal, whole
from reconciler.webflow.token import Token

PAGE = b"<html>Forbidden</html>"
TOKEN = Token("wf-token-0123456789")


def _refusal(
    status: int, content: bytes = b'{"message": "no"}', headers: Mapping[str, str] | None = None
) -> StoreError:
    return refusal(status, headers or {}, content, TOKEN)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, NotValid),
        (401, NotAuthorized),
        (403, NotAuthorized),
        (404, NotFound),
        (405, NotValid),
        (409, EcommerceOff),
        (418, NotValid),
        (422, NotValid),
        (204, NotValid),
        (301, NotValid),
        (307, NotValid),
        # The effect of these is unknown.
        (408, ServerFault),
        (425, ServerFault),
        (500, ServerFault),
        (502, ServerFault),
        (504, ServerFault),
        (599, ServerFault),
    ],
)
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'{"message": 5}', b'{"message": "no"}'])
def test_refusal_depends_on_status(status: int, error: type[StoreError], content: bytes) -> None:
    """The body does not matter. The text contains the status."""
    found = _refusal(status, content)

    assert type(found) is error
    assert isinstance(found, RefusedError) and found.status == status
    assert str(status) in str(found)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, AnswerError) for status in (400, 401, 403, 404, 409)),
        (302, NotValid),
        (408, ServerFault),
        (429, Throttled),
        (502, ServerFault),
    ],
)
def test_refusal_web_page_is_bad_answer(status: int, error: type[StoreError]) -> None:
    """A firewall's 404 is not a deleted SKU. Its 502 may have taken effect. No page is quoted."""
    found = _refusal(status, PAGE)

    assert type(found) is error
    assert "Forbidden" not in str(found)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (429, {"Retry-After": "junk"}, None),
        (429, {}, None),
        (503, {"Retry-After": "7"}, 7.0),
        (503, {}, None),
        (500, {"Retry-After": "7"}, None),
        (408, {"Retry-After": "7"}, None),
    ],
)
def test_refusal_has_requested_wait(
    status: int, headers: dict[str, str], wait: float | None
) -> None:
    """Only 429 and 503 can request a wait."""
    found = _refusal(status, headers=headers)

    assert isinstance(found, Throttled | ServerFault)
    assert found.retry_after == wait


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500])
def test_refusal_masks_token_in_message(status: int) -> None:
    """The message is quoted, but never a token in it."""
    content = json.dumps({"message": f"bad {TOKEN.header} for SKU-1"}).encode()
    text = str(_refusal(status, content))

    assert "SKU-1" in text
    assert "wf-token" not in text


def test_refusal_masks_token_before_truncation() -> None:
    """A long message is never cut in the middle of a token."""
    start = "x" * 190
    text = str(_refusal(400, json.dumps({"message": f"{start}{TOKEN.header}{start}"}).encode()))

    assert start in text and "wf-" not in text
    assert len(text) < 400


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("007", 7), ("123456789", 123456789), ("1234567890", None), ("", None)]
    + [(junk, None) for junk in ("-1", "1.5", " 1", "1e3", "\u0661", "²", "x")],
)
def test_whole_accepts_digits_only(text: str, number: int | None) -> None:
    """Junk in a header is None, not an error."""
    assert whole(text) == number
