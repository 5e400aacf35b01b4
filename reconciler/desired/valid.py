"""Validate a file against its schema."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any, Final

import jsonschema_rs
from msgspec.structs import replace

from reconciler.contract import load_schema
from reconciler.desired.reader.document import MAX_BYTES, Document
from reconciler.desired.reader.text import read_document
from reconciler.errors import Problem

# A record has all SKUs of a store in one file.
MAX_PAST_BYTES: Final = 512 * 1024 * 1024
# Problems shown per file. People fix the first ones, and run it again.
MOST_SHOWN: Final = 100


def read_valid(
    path: str,
    content: bytes,
    kind: str,
    problems: list[Problem],
    *,
    is_past: bool = False,
    most: int | None = MOST_SHOWN,
) -> Document | None:
    """Return the document if it is valid, else add its problems to *problems*.

    From *most* problems on (None: any number), the others are only counted.
    """
    max_bytes = MAX_PAST_BYTES if is_past else MAX_BYTES
    document = read_document(path, content, max_bytes, has_signs=kind == "event")
    found, more = document.problems, 0
    is_valid = _validator(kind, is_past=is_past).is_valid
    if document.complete and (document.misspelled or not is_valid(document.data)):
        shown, more = document, 0
        if most is not None:
            shown, more = _abridge(document, _entry_validator(kind, is_past=is_past), most)
        found = found + _explanations().explain(shown, _schema(kind, is_past=is_past), kind)
    problems += cut(path, found, most, more)
    return None if found else document


def cut(path: str, found: list[Problem], most: int | None, more: int = 0) -> list[Problem]:
    """Return the first problems of a file, and one that counts the others and *more*."""
    if most is None or len(found) + more <= most:
        return found
    found = sorted(found, key=lambda one: (one.line, one.column))
    left = len(found[most:]) + more
    return [*found[:most], _rest(path, left)]


def _rest(path: str, left: int) -> Problem:
    many = "1 more problem" if left == 1 else f"{left} more problems"
    return Problem(path, 0, 0, f"{many} in this file, like those above.", (), left)


def _abridge(
    document: Document, is_valid: Callable[[Any], bool], most: int
) -> tuple[Document, int]:
    """Return *document* with its first *most* invalid SKUs, and the number of other invalid ones.

    Explaining a hundred thousand of them would take a minute.
    """
    data = document.data
    skus = data.get("skus") if isinstance(data, dict) else None
    if not isinstance(skus, dict) or len(skus) <= most:
        return document, 0
    wrong = [key for key, value in skus.items() if not is_valid(value)]
    if len(wrong) <= most:
        return document, 0
    kept = {key: skus[key] for key in wrong[:most]}
    text, lines = document.text, document.lines.get("skus", [])
    if len(lines) == len(skus) and list(data)[-1] == "skus":
        # Up to the next invalid one, because places are looked up only for these.
        end = dict(zip(skus, lines, strict=True))[wrong[most]] - 1
        text = "".join(text.splitlines(keepends=True)[:end])
    return replace(document, data={**data, "skus": kept}, text=text), len(wrong) - most


def _explanations() -> Any:
    """Return the module that explains problems. Only invalid files need it and its library."""
    return import_module("reconciler.desired.reader.schema_errors")


def _schema(kind: str, *, is_past: bool) -> dict[str, Any]:
    """Return the schema of a *kind* of file. Past files may have `as_of`."""
    schema = load_schema(kind)
    if not is_past or kind != "inventory":
        return schema
    schema = deepcopy(schema)
    for place in (schema, schema["$defs"]["entry"]):
        place["properties"]["as_of"] = {"type": "string"}
    return schema


@cache
def _validator(kind: str, *, is_past: bool) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_schema(kind, is_past=is_past))


def _entry_validator(kind: str, *, is_past: bool) -> Callable[[Any], bool]:
    """Return a test whether the value of one SKU is valid in a *kind* of file."""
    schema = _schema(kind, is_past=is_past)
    skus = schema["properties"].get("skus", {})
    own = {"$defs": schema.get("$defs", {}), **skus.get("additionalProperties", {})}
    check = jsonschema_rs.Draft202012Validator(own).is_valid

    def is_valid(value: Any) -> bool:
        try:
            return check(value)
        except ValueError:  # it has a scalar that no field accepts
            return False

    return is_valid
