"""The content of a file: plain data with the lines of its keys, and its problems."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from reconciler.errors import Problem

MAX_BYTES: Final = 16 * 1024 * 1024
EMPTY: Final = "The file is empty. Fill it in, or delete it."


class Unspelled:
    """A scalar that no field accepts: null, a boolean, or another spelling of a number."""

    __slots__ = ()


UNSPELLED: Final = Unspelled()


class TextSpan(NamedTuple):
    """A part of a text: its offsets in characters, and its line and column, counted from 1."""

    start: int
    end: int
    line: int
    column: int


class Node(Struct):
    """The places of a value and its key. `text` is None for a mapping or a list."""

    key: TextSpan
    value: TextSpan
    text: str | None = None
    quoted: bool = False
    is_mapping: bool = False
    in_braces: bool = False
    fields: "dict[str, Node]" = field(default_factory=dict)
    items: "list[Node]" = field(default_factory=list)

    def find(self, path: Sequence[str | int]) -> "Node | None":
        """Return the value at *path*, a sequence of keys and indices."""
        node: Node | None = self
        for step in path:
            if node is not None:
                node = node.items[step] if isinstance(step, int) else node.fields.get(step)
        return node

    def last(self) -> int:
        """Return the end of the value's own text. The parser ends a mapping at the next value."""
        if not self.is_mapping or self.in_braces or not self.fields:
            return self.value.end
        return max(node.last() for node in self.fields.values())


class Document(Struct):
    """One file after reading.

    - `data`: dicts, lists, text, and whole numbers
    - `lines`: the lines of the keys of each second-level mapping, in order, by its parent's key
    - `top`: the places of all values, if requested
    - `misspelled`: whether a scalar is `UNSPELLED`
    - `has_signs`: whether a number with a sign stays text: `+20` was added, `20` was counted
    """

    path: str
    text: str
    data: Any = None
    lines: dict[str, list[int]] = field(default_factory=dict)
    top: Node | None = None
    problems: list[Problem] = field(default_factory=list)
    misspelled: bool = False
    complete: bool = False
    has_signs: bool = False
