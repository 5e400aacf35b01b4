"""Walk over the events of the YAML parser, and collect data, places, and problems.

This is the only walk over YAML events: reading, explaining, and editing all use it.

Editors parse YAML 1.2 and PyYAML parses 1.1, so `no`, `010`, and `1:20` mean one thing on the
screen and another to a program. So scalars are read as text, and a number has only one form.
Things that no schema can see, like anchors, tags, duplicate keys, and depth, are refused here.
"""

import re
from collections.abc import Callable
from typing import Any

from yaml import YAMLError
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs omit the C parser
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.desired.reader.document import EMPTY, UNSPELLED, Document, Node, TextSpan, Unspelled
from reconciler.desired.reader.keys import key_fault
from reconciler.desired.reader.scalars import (
    MAX_DIGITS,
    NUMBER,
    SIGNED,
    STARTS_OF_NOT_TEXT,
    may_not_be_text,
    shown,
)
from reconciler.desired.reader.syntax_errors import MAX_DEPTH, TOO_DEEP, syntax_problem
from reconciler.errors import Problem

# A text without these characters has no quoted scalar, block scalar, anchor, or tag.
_SIGNS = "'\"|>&!"
_MAX_NUMBERS = 4096
# Almost every key matches, and needs no other check.
_USUAL_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,99}").fullmatch


class _StopReading(Exception):
    """Reading can't continue. The reason is among the problems."""


def walk(document: Document, *, with_places: bool = False) -> None:
    """Read the text of *document* into its `data` and `lines`, and add every problem.

    *with_places* also fills its `top`, up to the first syntax error.
    """
    try:
        _Walk(document, with_places=with_places).read()
    except _StopReading:
        pass
    except YAMLError as error:
        document.problems.append(syntax_problem(document.path, document.text, error))


