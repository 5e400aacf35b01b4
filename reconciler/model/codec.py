"""JSON for nouns: one way out, one way in."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

Noun = TypeVar("Noun")


def dump_json(data: Any, *, indent: int | None = 2) -> str:
    """Return *data* as JSON text that gives no command to the runner that logs it.

    GitHub's runner obeys `##[command]` anywhere in a line. Such a sequence can only be part of a
    string here, where `\\u005b` means the same.
    """
    return json.dumps(data, indent=indent).replace("##[", "##\\u005b")


def parse_json(content: bytes | str) -> Any:
    """Return what *content* says; a number like 12.0 is 12.

    Raises:
        ValueError: It is no JSON (JSON knows no NaN), or is nested too deep.
    """
    try:
        return json.loads(content, parse_float=_number, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("Nested too deep.") from None


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


def load_noun(data: Any, noun: type[Noun]) -> Noun:
    """Return the *noun* that *data*, as parsed from JSON, represents.

    Raises:
        ValueError: A field is missing, or of another type.
    """
    return msgspec.convert(data, noun)


def as_data(noun: Any) -> Any:
    """Return *noun* as what JSON can hold: dataclasses are objects, times ISO 8601."""
    return msgspec.to_builtins(noun)
