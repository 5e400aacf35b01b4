"""What a sandbox does wrong, on purpose: faults as data, and which one a request meets. Pure.

A fault strikes requests of a method, a path and a SKU, after some that it lets pass, a number of
times or by chance. It says what becomes of the request (does it take effect, does a customer buy
in between) and what the answer looks like.
"""

import http
import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from reconciler.errors import SandboxError


class Kind(StrEnum):
    """What the answer looks like."""

    NONE = "none"  # as ever: the fault is only in what happens beside it
    RESET = "reset"  # the connection breaks off without an answer
    TRUNCATE = "truncate"  # half of the answer, then the connection breaks off
    HANG = "hang"  # no answer at all
    DRIP = "drip"  # one byte of the answer each `seconds`, from its first line on
    GARBAGE = "garbage"  # something that is not HTTP
    BOMB = "bomb"  # a gzip of `size` bytes of nothing
    STATUS = "status"  # `status`, `headers` and `body`, whatever was asked
    BODY = "body"  # 200 with `body` instead of the right one
    STALE = "stale"  # the stock of the SKU as it was `seconds` ago
    SHIFT = "shift"  # a product is put in at the front before this page is answered
    TOTAL = "total"  # the page says that there are `size` products


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Its `sku` is a code or an id, its `path` any part of the path."""

    kind: Kind
    method: str | None = None
    path: str = ""
    sku: str | None = None
    skip: int = 0
    count: int | None = None
    chance: float = 1.0
    applied: bool = False
    sold_before: int = 0
    sold_after: int = 0
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 1.0
    size: int = 0
    latency: float = 0.0


class Faults:
    """Which fault the next request meets; several threads may ask."""

    def __init__(self, faults: Sequence[Fault], seed: int = 0) -> None:
        self._faults = faults
        self._seen = [0] * len(faults)
        self._struck = [0] * len(faults)
        self._chance = random.Random(seed)  # noqa: S311  no secret
        self._lock = threading.Lock()

    def strike(self, method: str, path: str, skus: tuple[str, ...]) -> Fault | None:
        """Return the first fault that strikes a request for a SKU known by the names *skus*."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if not _is_meant(fault, method, path, skus):
                    continue
                self._seen[index] += 1
                over = fault.count is not None and self._struck[index] >= fault.count
                early = self._seen[index] <= fault.skip
                if over or early or self._chance.random() >= fault.chance:
                    continue
                self._struck[index] += 1
                return fault
        return None


# These change an answer of one sort, and strike no other.
_ONLY_AT = {
    Kind.STALE: "/inventory",
    Kind.SHIFT: "/products",
    Kind.TOTAL: "/products",
}


def _is_meant(fault: Fault, method: str, path: str, skus: tuple[str, ...]) -> bool:
    return (
        _ONLY_AT.get(fault.kind, "") in path
        and fault.method in {None, method}
        and fault.path in path
        and (fault.sku is None or fault.sku in skus)
    )


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Return the faults in a JSON file, a list of objects; raise SandboxError for nonsense."""
    try:
        entries = json.loads(path.read_text("utf-8"))
        if not isinstance(entries, list):
            raise TypeError("it is none")
        return tuple(_fault(entry) for entry in entries)
    except OSError as error:
        raise SandboxError(f"{path}: cannot be read: {error.strerror}; name another") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise SandboxError(f"{path}: is not a list of faults: {error}; correct it") from None


def _fault(entry: Mapping[str, Any]) -> Fault:
    """Return the fault in *entry*; raise ValueError for a key or a value that cannot be."""
    known = {known.name: known for known in fields(Fault)}
    for name, value in entry.items():
        if name not in known:
            raise ValueError(f"{name!r} is not known; known are {', '.join(sorted(known))}")
        if name == "kind" and value not in list(Kind):
            raise ValueError(f"{value!r} is no kind; there are {', '.join(Kind)}")
        if name != "kind" and not _IS_VALID[name](value):
            raise ValueError(f"{name} cannot be {value!r}")
    return Fault(**{**entry, "kind": Kind(entry.get("kind", "none"))})


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str) and text.isascii() and text.isprintable()
        for pair in value.items()
        for text in pair
    )


_IS_VALID: Mapping[str, Callable[[Any], bool]] = {
    "method": lambda value: value in {"GET", "PATCH"},
    "path": _is_text,
    "sku": _is_text,
    "skip": _is_count,
    "count": _is_count,
    "chance": lambda value: type(value) in {int, float} and 0 <= value <= 1,
    "applied": lambda value: type(value) is bool,
    "sold_before": _is_count,
    "sold_after": _is_count,
    "status": lambda value: type(value) is int and value in set(http.HTTPStatus),
    "headers": _are_headers,
    "body": _is_text,
    "seconds": lambda value: type(value) in {int, float} and value >= 0,
    "size": lambda value: type(value) is int,
    "latency": lambda value: type(value) in {int, float} and value >= 0,
}