class _Walk:
    """One pass over the events of a text."""

    def __init__(self, document: Document, *, with_places: bool) -> None:
        self.document = document
        self.with_places = with_places
        self.next: Callable[[], Any] = CParser(document.text).get_event
        self.has_signs = any(sign in document.text for sign in _SIGNS)
        self.numbers: dict[str, int] = {}

    def read(self) -> None:
        self.next()
        first = self.next()
        if isinstance(first, StreamEndEvent):
            self.refuse(None, EMPTY)
            return
        if first.version or first.tags:
            self.refuse(first, "A line that starts with % is not allowed. Delete it.")
        event = self.next()
        self.document.top = top = self.place(event, event)
        self.document.data = self.node(event, 1, None, top)
        self.next()  # the end of the document
        if not isinstance(another := self.next(), StreamEndEvent):
            self.refuse(
                another,
                "A second document starts here. Delete the line `---`, or make two files.",
            )
            return
        self.document.complete = True

    def refuse(self, event: Any, message: str) -> None:
        """Add a problem at *event*, or for the whole file."""
        line, column = (
            (0, 0) if event is None else (event.start_mark.line + 1, event.start_mark.column + 1)
        )
        self.document.problems.append(Problem(self.document.path, line, column, message))

    def place(self, key: Any, event: Any, within: Node | None = None) -> Node | None:
        """Return the place of the value that starts with *event*, if places are requested.

        It becomes a field of the node *within*. Of two equal keys, the first one counts.
        """
        if not self.with_places:
            return None
        node = Node(_span(key), _span(event))
        if isinstance(event, ScalarEvent):
            # The parser ends text of several lines at the start of the next line.
            start, end = node.value.start, node.value.end
            end = start + len(self.document.text[start:end].rstrip())
            node.value = node.value._replace(end=end)
            node.text, node.quoted = event.value, not event.implicit[0]
        elif isinstance(event, MappingStartEvent):
            node.is_mapping, node.in_braces = True, bool(event.flow_style)
        if within is not None:
            within.fields.setdefault(key.value, node)
        return node

    def node(self, event: Any, depth: int, parent: str | None, place: Node | None) -> Any:
        """Return the value that starts with *event*, at *depth*, below *parent*."""
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if isinstance(event, AliasEvent):
            self.refuse(
                event, f"*{event.anchor} is an alias, which is not allowed. Write the value out."
            )
            self.document.misspelled = True
            return UNSPELLED
        if depth > MAX_DEPTH:
            self.refuse(event, TOO_DEEP)
            raise _StopReading
        self.refuse_signs(event)
        if isinstance(event, MappingStartEvent):
            return self.mapping(depth, parent, place)
        return self.sequence(depth, place)

    def refuse_signs(self, event: Any) -> None:
        """Refuse an anchor or a tag on *event*."""
        if event.anchor is not None:
            self.refuse(
                event, f"&{event.anchor} is an anchor, which is not allowed. Write each value out."
            )
        if event.tag is not None:
            self.refuse(event, "A tag (a word that starts with !) is not allowed. Delete it.")

    def scalar(self, event: Any) -> str | int | Unspelled:
        """Return a scalar as text, as a number if it has the one valid form, or as `UNSPELLED`."""
        text: str = event.value
        if self.has_signs:
            self.refuse_signs(event)
            if not event.implicit[0]:
                return text
        if text and text[0] not in STARTS_OF_NOT_TEXT:
            return text
        number = self.numbers.get(text)
        if number is None:
            if not may_not_be_text(text) or (self.document.has_signs and SIGNED.fullmatch(text)):
                return text
            if not NUMBER.fullmatch(text):
                self.document.misspelled = True
                return UNSPELLED
            number = int(text) if len(text) <= MAX_DIGITS else 10**MAX_DIGITS
            if len(self.numbers) < _MAX_NUMBERS:
                self.numbers[text] = number
        return number

    def sequence(self, depth: int, place: Node | None) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            at = self.place(event, event)
            if place is not None and at is not None:
                place.items.append(at)
            items.append(self.node(event, depth + 1, None, at))
        return items

    def mapping(self, depth: int, parent: str | None, place: Node | None) -> dict[str, Any]:
        """Return a mapping, and collect the lines of its keys on the second level.

        This loop runs for each SKU and field, so it makes no call for common keys and numbers.
        """
        read, is_usual, known = self.next, _USUAL_KEY, self.numbers
        scalar: Any = ScalarEvent
        values: dict[str, Any] = {}
        lines: list[int] = []
        while True:
            event = read()
            if type(event) is not scalar:
                break
            key = event.value
            is_good = (is_usual(key) and not self.has_signs) or self.is_good(event, key)
            value_event = read()
            at = self.place(event, value_event, place) if place is not None else None
            if type(value_event) is not scalar:
                value = self.node(value_event, depth + 1, key if is_good else None, at)
            elif self.has_signs or (value := known.get(value_event.value)) is None:
                value = self.scalar(value_event)
            if not is_good or key in values:
                if is_good:
                    self.refuse_again(event, lines[list(values).index(key)])
                continue
            values[key] = value
            lines.append(event.start_mark.line + 1)
        if depth == 2 and parent is not None:
            self.document.lines[parent] = lines
        self.end_mapping(event, place)
        return values

    def end_mapping(self, event: Any, place: Node | None) -> None:
        """Refuse *event* unless it ends a mapping, and note its place."""
        end = event.end_mark.index
        if not isinstance(event, MappingEndEvent):
            self.refuse(event, "A key must be text on one line. Put a name before the colon.")
            raise _StopReading
        if place is not None:
            place.value = place.value._replace(end=end)

    def refuse_again(self, event: Any, first: int) -> None:
        """Refuse the key *event*, which is already on the line *first*."""
        self.refuse(event, f"{shown(event.value)} is already on line {first}. Keep one.")

    def is_good(self, event: Any, key: str) -> bool:
        """Return whether the scalar *event* can be a key. Refuse it if not."""
        if self.has_signs:
            self.refuse_signs(event)
        if _USUAL_KEY(key):
            return True
        if key == "<<" and event.implicit[0]:
            self.refuse(event, "<< is a merge key, which is not allowed. Write each value out.")
            return False
        if fault := key_fault(key):
            self.refuse(event, fault)
            return False
        return True


def find_places(text: str) -> Node:
    """Return the places of the values of *text*, up to the first syntax error."""
    document = Document("", text)
    walk(document, with_places=True)
    nothing = TextSpan(0, 0, 1, 1)
    return document.top or Node(nothing, nothing)


def _span(event: Any) -> TextSpan:
    start = event.start_mark
    return TextSpan(start.index, event.end_mark.index, start.line + 1, start.column + 1)
