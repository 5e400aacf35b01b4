"""Documents that fit their schemas → the desired state of one store. Pure."""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any, Final

import jsonschema_rs

from reconciler.contract import load_schema
from reconciler.desired.explain import explain
from reconciler.desired.files import SETTINGS_FILE
from reconciler.desired.read import Document, read_document
from reconciler.errors import InputError, Problem
from reconciler.model import (
    DEFAULT_LIMITS,
    INFINITE,
    Backend,
    Bound,
    Declared,
    DesiredState,
    Limit,
    Rule,
    Stock,
    StoreSettings,
    finite,
)

MAX_SKUS: Final = 1_000_000


def build_desired(name: str, folder: str, files: Sequence[tuple[str, bytes]]) -> DesiredState:
    """Return the desired state of the store *name* from the paths and bytes of its *files*.

    *folder* is the store's folder, as the paths begin with it. Raises InputError with every
    problem of every file.
    """
    with _collecting_later():
        return _build(name, folder, files)


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


def _build(name: str, folder: str, files: Sequence[tuple[str, bytes]]) -> DesiredState:
    """Return the desired state; each file is forgotten once its SKUs are declared."""
    problems: list[Problem] = []
    settings_path = f"{folder}/{SETTINGS_FILE}"
    settings = _read_settings(name, folder, dict(files).get(settings_path), problems)
    rule = settings.rule if settings else Rule.EXACT
    declared: dict[str, Declared] = {}
    for path, content in files:
        if path == settings_path:
            continue
        if document := _read_valid(path, content, "inventory", problems):
            _merge(declared, _declare(document, rule, problems), problems)
    if not declared and not problems:
        message = "there is no YAML file with stock here; add one with a `skus:` section"
        problems.append(Problem(folder, 0, 0, message))
    _check_pins(declared.values(), problems)
    if len(declared) > MAX_SKUS:
        problems.append(Problem(folder, 0, 0, f"more than {MAX_SKUS} SKUs; split the store"))
    if problems or settings is None:
        raise InputError(problems)
    return DesiredState(settings, declared)


def _read_settings(
    name: str, folder: str, content: bytes | None, problems: list[Problem]
) -> StoreSettings | None:
    if content is None:
        message = f"there is no {SETTINGS_FILE} here; write one with a `site_id`"
        problems.append(Problem(folder, 0, 0, message))
        return None
    document = _read_valid(f"{folder}/{SETTINGS_FILE}", content, "store", problems)
    return _build_settings(name, document.data) if document else None


def compute_digest(desired: DesiredState) -> str:
    """Return a hash of what is declared: how files are laid out or commented does not change it."""
    hashed = hashlib.sha256()
    settings = desired.settings
    limits = sorted((limit.value, str(bound)) for limit, bound in settings.limits.items())
    hashed.update(
        repr((settings.site_id, settings.backend.value, limits, settings.frozen)).encode()
    )
    for sku in sorted(desired.declared):
        entry = desired.declared[sku]
        fields = (sku, str(entry.stock), entry.rule.value, entry.as_of, entry.id, entry.code)
        hashed.update(repr(fields).encode())
    return f"sha256:{hashed.hexdigest()}"


@cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema(kind))


def _read_valid(path: str, content: bytes, kind: str, problems: list[Problem]) -> Document | None:
    """Return the document if it fits its schema, else add to *problems* everything about it."""
    document = read_document(path, content)
    found = document.problems
    if document.complete and (document.misspelled or not _validator(kind).is_valid(document.data)):
        found = found + explain(document, load_schema(kind), kind)
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
        limits={**DEFAULT_LIMITS, **limits},
        frozen=tuple(data.get("frozen", ())),
    )


def _build_bound(value: int | str) -> Bound:
    if isinstance(value, int):
        return Bound(value, is_share=False)
    return Bound(int(value.removesuffix("%")), is_share=True)


def _merge(
    declared: dict[str, Declared], entries: dict[str, Declared], problems: list[Problem]
) -> None:
    """Add the *entries* of a file to *declared*; a SKU that stands there already is a problem."""
    for sku in entries.keys() & declared.keys():
        message = f"{sku} is declared here and at {declared[sku].source}; keep one of the two"
        problems.append(Problem(entries[sku].path, entries[sku].line, 1, message))
    declared |= entries


def _check_pins(declared: Iterable[Declared], problems: list[Problem]) -> None:
    """Refuse an id that two declarations pin."""
    pinned: dict[str, Declared] = {}
    for entry in declared:
        if entry.id is not None and (first := pinned.setdefault(entry.id, entry)) is not entry:
            message = f"{entry.sku} pins the same id as {first.sku} at {first.source}; keep one"
            problems.append(Problem(entry.path, entry.line, 1, message))


def _declare(document: Document, rule: Rule, problems: list[Problem]) -> dict[str, Declared]:
    """Return the SKUs of one file."""
    data, path = document.data, document.path
    rule = Rule(data.get("rule", rule))
    as_of = data.get("as_of")
    _check_day(as_of, path, 1, problems)
    # A named tuple made by `tuple.__new__` costs half of one made by its own constructor.
    make = partial(tuple.__new__, Declared)
    declared: dict[str, Declared] = {}
    for (sku, value), line in zip(data["skus"].items(), document.lines["skus"], strict=True):
        if type(value) is not dict:
            declared[sku] = make((sku, _stock(value), rule, as_of, None, sku, path, line))
            continue
        day = value.get("as_of")
        if day is not None:
            _check_day(day, path, line, problems)
        own = value.get("rule")
        declared[sku] = make(
            (
                sku,
                _stock(value["quantity"]),
                rule if own is None else _RULES[own],
                as_of if day is None else day,
                value.get("id"),
                value.get("sku", sku),
                path,
                line,
            )
        )
    return declared


_RULES = {rule.value: rule for rule in Rule}


@lru_cache(maxsize=4096)
def _stock(value: int | str) -> Stock:
    """Return the stock that is declared as *value*; the same few come again and again."""
    return INFINITE if value == "infinite" else finite(value)  # type: ignore[arg-type]  # the schema has seen it


@lru_cache(maxsize=256)
def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_day(as_of: str | None, path: str, line: int, problems: list[Problem]) -> None:
    """Refuse a day that no calendar has; the schema only knows its shape."""
    if as_of is not None and not _is_day(as_of):
        message = f"{as_of} is no day of the calendar; write one like 2026-11-20"
        problems.append(Problem(path, line, 1, message))
