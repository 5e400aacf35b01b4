"""JSON for nouns: one way out, one way in."""

import json
from dataclasses import fields, is_dataclass
from typing import Any, NoReturn, TypeVar

import msgspec

from reconciler.model import InventoryType, Stock

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
        raise ValueError("nested too deep") from None


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def load_noun(data: Any, noun: type[Noun]) -> Noun:
    """Return the *noun* that *data*, as parsed from JSON, stands for.

    Raises:
        ValueError: A field is missing, or of another type.
    """
    return msgspec.convert(data, noun)


def as_data(noun: Any) -> Any:
    """Return *noun* as what JSON can hold: named tuples are lists, times ISO 8601."""
    return msgspec.to_builtins(noun)


def as_objects(noun: Any) -> Any:
    """Return *noun* as what JSON can hold: dataclasses and named tuples are objects."""
    if isinstance(noun, tuple) and hasattr(noun, "_asdict"):
        return {name: as_objects(value) for name, value in noun._asdict().items()}
    if is_dataclass(noun):
        return {field.name: as_objects(getattr(noun, field.name)) for field in fields(noun)}
    if isinstance(noun, tuple | list):
        return [as_objects(value) for value in noun]
    return noun


def load_stock(data: Any) -> Stock:
    """Return the stock in an object with `inventory_type` and `quantity`; 12.0 is 12.

    Raises:
        ValueError: It is no stock.
    """
    try:
        return as_stock(data["inventory_type"], data["quantity"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a stock: {error}") from None


def as_stock(inventory_type: str, quantity: Any) -> Stock:
    """Return a stock; 12.0 is 12, as in the answers of the API.

    Raises:
        ValueError: There is no such inventory type, or the quantity is not a number or None.
    """
    if isinstance(quantity, bool) or not isinstance(quantity, int | float | None):
        raise ValueError("not a quantity")  # noqa: TRY004  callers expect one error for bad data
    if isinstance(quantity, float) and quantity.is_integer():
        quantity = int(quantity)
    return Stock(InventoryType(inventory_type), quantity)
