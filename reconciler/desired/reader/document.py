"""What a file says: plain data with the lines of its keys, and every problem found on the way."""

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
    """A piece of a text: the offsets of its characters, and where it starts, counted from 1."""

    start: int
    end: int
    line: int
    column: int


class Node(Struct):
    """Where a value and its key are written; `text` is None for a mapping or a list."""

    key: TextSpan
    value: TextSpan
    text: str | None = None
    quoted: bool = False
    is_mapping: bool = False
    in_braces: bool = False
    fields: "dict[str, Node]" = field(default_factory=dict)
    items: "list[Node]" = field(default_factory=list)

    def find(self, path: Sequence[str | int]) -> "Node | None":
        """Return the value that the keys and indices of *path* lead to."""
        node: Node | None = self
        for step in path:
            if node is not None:
                node = node.items[step] if isinstance(step, int) else node.fields.get(step)
        return node

    def last(self) -> int:
        """Return where the value's own text ends; the parser ends a mapping at what follows it."""
        if not self.is_mapping or self.in_braces or not self.fields:
            return self.value.end
        return max(node.last() for node in self.fields.values())


class Document(Struct):
    """One file as read.

    `data` holds dicts, lists, text, and whole numbers. `lines` holds the lines of the keys of each
    second-level mapping, in their order, by its parent's key. `top` holds the places of all values,
    if they were asked for. `misspelled` says that some scalar is `UNSPELLED`. Where `has_signs`, a
    number with a sign is kept as text: `+20` came in, and `20` was counted.
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
