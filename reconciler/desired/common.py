"""YAML text as almost all of it is → plain data with the lines of its keys. Pure; the fast path.

It takes what `read` would take without a word: mappings of scalars, at most three levels deep,
whose keys are visible ASCII. For anything else it raises `NotCommonError`, and `read` looks at
each event with care. Where both take a text, they give the same; a law says so.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from yaml import YAMLError
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, StreamEndEvent

from reconciler.desired.events import open_events
from reconciler.desired.keys import are_common
from reconciler.desired.spelling import MAX_DIGITS, may_not_be_text

_NUMBER = re.compile(rf"0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}}")
_MARKS_OF_MORE: Final = "&*!%"
# Values that do not come again, like notes, must not fill the memory.
_MAX_KNOWN: Final = 4096


class NotCommonError(Exception):
    """The text holds something that needs a closer look."""


def read_common(text: str) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the data of *text*, and the lines of the keys of each inner mapping, by its key.

    Raises NotCommonError for whatever is not common, right or wrong.
    """
    # Without these characters there is no anchor, alias, tag or directive to look for.
    if any(mark in text for mark in _MARKS_OF_MORE):
        raise NotCommonError
    try:
        return _Reader(text).read()
    except (YAMLError, AttributeError):  # only the event of a scalar has a value
        raise NotCommonError from None


class _Reader:
    """The loops run once a SKU and once a field; what they do not need, they do not ask."""

    def __init__(self, text: str) -> None:
        self.next: Callable[[], Any] = open_events(text)
        self.values: dict[str, str | int] = {}
        self.shapes: set[tuple[str, ...]] = set()
        self.lines: dict[str, list[int]] = {}

    def read(self) -> tuple[dict[str, Any], dict[str, list[int]]]:
        self.next()
        if isinstance(self.next(), StreamEndEvent) or type(self.next()) is not MappingStartEvent:
            raise NotCommonError
        data: dict[str, Any] = {}
        count = 0
        while type(event := self.next()) is not MappingEndEvent:
            count += 1
            data[event.value] = self.entries(event.value, self.next())
        self.check_keys(tuple(data), count)
        self.next()
        if not isinstance(self.next(), StreamEndEvent):
            raise NotCommonError
        return data, self.lines

    def entries(self, parent: str, event: Any) -> Any:
        """Return the value of a key of the first level."""
        if type(event) is ScalarEvent:
            return self.scalar(event)
        if type(event) is not MappingStartEvent:
            raise NotCommonError
        entries: dict[str, Any] = {}
        lines: list[int] = []
        get_event, values = self.next, self.values
        while type(event := get_event()) is not MappingEndEvent:
            lines.append(event.start_mark.line + 1)
            value = get_event()
            if type(value) is ScalarEvent:
                text = value.value
                known = text in values and value.implicit[0]
                entries[event.value] = values[text] if known else self.scalar(value)
            elif type(value) is MappingStartEvent:
                entries[event.value] = self.fields()
            else:
                raise NotCommonError
        self.check_keys(tuple(entries), len(lines))
        self.lines[parent] = lines
        return entries

    def fields(self) -> dict[str, Any]:
        """Return a mapping of the third level."""
        fields: dict[str, Any] = {}
        count = 0
        get_event, values = self.next, self.values
        while type(event := get_event()) is not MappingEndEvent:
            count += 1
            value = get_event()
            if type(value) is not ScalarEvent:
                raise NotCommonError
            text = value.value
            known = text in values and value.implicit[0]
            fields[event.value] = values[text] if known else self.scalar(value)
        self.check_keys(tuple(fields), count)
        return fields

    def check_keys(self, keys: tuple[str, ...], count: int) -> None:
        """Look at all keys of a mapping together; they are *count*, unless one came twice."""
        if len(keys) != count:
            raise NotCommonError
        if keys not in self.shapes:
            if not are_common(keys):
                raise NotCommonError
            self.shapes.add(keys)

    def scalar(self, event: ScalarEvent) -> str | int:
        """Return the value of a scalar, and know it when it comes again."""
        text: str = event.value
        if not event.implicit[0]:
            return text
        value: str | int = text
        if _NUMBER.fullmatch(text):
            value = int(text)
        elif may_not_be_text(text):
            raise NotCommonError
        if len(self.values) < _MAX_KNOWN:
            self.values[text] = value
        return value
