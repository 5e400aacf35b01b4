"""YAML text as almost all of it is → plain data with the lines of its keys. Pure; the fast path.

It takes what `careful` would take without a word: block mappings of scalars, each on a line of
its own, indented by two and four spaces. For anything else, right or wrong, it raises
`NotPlainError`, and `careful` looks at each event of the parser. Where both take a text, they
give the same; a law says so.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

from reconciler.desired.reader.keys import MAX_KEY, are_common
from reconciler.desired.reader.scalars import MAX_DIGITS, may_not_be_text

_NUMBER = re.compile(rf"0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}}")
_TEXT = r"""(?:[A-Za-z0-9_](?:[\w .,/()+-]*[\w.,/()+-])?|"[ !#-[\]-~]*"|'[ -&(-~]*')"""
_END = r"(?: +#[^\r\n]*| *)\r?\n"
_SKIP = r"(?: *(?:#[^\r\n]*)?\r?\n)*"
_FIELD = re.compile(rf"    ({_TEXT}): +({_TEXT}){_END}", re.ASCII)
_ENTRIES = re.compile(
    rf"(  ({_TEXT}):(?: +({_TEXT}){_END}|{_END}((?:    [^\n]*\n)+)){_SKIP})", re.ASCII
)
_SECTION = re.compile(rf"({_TEXT}):(?: +({_TEXT}))?{_END}{_SKIP}", re.ASCII)
_LEADING = re.compile(_SKIP)
_NEXT_SECTION = re.compile(r"^[^\s#]", re.MULTILINE)
_NEXT_ENTRY = re.compile(r"^  [^\s#]", re.MULTILINE)
# How much is taken apart at once: all of a large file at once would hold it four times over.
_PART: Final = 256 * 1024

_Scalar = str | int


class NotPlainError(Exception):
    """The text holds something that needs a closer look."""


def read_plain(text: str) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the data of *text*, and the lines of the keys of each inner mapping, by its key.

    *text* holds no unprintable character. Raises NotPlainError for whatever is not plain.
    """
    return _Reader(text if text.endswith("\n") else text + "\n").read()


class _Reader:
    """Takes a text apart by patterns; what no pattern takes is not plain."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.has_quotes = '"' in text or "'" in text
        self.shapes: set[tuple[str, ...]] = set()
        self.lines: dict[str, list[int]] = {}

    def read(self) -> tuple[dict[str, Any], dict[str, list[int]]]:
        text = self.text
        data: dict[str, Any] = {}
        count = 0
        leading = _LEADING.match(text)
        at = leading.end() if leading else 0
        line = 1 + text.count("\n", 0, at)
        while at < len(text):
            section = _SECTION.match(text, at)
            if section is None:
                raise NotPlainError
            count += 1
            key = _unquoted(section[1])
            line += section[0].count("\n")
            at = section.end()
            if section[2] is not None:
                data[key] = _value(section[2])
            else:
                after = _NEXT_SECTION.search(text, at)
                end = after.start() if after else len(text)
                data[key], self.lines[key] = self.mapping(at, end, line)
                line += text.count("\n", at, end)
                at = end
        _check_keys(tuple(data), count)
        return data, self.lines

    def mapping(self, start: int, end: int, line: int) -> tuple[dict[str, Any], list[int]]:
        """Return the mapping in a part of the text that begins on *line*, and its keys' lines."""
        entries: dict[str, Any] = {}
        lines: list[int] = []
        while start < end:
            after = _NEXT_ENTRY.search(self.text, start + _PART, end)
            stop = after.start() if after else end
            entries |= self.entries(start, stop, line, lines)
            line += self.text.count("\n", start, stop)
            start = stop
        if not entries or len(entries) != len(lines):
            raise NotPlainError
        return entries, lines

    def entries(self, start: int, end: int, line: int, lines: list[int]) -> dict[str, Any]:
        """Return the entries in a piece of text that begins on *line*; add to *lines* theirs."""
        found = _ENTRIES.findall(self.text, start, end)
        if not found:
            raise NotPlainError
        wholes, names, scalars, blocks = zip(*found, strict=True)
        if sum(map(len, wholes)) != end - start:
            raise NotPlainError
        values = [
            self.entry(block) if block else _value(text)
            for text, block in zip(scalars, blocks, strict=True)
        ]
        keys = map(_unquoted, names) if self.has_quotes else names
        entries = dict(zip(keys, values, strict=True))
        _check_keys(tuple(entries), len(names))
        if self.text.count("\n", start, end) == len(names):
            lines += _shared(range(line, line + len(names)))
        else:
            lines += _first_lines(wholes, line)
        return entries

    def entry(self, text: str) -> dict[str, Any]:
        """Return the mapping of the third level whose lines are *text*."""
        fields: dict[str, Any] = {}
        count = 0
        for line in text.split("\n")[:-1]:
            field = _field(line)
            if field is not None:
                fields[field[0]] = field[1]
                count += 1
        keys = tuple(fields)
        if len(keys) != count or keys not in self.shapes:
            _check_keys(keys, count)
            self.shapes.add(keys)
        return fields


# The same lines and values come again and again, in one file and from file to file; those that
# do not, like notes, must not fill the memory.
@lru_cache(maxsize=1024)
def _field(line: str) -> tuple[str, _Scalar] | None:
    """Return key and value of a line of the third level; None for a comment or an empty line."""
    if not line.strip() or line.lstrip()[0] == "#":
        return None
    found = _FIELD.fullmatch(line + "\n")
    if found is None:
        raise NotPlainError
    return _unquoted(found[1]), _value(found[2])


@lru_cache(maxsize=1024)
def _value(text: str) -> _Scalar:
    """Return the value of a scalar as it stands in the text."""
    if text[0] in "\"'":
        return text[1:-1]
    if _NUMBER.fullmatch(text):
        return int(text)
    if may_not_be_text(text):
        raise NotPlainError
    return text


def _check_keys(keys: tuple[str, ...], count: int) -> None:
    """Raise NotPlainError unless there are *count* keys, at least one, and none of them is odd."""
    if not keys or len(keys) != count or not are_common(keys):
        raise NotPlainError
    if len(max(keys, key=len)) > MAX_KEY:
        raise NotPlainError


def _first_lines(texts: Sequence[str], line: int) -> list[int]:
    """Return the line on which each of *texts* begins, the first one on *line*."""
    breaks = [text.count("\n") for text in texts]
    return _shared(accumulate(breaks[:-1], initial=line))


# One number for each line serves all files; so do these strings.
_LINES: Final = tuple(range(8192))


def _shared(lines: Iterable[int]) -> list[int]:
    if isinstance(lines, range) and lines.stop <= 8192:
        return list(_LINES[lines.start : lines.stop])
    return [_LINES[line] if line < 8192 else line for line in lines]


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] in "\"'" else text
