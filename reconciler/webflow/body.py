"""Decode the body of an answer chunk by chunk, up to a maximum size."""

import zlib
from collections.abc import Iterable

from reconciler.errors import AnswerError, TooLongError

_PIECE = 64 * 1024


def unpack(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """Return the body in *chunks*. Raises the errors of `Body`."""
    body = Body(encoding, max_bytes)
    for chunk in chunks:
        body.add(chunk)
    return bytes(body.content)


class Body:
    """A body that grows by chunks. A decompression bomb is cut off while it is unpacked."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        """Start an empty body. *encoding* is the value of `Content-Encoding`.

        Raises:
            AnswerError: The client did not request this encoding.
        """
        self.content = bytearray()
        self._max_bytes = max_bytes
        self._unpack = None
        if encoding.strip().lower() in {"gzip", "x-gzip"}:  # one format (RFC 9110, 8.4.1.3)
            self._unpack = _gzip()
        elif encoding.strip().lower() not in {"", "identity"}:
            raise AnswerError("The answer has an unexpected content encoding.")

    def add(self, chunk: bytes) -> None:
        """Add a chunk.

        Raises:
            TooLongError: The body exceeds the maximum size.
            AnswerError: The chunk can't be decompressed.
        """
        if self._unpack is None:
            self._keep(chunk)
            return
        try:
            while chunk:
                if self._unpack.eof:  # a stream may have several members
                    self._unpack = _gzip()
                # In pieces, so that a bomb never fills the memory.
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
