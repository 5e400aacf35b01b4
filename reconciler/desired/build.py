"""Documents that fit their schemas → the desired state of one store. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import jsonschema_rs

from reconciler.contract import load_schema
from reconciler.desired.explain import explain
from reconciler.desired.files import SETTINGS_FILE
from reconciler.desired.read import MAX_KEYS, Document, read_document
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
    Source,
    Stock,
    StoreSettings,
    finite,
)


def build_desired(name: str, folder: str, files: Sequence[tuple[str, bytes]]) -> DesiredState:
    """Return the desired state of the store *name* from the paths and bytes of its *files*.

    *folder* is the store's folder, as the paths begin with it. Raises InputError with every
    problem of every file.
    """
    problems: list[Problem] = []
    settings: StoreSettings | None = None
    inventories = []
    for path, content in files:
        if path == f"{folder}/{SETTINGS_FILE}":
            document = _read_valid(path, content, "store", problems)
            settings = _build_settings(name, document.data) if document else None
        elif document := _read_valid(path, content, "inventory", problems):
            inventories.append(document)
            document.text = ""
    if settings is None and not any(path == f"{folder}/{SETTINGS_FILE}" for path, _ in files):
        problems.append(
            Problem(folder, 0, 0, f"there is no {SETTINGS_FILE} here; write one with a `site_id`")
        )
    if not inventories and not problems:
        message = "there is no YAML file with stock here; add one with a `skus:` section"
        problems.append(Problem(folder, 0, 0, message))
    declared = _declare_all(inventories, settings.rule if settings else Rule.EXACT, problems)
    if problems or settings is None:
        raise InputError(problems)
    return DesiredState(settings, declared)


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


def _declare_all(
    documents: Iterable[Document], rule: Rule, problems: list[Problem]
) -> dict[str, Declared]:
    """Return every declared SKU; a SKU or a pinned id that stands in two places is a problem."""
    declared: dict[str, Declared] = {}
    pinned: dict[str, Declared] = {}
    for document in documents:
        for sku, entry in _declare(document, rule, problems).items():
            first = declared.setdefault(sku, entry)
            if first is not entry:
                message = f"{sku} is declared here and at {first.source}; keep one of the two"
                problems.append(Problem(entry.source.path, entry.source.line, 1, message))
            elif entry.id is not None and pinned.setdefault(entry.id, entry) is not entry:
                message = (
                    f"{sku} pins the same id as {pinned[entry.id].sku} at {pinned[entry.id].source}"
                )
                problems.append(
                    Problem(entry.source.path, entry.source.line, 1, f"{message}; keep one")
                )
    if len(declared) > MAX_KEYS:
        first_path = next(iter(declared.values())).source.path
        problems.append(Problem(first_path, 0, 0, f"the store declares more than {MAX_KEYS} SKUs"))
    return declared


def _declare(document: Document, rule: Rule, problems: list[Problem]) -> dict[str, Declared]:
    """Return the SKUs of one file."""
    data, path = document.data, document.path
    lines = document.lines["skus"]
    rule = Rule(data.get("rule", rule))
    as_of = data.get("as_of")
    _check_day(as_of, Source(path, 1), problems)
    declared = {}
    stock_of: dict[int | str, Stock] = {"infinite": INFINITE}
    for sku, value in data["skus"].items():
        source = Source(path, lines[sku])
        if isinstance(value, dict):
            declared[sku] = _declare_long(sku, value, rule, as_of, source)
            _check_day(value.get("as_of"), source, problems)
            continue
        stock = stock_of.get(value)
        if stock is None:
            stock = stock_of[value] = finite(value)
        declared[sku] = Declared(sku, stock, rule, as_of, None, sku, source)
    return declared


def _declare_long(
    sku: str, entry: Mapping[str, Any], rule: Rule, as_of: str | None, source: Source
) -> Declared:
    quantity = entry["quantity"]
    return Declared(
        sku,
        INFINITE if quantity == "infinite" else finite(quantity),
        Rule(entry["rule"]) if "rule" in entry else rule,
        entry.get("as_of", as_of),
        entry.get("id"),
        entry.get("sku", sku),
        source,
    )


def _check_day(as_of: str | None, source: Source, problems: list[Problem]) -> None:
    """Refuse a day that no calendar has; the schema only knows its shape."""
    if as_of is None:
        return
    try:
        date.fromisoformat(as_of)
    except ValueError:
        message = f"{as_of} is no day of the calendar; write one like 2026-11-20"
        problems.append(Problem(source.path, source.line, 1, message))
