"""Build the desired state of a store from its files."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from msgspec import Struct, field

from reconciler.desired.events import build_events, find_misplaced, is_event_file
from reconciler.desired.files import SETTINGS_FILE
from reconciler.desired.observations import build_observation, is_observation
from reconciler.desired.reader.document import Document
from reconciler.desired.reader.scalars import shown
from reconciler.desired.reader.walk import find_places
from reconciler.desired.valid import MOST_SHOWN, cut, read_valid
from reconciler.errors import InputError, Problem
from reconciler.model import (
    INFINITE,
    Backend,
    Bound,
    Declared,
    DesiredState,
    Event,
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


def build_desired(
    name: str,
    folder: str,
    files: Iterable[tuple[str, bytes]],
    problems: list[Problem],
    *,
    may_be_empty: bool = False,
    most: int | None = MOST_SHOWN,
) -> DesiredState:
    """Return the desired state of the store *name* from the paths and bytes of its *files*.

    *folder* is the store's folder, with which all paths begin. Its settings are the first file.
    Files are read one by one, and reading can add to *problems*. A store without SKUs is a problem
    unless it *may_be_empty*.

    Raises:
        InputError: A file is invalid. It has the first *most* problems of each file (None: all).
    """
    with _collecting_later():
        reading = _Reading(folder, problems, most=most)
        return _build(name, iter(files), reading, may_be_empty=may_be_empty)


class PastState(Struct, frozen=True):
    """An earlier state of a store's files: levels by key, events, and observations."""

    declared: Mapping[str, Declared]
    events: tuple[Event, ...]
    observations: tuple[Observation, ...] = ()


def build_past(name: str, folder: str, files: Iterable[tuple[str, bytes]]) -> PastState:
    """Return an earlier state of the store's *files*. A missing store has an empty state.

    Raises:
        InputError: A file is invalid.
    """
    problems: list[Problem] = []
    settings: StoreSettings | None = None
    path_of_settings = PurePosixPath(folder, SETTINGS_FILE).as_posix()
    others = []
    with _collecting_later():
        for path, content in files:
            if path != path_of_settings:
                others.append((path, content))
            elif document := read_valid(path, content, "store", problems):
                settings = _build_settings(name, document.data)
        reading = _Reading(folder, problems, is_past=True)
        levels = list(reading.levels_among(others))
        declared = _declare_all(levels, settings, reading)
    if problems:
        raise InputError(problems)
    return PastState(declared, tuple(reading.events), tuple(reading.observations))


class EntryFault(NamedTuple):
    """A problem of one entry that no schema finds, and the keys that lead to it."""

    keys: tuple[str, ...]
    message: str


