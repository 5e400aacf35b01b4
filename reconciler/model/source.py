"""A place in a file."""

from msgspec import Struct


class Source(Struct, frozen=True):
    """A place in a file: its path as given, and a line counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"
