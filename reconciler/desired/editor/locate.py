"""The text of an inventory file → where in it its values stand. Pure.

The places are those that the parser's own events give, so that an edit can put in just what
changes and leave every other byte as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from yaml.events import MappingEndEvent, MappingStartEvent

from reconciler.desired.reader.events import open_events


class Span(NamedTuple):
    """A piece of a text, by the offsets of its characters."""

    start: int
    end: int


@dataclass(slots=True)
class Node:
    """A value: where it stands, its fields if it is a mapping, and whether that is in braces."""

    span: Span
    key: Span
    fields: "dict[str, Node]" = field(default_factory=dict)
    is_mapping: bool = False
    in_braces: bool = False

    def last(self) -> int:
        """Return where the value's own text ends; the parser ends a mapping at what follows it."""
        if not self.is_mapping or self.in_braces or not self.fields:
            return self.span.end
        return max(node.last() for node in self.fields.values())


def find_spans(text: str) -> Node:
    """Return the top of *text*, which is one that was read without a problem."""
    get = open_events(text)
    get()
    get()
    return _node(text, get(), Span(0, 0), get)


def _node(text: str, event: Any, key: Span, get: Callable[[], Any]) -> Node:
    start = event.start_mark.index
    if not isinstance(event, MappingStartEvent):  # a list stands in no inventory file
        # To the parser a text of several lines ends where the next line begins.
        return Node(Span(start, start + len(text[start : event.end_mark.index].rstrip())), key)
    node = Node(Span(start, start), key, is_mapping=True, in_braces=bool(event.flow_style))
    name: Any = get()
    while not isinstance(name, MappingEndEvent):
        place = Span(name.start_mark.index, name.end_mark.index)
        node.fields[name.value] = _node(text, get(), place, get)
        name = get()
    closing: Any = name
    node.span = Span(start, closing.end_mark.index)
    return node
