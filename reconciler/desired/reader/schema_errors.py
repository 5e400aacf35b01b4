"""Explain why a document is invalid for its schema, with the place of each problem.

`jsonschema` finds the problems. This module writes the messages, and finds the places in a second
walk over the text. So only invalid files take that time.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from reconciler.desired.reader.document import EMPTY, UNSPELLED, Document, Node
from reconciler.desired.reader.removed_dates import explain_dates
from reconciler.desired.reader.scalars import UNITS, quantity_fault, shown, units_fault
from reconciler.desired.reader.walk import find_places
from reconciler.errors import Problem
from reconciler.model import Backend, Rule

Path = tuple[str | int, ...]


def explain(document: Document, schema: Mapping[str, Any], kind: str) -> list[Problem]:
    """Return the problems of *document* with *schema*, which is of the given *kind*.

    Problems that only follow from an earlier one are left out.
    """
    if document.data is UNSPELLED and document.text.strip(" \t\r\n-.") == "":
        return [Problem(document.path, 0, 0, EMPTY)]
    top = find_places(document.text)
    if kind == "inventory" and (missing := _missing_skus(document, top)):
        return [missing]
    refused = {problem.line for problem in document.problems}
    problems = explain_dates(document, top) if kind == "inventory" else []
    for error in validator(schema).iter_errors(document.data):
        if refused and error.validator in {"required", "minProperties"}:
            continue
        for path, message in _reasons(error, top, kind):
            node = top.find(path) or top
            place = node.key if error.validator in _ABOUT_KEYS else node.value
            if place.line not in refused:
                problems.append(Problem(document.path, place.line, place.column, message))
    return problems


_ABOUT_KEYS = frozenset({"additionalProperties", "required", "dependentRequired", "minProperties"})


def _missing_skus(document: Document, top: Node) -> Problem | None:
    """Return the problem of a file whose SKUs are not below `skus:`, or None."""
    data = document.data
    if not isinstance(data, dict) or isinstance(data.get("skus"), dict):
        return None
    strangers = [key for key in data if key not in {"skus", "rule", "low", "as_of"}]
    if not strangers or (len(strangers) == 1 and isinstance(data[strangers[0]], dict)):
        return None
    place = top.fields[strangers[0]].key
    cure = "Indent the SKUs below `skus:` by two spaces."
    if "skus" not in data:
        cure = "`skus:` is missing above the SKUs. Write it on a line of its own. " + cure
    return Problem(document.path, place.line, place.column, cure)


def suggest(word: str, known: list[str]) -> str:
    """Return ` Did you mean …?` with the most similar of *known*, or ''."""
    near = get_close_matches(word.lower(), known, 1, 0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _reasons(error: ValidationError, top: Node, kind: str) -> Iterator[tuple[Path, str]]:
    """Yield the path and the message of each problem in *error*."""
    path = tuple(error.absolute_path)
    known = sorted(error.schema.get("properties", ())) if isinstance(error.schema, dict) else []
    given: Any = error.instance
    match error.validator:
        case "additionalProperties":
            for key in given:
                if key not in known and not (key == "as_of" and kind == "inventory"):
                    hint = suggest(key, known) or f" Known here: {', '.join(known)}."
                    yield (*path, key), f"The key {shown(key)} is unknown.{hint}"
        case "required":
            key = error.message.split("'")[1]
            if not any(suggest(other, [key]) for other in given if other not in known):
                yield path, _missing(key, kind)
        case "minProperties":
            yield (
                path,
                f"The file has no SKU. Write one, like `{_example(kind)}`, or delete the file.",
            )
        case "dependentRequired":
            yield (
                path,
                "`sku` is only for a SKU that `id` pins. Add the store's own id, or delete `sku`.",
            )
        case _:
            yield path, _value_fault(path, top.find(path), kind)


def _missing(key: str, kind: str) -> str:
    if key == "skus":
        return (
            "There is no `skus:`. Put the SKUs below a line `skus:`, each indented by two spaces."
        )
    if key == "at":
        return (
            "There is no `at`. Write when it happened, like `at: 2026-11-27T09:30:00+01:00`. Files"
            " below events/ hold events. A level belongs elsewhere."
        )
    if key == "quantity":
        return "There is no `quantity`. Write `quantity: 12` or `quantity: infinite`."
    return f"There is no `{key}` in this {kind} file. Add it."


_WANTED = {
    "rule": "a rule. Write exact, on_change, at_least, at_most, or observe.",
    "backend": "a backend. Write webflow or sandbox.",
    "at": "a time with its offset. Write it like 2026-11-27T09:30:00+01:00.",
    "reason": "text of at most 500 characters. Shorten it, or put it in quotes.",
    "low": "a whole number. Write one like 5.",
    "id": "an id of the shop. Write its 24 digits and letters a to f.",
    "site_id": "the id of a site. Write its 24 digits and letters a to f.",
    "sku_collection_id": "the id of a collection. Write its 24 digits and letters a to f.",
    "token_env": "the name of a variable. Write one in capitals that starts with WEBFLOW_.",
    "note": "text. Put it in quotes.",
    "sku": "text. Put it in quotes.",
    "frozen": "a list of SKUs or patterns. Write one a line, each after a dash.",
    "limits": "a set of limits. Write each on a line of its own, like `max_zeroed: 10`.",
    "seen_at": "a time in UTC. Delete the file, and pull again.",
    "skus": "a list of SKUs. Write each on a line of its own, like `TEE-BLK-M: 40`.",
}


def _value_fault(path: Path, node: Node | None, kind: str) -> str:
    """Return the message for an invalid value at *path*."""
    text = node.text if node else None
    if not path:
        first = {"inventory": "skus:", "event": "at:"}.get(kind, "site_id:")
        return f"The file must consist of keys and values, starting with a line like `{first}`."
    if path == ("skus",):
        return _skus_fault(text, _example(kind))
    if path[0] == "skus" and (len(path) == 2 or path[2] == "quantity"):
        if node is None or text is None:
            return f"This is no number. Write {UNITS}." if kind == "event" else _NO_LIST
        explain_number = units_fault if kind == "event" else quantity_fault
        return explain_number(text, quoted=node.quoted)
    if len(path) == 2:
        return f"{_shown(text)} is not {_WANTED_WITHIN[str(path[0])]}"
    return _field_fault(str(path[-1]), text, quoted=node.quoted if node else False)


def _field_fault(field: str, text: str | None, *, quoted: bool) -> str:
    """Return the message for an invalid value of *field*, which is not a quantity."""
    if text and not quoted and re.fullmatch(r"[0-9a-f]{24}", text):
        return f"{_shown(text)} looks like a number to some programs. Put it in quotes."
    if text == "" and not quoted:
        return f"There is nothing after `{field}:`. Write something, or delete the line."
    hint = suggest(text or "", _CHOICES.get(field, []))
    return f"{_shown(text)} is not {_WANTED[field]}{hint}"


_WANTED_WITHIN = {
    "limits": "a limit. Write a whole number up to 999999999, like 20, or a share, like 30%.",
    "frozen": "a SKU or a pattern. Write one like GIFT-*, in quotes.",
}
_CHOICES = {"rule": [rule.value for rule in Rule], "backend": [entry.value for entry in Backend]}


_NO_LIST = "A list is not a quantity. Write a whole number like 12, or infinite."


def _example(kind: str) -> str:
    return "TEE-BLK-M: +20" if kind == "event" else "TEE-BLK-M: 40"


def _skus_fault(text: str | None, example: str) -> str:
    if text == "":
        return f"There is no SKU below `skus:`. Write one, like `{example}`."
    if text is not None and re.search(r":\S", text):
        return f"{_shown(text)} has no space after its colon. Write it like `{example}`."
    return f"{_shown(text)} is not {_WANTED['skus']}"


def _shown(text: str | None) -> str:
    if text is None:
        return "This"
    return shown(text) if text else "nothing"


def _pattern(
    validator: Any, pattern: str, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    """Check a pattern as in JSON Schema: `$` is the end of the text, not of a line."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}.")


validator: Any = extend(  # type: ignore[no-untyped-call]  # the stubs leave it bare
    Draft202012Validator, {"pattern": _pattern}
)
