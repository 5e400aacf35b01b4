"""Edit the text of an inventory file, and change nothing else.

Values are replaced at the positions of the parser. Comments, quotes, order, alignment, and line
ends stay.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.desired.editor.serialize import spell
from reconciler.desired.reader.document import Node
from reconciler.desired.reader.walk import find_places
from reconciler.model import Stock

_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"( {2,})#")
_REST_OF_ENTRY = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r)")


class Addition(NamedTuple):
    """A SKU to add, such as `MUG: 3`, its comment, and the SKU before it.

    `after` is None for the end of the file.
    """

    entry: str
    comment: str
    after: str | None = None


class _Splice(NamedTuple):
    start: int
    end: int
    text: str


def edit_text(text: str, wanted: Mapping[str, Stock]) -> str:
    """Return *text* with the stock of the entries *wanted*.

    *text* is valid and declares these SKUs. The caller must read the result again, to find edits
    that went wrong.
    """
    entries = find_places(text).fields["skus"].fields
    splices: list[_Splice] = []
    for sku, stock in wanted.items():
        node = entries[sku]
        splices += _value(text, node.fields.get("quantity", node), spell(stock))
    return _splice(text, splices)


def add_to_text(text: str, additions: Iterable[Addition]) -> str:
    """Return *text* with more entries, each on its own line."""
    skus = find_places(text).fields["skus"]
    last = next(reversed(skus.fields))
    by_place: dict[str, list[Addition]] = defaultdict(list)
    for one in additions:
        by_place[one.after or last].append(one)
    splices: list[_Splice] = []
    for sku, ones in by_place.items():
        after = skus.fields[sku]
        if skus.in_braces:
            splices += _in_braces(text, after, ones)
        else:
            splices += [_line(text, after, one.entry, one.comment) for one in ones]
    return _splice(text, splices)


def _value(text: str, node: Node, written: str) -> Iterator[_Splice]:
    """Yield the splice of one scalar. An aligned comment after it stays in its column."""
    start, end = node.value.start, node.value.end
    if text[start:end].strip("\"'") == written.strip("\"'"):
        return
    if found := _COMMENT.match(text, end):
        room = len(found[1]) - (len(written) - (end - start))
        yield _Splice(start, end + len(found[1]), written + " " * max(2, room))
    else:
        yield _Splice(start, end, written)


def _in_braces(text: str, after: Node, additions: Sequence[Addition]) -> Iterator[_Splice]:
    """Yield the splices that add entries in braces, on own lines if others have one."""
    end = after.value.end
    rest = _REST_OF_ENTRY.match(text, end)
    if rest is None:  # a comment would hide the closing brace
        yield _Splice(end, end, "".join(f", {one.entry}" for one in additions))
        return
    if not rest[1]:
        yield _Splice(end, end, ",")
    indent = " " * _indent(text, after.key.start)
    commas = [*[","] * (len(additions) - 1), rest[1]]
    lines = "".join(
        f"{indent}{one.entry}{comma}  # {one.comment}{_newline(text)}"
        for one, comma in zip(additions, commas, strict=True)
    )
    yield _Splice(rest.end(), rest.end(), lines)


def _line(text: str, after: Node, entry: str, comment: str = "") -> _Splice:
    """Return the splice of a line below *after*, with the same indent and aligned comment."""
    end = _line_end(text, after.last())
    line = " " * _indent(text, after.key.start) + entry
    if comment:
        found = _COMMENT.match(text, after.last())
        column = _column(text, found.end() - 1) if found else 0
        line = f"{line:<{max(column - 2, 0)}}  # {comment}"
    is_whole = text[end - 1] in "\r\n"
    return _Splice(end, end, line + _newline(text) if is_whole else _newline(text) + line)


def _splice(text: str, splices: list[_Splice]) -> str:
    """Return *text* with all *splices*. Several at one place keep their order."""
    pieces: list[str] = []
    at = 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        pieces += (text[at:start], new)
        at = end
    return "".join((*pieces, text[at:]))


def _column(text: str, offset: int) -> int:
    return offset - max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) - 1


def _indent(text: str, offset: int) -> int:
    """Return the indent of the entry with the key at *offset*. A `? ` can be before it."""
    column = _column(text, offset)
    before = text[offset - column : offset]
    return before.index("?") if before.strip() == "?" else column


def _line_end(text: str, offset: int) -> int:
    """Return the start of the line after the one of *offset*, or the end of the text."""
    found = _LINE_END.search(text, offset)
    return found.end() if found else len(text)


def _newline(text: str) -> str:
    """Return the line end of *text*."""
    found = _LINE_END.search(text)
    return found[0] if found else "\n"