class _Reading(Struct):
    """Reads the files of a store, and collects observations, events, and problems."""

    folder: str
    problems: list[Problem]
    is_past: bool = False
    most: int | None = MOST_SHOWN
    observations: list[Observation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def levels_among(self, files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield the files with levels, and collect the content of all others."""
        for path, content in files:
            if is_observation(path, self.folder):
                if document := self.read(path, content, "seen"):
                    self.observations.append(build_observation(document, content, self.problems))
            elif is_event_file(path, self.folder):
                if document := self.read(path, content, "event"):
                    self.events += build_events(
                        document, self.folder, self.problems, is_past=self.is_past
                    )
            else:
                yield path, content

    def read(self, path: str, content: bytes, kind: str) -> Document | None:
        """Return a valid document, or None after adding its problems."""
        if kind == "inventory" and not self.is_past:
            misplaced = find_misplaced(path, content, self.folder)
            if misplaced is not None:
                self.problems.append(misplaced)
                return None
        return read_valid(path, content, kind, self.problems, is_past=self.is_past, most=self.most)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Disable cyclic garbage collection while building acyclic objects."""
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
    name: str, files: Iterator[tuple[str, bytes]], reading: "_Reading", *, may_be_empty: bool
) -> DesiredState:
    folder, problems = reading.folder, reading.problems
    path, content = next(files, ("", b""))
    settings: StoreSettings | None = None
    if path == PurePosixPath(folder, SETTINGS_FILE).as_posix():
        document = read_valid(path, content, "store", problems)
        settings = _build_settings(name, document.data) if document else None
    else:
        message = f"There is no {SETTINGS_FILE} here. Write one with a `site_id`."
        problems.append(Problem(folder, 0, 0, message))
        files = chain([(path, content)] if path else [], files)
    declared = _declare_all(reading.levels_among(files), settings, reading)
    if not declared and not reading.events and not problems and not may_be_empty:
        message = "There is no YAML file with stock here. Add one with a `skus:` section."
        problems.append(Problem(folder, 0, 0, message))
    if len(declared) > MAX_SKUS:
        problems.append(Problem(folder, 0, 0, f"More than {MAX_SKUS} SKUs. Split the store."))
    if problems or settings is None:
        raise InputError(problems)
    seen, events = tuple(reading.observations), tuple(reading.events)
    return DesiredState(settings, declared, seen, events, folder)


def _declare_all(
    files: Iterable[tuple[str, bytes]], settings: StoreSettings | None, reading: _Reading
) -> dict[str, Declared]:
    """Return the levels of all files, and check what no schema can."""
    declared: dict[str, Declared] = {}
    pinned: dict[str, Declared] = {}
    rule, low = (settings.rule, settings.low) if settings else (Rule.EXACT, None)
    for path, content in files:
        document = reading.read(path, content, "inventory")
        del content  # free the bytes of a large file
        if document is None:
            continue
        faults: list[EntryFault] = []
        entries = _declare(document, rule, low)
        faults += _declared_before(entries, declared)
        faults += _pinned_before(entries.values(), pinned)
        if faults:
            reading.problems += _place_faults(document, entries, faults, reading.most)
        # One file can have most SKUs of a store, so they are not held twice.
        declared = _joined(declared, entries)
    return declared


def _place_faults(
    document: Document,
    entries: Mapping[str, Declared],
    faults: list[EntryFault],
    most: int | None,
) -> list[Problem]:
    """Return the problems of entries, each at its key. At most *most*, if given."""
    faults = sorted(faults, key=lambda fault: entries[fault.keys[1]].line)
    shown, text = faults[:most], document.text
    if len(shown) < len(faults):
        end = entries[faults[len(shown)].keys[1]].line - 1
        text = "".join(text.splitlines(keepends=True)[:end])
    top = find_places(text)
    places = [((top.find(keys) or top).key, message) for keys, message in shown]
    found = [Problem(document.path, place.line, place.column, said) for place, said in places]
    return cut(document.path, found, most, len(faults) - len(shown))


def _joined(declared: dict[str, Declared], entries: dict[str, Declared]) -> dict[str, Declared]:
    if not declared:
        return entries
    declared |= entries
    return declared


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
        low=data.get("low"),
    )


def _build_bound(value: int | str) -> Bound:
    if isinstance(value, int):
        return Bound(value, is_share=False)
    return Bound(int(value.removesuffix("%")), is_share=True)


def _declared_before(
    entries: Mapping[str, Declared], declared: Mapping[str, Declared]
) -> Iterator[EntryFault]:
    """Yield the SKUs of a file that another file declares, too."""
    for sku in entries.keys() & declared.keys():
        message = f"{shown(sku)} is declared here and at {declared[sku].source}. Keep one."
        yield EntryFault(("skus", sku), message)


def _pinned_before(
    entries: Iterable[Declared], pinned: dict[str, Declared]
) -> Iterator[EntryFault]:
    """Yield the SKUs of a file that pin an id in *pinned*, and add the others to it."""
    for entry in entries:
        if (pin := entry.terms.pin) and (first := pinned.setdefault(pin.id, entry)) is not entry:
            message = f"This is the id of {shown(first.sku)} at {first.source} too. Keep one."
            yield EntryFault(("skus", entry.sku, "id"), message)


def _declare(document: Document, rule: Rule, low: int | None) -> dict[str, Declared]:
    """Return the levels in one file of a store whose default rule is *rule*."""
    data, path = document.data, document.path
    rule, low = Rule(data.get("rule", rule)), data.get("low", low)
    of_file = Terms(rule, None, path, low)
    common: dict[Terms, Terms] = {of_file: of_file}
    # A named tuple made by `tuple.__new__` costs half of one made by its own constructor.
    make, make_terms = partial(tuple.__new__, Declared), partial(tuple.__new__, Terms)
    declared: dict[str, Declared] = {}
    for (sku, value), line in zip(data["skus"].items(), document.lines["skus"], strict=True):
        if type(value) is not dict:
            declared[sku] = make((sku, _stock(value), of_file, line))
            continue
        own = value.get("rule")
        terms = make_terms(
            (
                rule if own is None else _RULES[own],
                Pin(value["id"], value.get("sku", sku)) if "id" in value else None,
                path,
                value.get("low", low),
            )
        )
        terms = common.setdefault(terms, terms)
        declared[sku] = make((sku, _stock(value["quantity"]), terms, line))
    return declared


_RULES = {rule.value: rule for rule in Rule}


@lru_cache(maxsize=4096)
def _stock(value: int | str) -> Stock:
    """Return the stock declared as *value*. Equal stocks are one object."""
    return INFINITE if value == "infinite" else finite(value)  # type: ignore[arg-type]  # validated by the schema
