"""Chunks of an answer → its body, never longer than it may be."""

import gzip

import pytest

from reconciler.errors import AnswerError, TooLongError
from reconciler.webflow.body import Body

CONTENT = b'{"inventoryType": "finite", "quantity": 5}' * 50
MAX = 100_000


def _read(encoding: str, packed: bytes, size: int, most: int = MAX) -> bytes:
    """Return the body that arrives in chunks of *size* bytes."""
    body = Body(encoding, most)
    for at in range(0, len(packed), size):
        body.add(packed[at : at + size])
    return bytes(body.content)


@pytest.mark.parametrize("size", [1, 7, 10**6])
@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("", CONTENT),
        (" Identity ", CONTENT),
        ("gzip", gzip.compress(CONTENT)),
        ("X-GZIP", gzip.compress(CONTENT)),
        ("gzip", gzip.compress(CONTENT[:99]) + gzip.compress(CONTENT[99:])),
    ],
    ids=["none", "identity", "gzip", "x-gzip", "two members"],
)
def test_body_is_what_was_sent_however_it_is_cut(encoding: str, packed: bytes, size: int) -> None:
    """Each byte is there once, in its order."""
    assert _read(encoding, packed, size) == CONTENT


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "none"])
def test_body_packed_otherwise_is_refused(encoding: str) -> None:
    """What was not asked for is not guessed at."""
    with pytest.raises(AnswerError):
        Body(encoding, MAX)


@pytest.mark.parametrize(
    "packed",
    [b"{}", b"\x1f\x8b\x08broken", gzip.compress(CONTENT) + b"junk"],
    ids=["plain", "cut", "junk"],
)
def test_body_that_is_broken_is_refused(packed: bytes) -> None:
    """Bytes that do not unpack are no answer."""
    with pytest.raises(AnswerError):
        _read("gzip", packed, 10**6)


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize(("spare", "too_long"), [(0, False), (-1, True)])
def test_body_may_be_just_as_long_as_allowed(encoding: str, spare: int, too_long: bool) -> None:
    """One byte more is refused, as it is and unpacked."""
    packed = gzip.compress(CONTENT) if encoding else CONTENT
    most = len(CONTENT) + spare

    if too_long:
        with pytest.raises(TooLongError):
            _read(encoding, packed, 10, most)
    else:
        assert len(_read(encoding, packed, 10, most)) == most


def test_body_cuts_a_bomb_while_it_is_unpacked() -> None:
    """Little more than what is allowed is ever in memory."""
    bomb = gzip.compress(bytes(20_000_000))
    body = Body("gzip", MAX)

    with pytest.raises(TooLongError):
        body.add(bomb)
    assert len(body.content) < 2 * MAX
