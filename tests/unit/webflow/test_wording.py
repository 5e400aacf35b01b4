"""The wording of the shop's errors, by HTTP answer."""

from syrupy.assertion import SnapshotAssertion

from reconciler.webflow.refusals import refusal
from reconciler.webflow.token import Token

ANSWERS = (
    *(
        (status, b'{"message": "Not this way"}')
        for status in (400, 401, 403, 404, 409, 410, 422, 429)
    ),
    *((status, b"") for status in (302, 408, 418, 500, 502, 503, 504)),
    *((403, b"<html>blocked</html>"), (404, b"no such page")),
    (401, b'{"message": "secret-token is expired"}'),
)


def test_answers_of_the_shop(wording: SnapshotAssertion) -> None:
    """Each with the code and the exit code of its error. The token is masked."""
    lines = []
    for status, content in ANSWERS:
        error = refusal(status, {}, content, Token("secret-token"))
        lines.append(f"{status} {content!r}\n    [{error.code}] {error}\n")
    assert "\n".join(lines) == wording
