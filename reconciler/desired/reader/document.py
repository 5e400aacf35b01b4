"""What a file says: plain data with the lines of its keys, and all that is refused of it."""

from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.errors import Problem

MAX_BYTES: Final = 16 * 1024 * 1024
EMPTY: Final = "the file is empty; fill it in, or delete it"


class Unspelled:
    """Stands for a scalar that no field takes: null, a truth value, a number spelled otherwise."""

    __slots__ = ()


UNSPELLED: Final = Unspelled()


@dataclass(slots=True)
class Document:
    """One file as read.

    `data` holds dicts, lists, text and whole numbers; `lines` the lines of the keys of each
    mapping of the second level, in their order, by its parent's key. `misspelled` says that
    some scalar is `UNSPELLED`.
    """

    path: str
    text: str
    data: Any = None
    lines: dict[str, list[int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    misspelled: bool = False
    complete: bool = False
