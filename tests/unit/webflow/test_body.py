"""Decoding of bodies in chunks, up to a maximum size."""

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
def test_body_in_chunks_of_any_size_is_complete(encoding: str, packed: bytes, size: int) -> None:
    """All bytes are kept in order."""
    assert _read(encoding, packed, size) == CONTENT


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "none"])
def test_body_unknown_encoding_raises(encoding: str) -> None:
    """The client requests gzip only."""
    with pytest.raises(AnswerError):
        Body(encoding, MAX)


@pytest.mark.parametrize(
    "packed",
    [b"{}", b"\x1f\x8b\x08broken", gzip.compress(CONTENT) + b"junk"],
    ids=["plain", "cut", "junk"],
)
def test_body_broken_gzip_raises(packed: bytes) -> None:
    """Content that can't be decompressed raises AnswerError."""
    with pytest.raises(AnswerError):
        _read("gzip", packed, 10**6)


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize(("spare", "too_long"), [(0, False), (-1, True)])
def test_body_one_byte_over_maximum_raises(encoding: str, spare: int, too_long: bool) -> None:
    """The maximum applies to the decompressed size."""
    packed = gzip.compress(CONTENT) if encoding else CONTENT
    most = len(CONTENT) + spare

    if too_long:
        with pytest.raises(TooLongError):
            _read(encoding, packed, 10, most)
    else:
        assert len(_read(encoding, packed, 10, most)) == most


def test_body_bomb_stops_during_decompression() -> None:
    """The memory never holds much more than the maximum."""
    bomb = gzip.compress(bytes(20_000_000))
    body = Body("gzip", MAX)

    with pytest.raises(TooLongError):
        body.add(bomb)
    assert len(body.content) < 2 * MAX
