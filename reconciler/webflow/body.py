"""Chunks of an answer → its body, decoded, and never longer than it may be."""

import zlib
from collections.abc import Iterable

from reconciler.errors import AnswerError, TooLongError

_PIECE = 64 * 1024


def unpack(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """Return the body that *chunks* make up; raise what `Body` raises."""
    body = Body(encoding, max_bytes)
    for chunk in chunks:
        body.add(chunk)
    return bytes(body.content)


class Body:
    """Takes what arrives; a bomb of compressed nothing is cut while it is unpacked."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        """Raise AnswerError for an *encoding* (the header's text) that was not asked for."""
        self.content = bytearray()
        self._max_bytes = max_bytes
        self._unpack = None
        if encoding.strip().lower() in {"gzip", "x-gzip"}:  # one format (RFC 9110, 8.4.1.3)
            self._unpack = _gzip()
        elif encoding.strip().lower() not in {"", "identity"}:
            raise AnswerError("The answer has an unexpected content encoding.")

    def add(self, chunk: bytes) -> None:
        """Take a chunk; raise TooLongError for too long a body, AnswerError for a broken one."""
        if self._unpack is None:
            self._keep(chunk)
            return
        try:
            while chunk:
                if self._unpack.eof:  # a stream may have several members, one after the other
                    self._unpack = _gzip()
                # Piece by piece, so that a bomb never has the memory it asks for.
                self._keep(self._unpack.decompress(chunk, _PIECE))
                chunk = self._unpack.unconsumed_tail or self._unpack.unused_data
        except zlib.error:
            raise AnswerError("The answer can't be decompressed.") from None

    def _keep(self, piece: bytes) -> None:
        self.content += piece
        if len(self.content) > self._max_bytes:
            raise TooLongError("The answer is too large for this API.")


def _gzip() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=31)
