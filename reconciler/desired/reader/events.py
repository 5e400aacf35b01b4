"""YAML text → the events of libyaml's parser."""

from collections.abc import Callable
from typing import Any

from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs do not know the C parser


def open_events(text: str) -> Callable[[], Any]:
    """Return a function that gives the next event of *text* each time; it raises YAMLError.

    The events are those of `yaml.events`; they are `Any` here because their stubs leave out the
    attributes that they have.
    """
    get_event: Callable[[], Any] = CParser(text).get_event
    return get_event
