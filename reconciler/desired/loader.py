"""Documents that fit their schemas → the desired state of one store. Pure."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache, lru_cache, partial
from importlib import import_module
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

import jsonschema_rs

from reconciler.contract import load_schema
from reconciler.desired.files import SETTINGS_FILE
from reconciler.desired.observations import build_observation, is_observation
from reconciler.desired.reader.document import MAX_BYTES, Document
from reconciler.desired.reader.scalars import shown
from reconciler.desired.reader.text import read_document
from reconciler.desired.reader.walk import find_places
from reconciler.errors import InputError, Problem
from reconciler.model import (
    INFINITE,
    Backend,
    Bound,
    Declared,
    DesiredState,
    Limit,
    Observation,
    Pin,
    Rule,
    Stock,
    StoreSettings,
    Terms,
    finite,
)

MAX_SKUS: Final = 1_000_000
_LAST_DAY: Final = date.max.isoformat()
# A record holds all SKUs of a store in one file, written out.
MAX_PAST_BYTES: Final = 512 * 1024 * 1024


def build_desired(
    name: str,
    folder: str,
    files: Iterable[tuple[str, bytes]],
    problems: list[Problem],
    *,
    may_be_empty: bool = False,
) -> DesiredState:
    """Return the desired state of the store *name* from the paths and bytes of its *files*.

    *folder* is the store's folder, as the paths begin with it; its settings come first among the
    files, which are read and forgotten one by one. Raises InputError with every problem of every
    file; reading them may add to *problems* meanwhile. That there is no SKU at all is a problem,
    unless it *may_be_empty*.
    """
    with _collecting_later():
        return _build(name, folder, iter(files), problems, may_be_empty=may_be_empty)


def build_past(name: str, folder: str, files: Iterable[tuple[str, bytes]]) -> dict[str, Declared]:
    """Return what the store's *files* declared once; a store that was not there declared nothing.

    Raises InputError for files that were not acceptable.
    """
    problems: list[Problem] = []
    rule = Rule.EXACT
    path_of_settings = PurePosixPath(folder, SETTINGS_FILE).as_posix()
    others = []
    with _collecting_later():
        for path, content in files:
            if path != path_of_settings:
                if not is_observation(path, folder):
                    others.append((path, content))
            elif document := _read_valid(path, content, "store", problems):
                rule = _build_settings(name, document.data).rule
        declared = _declare_all(others, rule, problems, MAX_PAST_BYTES)
    if problems:
        raise InputError(problems)
    return declared


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, what holds no circle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


DEFAULT_LIMITS: Final = {
    Limit.CHANGES: Bound(30, is_share=True),
    Limit.UNITS_RAISED: Bound(100, is_share=True),
    Limit.UNITS_LOWERED: Bound(30, is_share=True),
    Limit.ZEROED: Bound(10, is_share=False),
    Limit.INVENTORY_TYPE_CHANGES: Bound(0, is_share=False),
}


def _build(
    name: str,
    folder: str,
    files: Iterator[tuple[str, bytes]],
    problems: list[Problem],
    *,
    may_be_empty: bool,
) -> DesiredState:
    path, content = next(files, ("", b""))
    settings: StoreSettings | None = None
    if path == PurePosixPath(folder, SETTINGS_FILE).as_posix():
        document = _read_valid(path, content, "store", problems)
        settings = _build_settings(name, document.data) if document else None
    else:
        message = f"there is no {SETTINGS_FILE} here; write one with a `site_id`"
        problems.append(Problem(folder, 0, 0, message))
        files = chain([(path, content)] if path else [], files)
    # Clocks and time zones differ: tomorrow may have begun where the counting is done.
    latest = (date.today() + timedelta(days=1)).isoformat()
    rule = settings.rule if settings else Rule.EXACT
    observations: list[Observation] = []
    levels = _take_observations(files, folder, observations, problems)
    declared = _declare_all(levels, rule, problems, latest=latest)
    if not declared and not problems and not may_be_empty:
        message = "there is no YAML file with stock here; add one with a `skus:` section"
        problems.append(Problem(folder, 0, 0, message))
    if len(declared) > MAX_SKUS:
        problems.append(Problem(folder, 0, 0, f"more than {MAX_SKUS} SKUs; split the store"))
    if problems or settings is None:
        raise InputError(problems)
    return DesiredState(settings, declared, tuple(observations))


def _take_observations(
    files: Iterable[tuple[str, bytes]],
    folder: str,
    observations: list[Observation],
    problems: list[Problem],
) -> Iterator[tuple[str, bytes]]:
    """Yield the files that declare levels, and add to *observations* those among the others."""
    for path, content in files:
        if not is_observation(path, folder):
            yield path, content
        elif document := _read_valid(path, content, "seen", problems):
            observations.append(build_observation(document, content, problems))


def _declare_all(
    files: Iterable[tuple[str, bytes]],
    rule: Rule,
    problems: list[Problem],
    max_bytes: int = MAX_BYTES,
    latest: str = _LAST_DAY,
) -> dict[str, Declared]:
    """Return the SKUs of all files; what a schema does not see is looked for on the way.

    No date may be after the day *latest*.
    """
    declared: dict[str, Declared] = {}
    pinned: dict[str, Declared] = {}
    for path, content in files:
        document = _read_valid(path, content, "inventory", problems, max_bytes)
        del content  # a large file's bytes are not held beside what it declares
        if document is None:
            continue
        faults: list[EntryFault] = []
        entries = _declare(document, rule, faults, latest)
        faults += _declared_before(entries, declared)
        faults += _pinned_before(entries.values(), pinned)
        if faults:
            top = find_places(document.text)
            for keys, message in faults:
                place = (top.find(keys) or top).key
                problems.append(Problem(path, place.line, place.column, message))
        # Most of a large store may stand in one file: its SKUs are not held twice.
        declared = _joined(declared, entries)
    return declared


def _joined(declared: dict[str, Declared], entries: dict[str, Declared]) -> dict[str, Declared]:
    if not declared:
        return entries
    declared |= entries
    return declared


def _explanations() -> Any:
    """Return the module that explains; only bad files pay for loading it and its library."""
    return import_module("reconciler.desired.reader.schema_errors")


@cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema(kind))


def _read_valid(
    path: str, content: bytes, kind: str, problems: list[Problem], max_bytes: int = MAX_BYTES
) -> Document | None:
    """Return the document if it fits its schema, else add to *problems* everything about it."""
    document = read_document(path, content, max_bytes)
    found = document.problems
    if document.complete and (document.misspelled or not _validator(kind).is_valid(document.data)):
        found = found + _explanations().explain(document, load_schema(kind), kind)
    problems.extend(found)
    return None if found else document


def _build_settings(name: str, data: Mapping[str, Any]) -> StoreSettings:
    limits = {Limit(key): _build_bound(value) for key, value in data.get("limits", {}).items()}
    return StoreSettings(
        name=name,
        site_id=data["site_id"],
        backend=Backend(data.get("backend", "webflow")),
        token_env=data.get("token_env", "WEBFLOW_TOKEN"),
        sku_collection_id=data.get("sku_collection_id"),
        rule=Rule(data.get("rule", "exact")),
        has_rule="rule" in data,
        limits={**DEFAULT_LIMITS, **limits},
        frozen=tuple(data.get("frozen", ())),
    )


def _build_bound(value: int | str) -> Bound:
    if isinstance(value, int):
        return Bound(value, is_share=False)
    return Bound(int(value.removesuffix("%")), is_share=True)


class EntryFault(NamedTuple):
    """A problem of one entry that no schema sees: the keys that lead to it, and what it is."""

    keys: tuple[str, ...]
    message: str


def _declared_before(
    entries: Mapping[str, Declared], declared: Mapping[str, Declared]
) -> Iterator[EntryFault]:
    """Yield the SKUs of a file that another one declares too."""
    for sku in entries.keys() & declared.keys():
        message = f"{shown(sku)} is declared here and at {declared[sku].source}; keep one"
        yield EntryFault(("skus", sku), message)


def _pinned_before(
    entries: Iterable[Declared], pinned: dict[str, Declared]
) -> Iterator[EntryFault]:
    """Yield the SKUs of a file that pin an id in *pinned*, and add the others to it."""
    for entry in entries:
        if (pin := entry.terms.pin) and (first := pinned.setdefault(pin.id, entry)) is not entry:
            message = f"this is the id of {shown(first.sku)} at {first.source} too; keep one"
            yield EntryFault(("skus", entry.sku, "id"), message)


def _declare(
    document: Document, rule: Rule, faults: list[EntryFault], latest: str
) -> dict[str, Declared]:
    """Return the SKUs of one file, none of which was counted after the day *latest*."""
    data, path = document.data, document.path
    rule = Rule(data.get("rule", rule))
    as_of = data.get("as_of")
    if as_of is not None and (message := _day_fault(as_of, latest)):
        faults.append(EntryFault(("as_of",), message))
    of_file = Terms(rule, as_of, None, path, inherits_date=as_of is not None)
    common: dict[Terms, Terms] = {of_file: of_file}
    # A named tuple made by `tuple.__new__` costs half of one made by its own constructor.
    make, make_terms = partial(tuple.__new__, Declared), partial(tuple.__new__, Terms)
    declared: dict[str, Declared] = {}
    for (sku, value), line in zip(data["skus"].items(), document.lines["skus"], strict=True):
        if type(value) is not dict:
            declared[sku] = make((sku, _stock(value), of_file, line))
            continue
        day, own = value.get("as_of"), value.get("rule")
        if day is not None and (message := _day_fault(day, latest)):
            faults.append(EntryFault(("skus", sku, "as_of"), message))
        terms = make_terms(
            (
                rule if own is None else _RULES[own],
                as_of if day is None else day,
                Pin(value["id"], value.get("sku", sku)) if "id" in value else None,
                path,
                day is None and as_of is not None,
            )
        )
        terms = common.setdefault(terms, terms)
        declared[sku] = make((sku, _stock(value["quantity"]), terms, line))
    return declared


_RULES = {rule.value: rule for rule in Rule}


@lru_cache(maxsize=4096)
def _stock(value: int | str) -> Stock:
    """Return the stock that is declared as *value*; the same few come again and again."""
    return INFINITE if value == "infinite" else finite(value)  # type: ignore[arg-type]  # the schema has seen it


@lru_cache(maxsize=256)
def _day_fault(text: str, latest: str) -> str | None:
    """Return why stock cannot have been counted on the day *text*; the schema knows its shape."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"{shown(text)} is no day of the calendar; write one like 2026-11-20"
    if text > latest:
        return f"{shown(text)} is still to come; write the day of the count"
    return None
