"""YAML text → plain data with the lines of its keys, and every refusal on the way. Pure.

Editors parse YAML 1.2 and PyYAML 1.1, so `no`, `010` or `1:20` mean one thing on the screen and
another to a program. Here scalars are taken as text from parser events, and a number has one
spelling. Whatever a schema cannot see (anchors, tags, keys given twice, depth) is refused on the
events, before anything is built from it.
"""

from typing import Any

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.desired.reader.document import EMPTY, UNSPELLED, Document, Unspelled
from reconciler.desired.reader.events import open_events
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.scalars import MAX_DIGITS, NUMBER, may_not_be_text, shown
from reconciler.desired.reader.syntax_errors import MAX_DEPTH, TOO_DEEP, syntax_problem
from reconciler.errors import Problem


class _StopReading(Exception):
    """Reading cannot go on; the reason is among the problems."""


def read_with_care(document: Document) -> None:
    """Read the text of *document* event by event, and note all that is refused."""
    try:
        _Reader(document).read()
    except _StopReading:
        pass
    except YAMLError as error:
        document.problems.append(syntax_problem(document.path, document.text, error))


class _Reader:
    """Builds one document from the events of its text, and notes all that is refused."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.next = open_events(document.text)

    def read(self) -> None:
        self.next()
        first = self.next()
        if isinstance(first, StreamEndEvent):
            self.refuse(None, EMPTY)
            return
        if first.version or first.tags:
            self.refuse(first, "a line that starts with % is not allowed; delete it")
        self.document.data = self.node(self.next(), 1, None)
        self.next()  # the end of the document
        if not isinstance(another := self.next(), StreamEndEvent):
            self.refuse(
                another,
                "a second document starts here; delete the line `---`, or make two files",
            )
            return
        self.document.complete = True

    def refuse(self, event: Any, message: str) -> None:
        """Note a problem at *event*, or of the whole file."""
        line, column = (
            (0, 0) if event is None else (event.start_mark.line + 1, event.start_mark.column + 1)
        )
        self.document.problems.append(Problem(self.document.path, line, column, message))

    def node(self, event: Any, depth: int, parent: str | None) -> Any:
        """Return the value that starts with *event*, *depth* levels down, below *parent*."""
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if isinstance(event, AliasEvent):
            self.refuse(
                event, f"*{event.anchor} is an alias, which is not allowed; write the value out"
            )
            self.document.misspelled = True
            return UNSPELLED
        if depth > MAX_DEPTH:
            self.refuse(event, TOO_DEEP)
            raise _StopReading
        self.check_plain(event)
        if isinstance(event, MappingStartEvent):
            return self.mapping(depth, parent)
        return self.sequence(depth)

    def check_plain(self, event: Any) -> None:
        """Refuse an anchor or a tag on *event*."""
        if event.anchor is not None:
            self.refuse(
                event, f"&{event.anchor} is an anchor, which is not allowed; write each value out"
            )
        if event.tag is not None:
            self.refuse(event, "a tag (a word that starts with !) is not allowed; delete it")

    def scalar(self, event: Any) -> str | int | Unspelled:
        """Return a scalar as text, as a number in its one spelling, or as `UNSPELLED`."""
        self.check_plain(event)
        text: str = event.value
        if not event.implicit[0] or not may_not_be_text(text):
            return text
        if NUMBER.fullmatch(text):
            return int(text) if len(text) <= MAX_DIGITS else 10**MAX_DIGITS
        self.document.misspelled = True
        return UNSPELLED

    def sequence(self, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            items.append(self.node(event, depth + 1, None))
        return items

    def mapping(self, depth: int, parent: str | None) -> dict[str, Any]:
        """Return a mapping; the lines of its keys are kept when it is of the second level."""
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self.next(), MappingEndEvent):
            key = self.key(event)
            value = self.node(self.next(), depth + 1, key)
            if key in lines:
                self.refuse(
                    event,
                    f"{shown(key)} stands here again, first on line {lines[key]}; keep one",
                )
            elif key is not None:
                lines[key] = event.start_mark.line + 1
                values[key] = value
        if depth == 2 and parent is not None:
            self.document.lines[parent] = list(lines.values())
        return values

    def key(self, event: Any) -> str | None:
        """Return the key that *event* gives, or None for one that is refused."""
        if not isinstance(event, ScalarEvent):
            self.refuse(event, "a key must be text on one line; put a name before the colon")
            raise _StopReading
        if event.anchor is not None or event.tag is not None:
            self.check_plain(event)
        key: str = event.value
        if key == "<<" and event.implicit[0]:
            self.refuse(event, "<< is a merge key, which is not allowed; write each value out")
            return None
        if fault := key_fault(key):
            self.refuse(event, fault)
            return None
        return key
