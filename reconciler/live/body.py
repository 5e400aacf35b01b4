"""Chunks of an answer → its body, decoded, and never longer than it may be. Pure."""

import zlib

from reconciler.errors import AnswerError, TooLongError

_PIECE = 64 * 1024


class Body:
    """Takes what arrives; a bomb of compressed nothing is cut while it is unpacked."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        """Raise AnswerError for an *encoding* (the header's text) that was not asked for."""
        self.content = bytearray()
        self._max_bytes = max_bytes
        self._unpack = None
        if encoding.strip().lower() == "gzip":
            self._unpack = zlib.decompressobj(wbits=31)
        elif encoding.strip().lower() not in {"", "identity"}:
            raise AnswerError("the answer is packed in a way that was not asked for")

    def add(self, chunk: bytes) -> None:
        """Take a chunk; raise TooLongError for too long a body, AnswerError for a broken one."""
        if self._unpack is None:
            self._keep(chunk)
        else:
            self._unpack_all(self._unpack, chunk)

    def _unpack_all(self, unpack: "zlib._Decompress", chunk: bytes) -> None:
        """Unpack piece by piece, so that a bomb never has the memory it asks for."""
        try:
            while chunk:
                self._keep(unpack.decompress(chunk, _PIECE))
                chunk = unpack.unconsumed_tail
        except zlib.error:
            raise AnswerError("the answer cannot be unpacked") from None

    def _keep(self, piece: bytes) -> None:
        self.content += piece
        if len(self.content) > self._max_bytes:
            raise TooLongError("the answer is far too long to be one of this API")
