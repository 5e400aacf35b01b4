"""What a sandbox does wrong, on purpose: faults as data, and which one a request meets.

A fault strikes requests of a method, a path and a SKU, after some that it lets pass, a number of
times or by chance. It says what becomes of the request (does it take effect, does a customer buy
in between) and what the answer looks like.
"""

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

import jsonschema_rs

from reconciler.contract import load_schema
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
    TOTAL = "total"  # the page says that there are `size` products or orders
    ORDER = "order"  # customers buy `sku` before or after this page of orders is made


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Its `sku` is a code or an id, its `path` any part of the path.

    Of the kind `order`, `sku` is what customers buy: a page of orders is of no one SKU.
    """

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
    Kind.STALE: ("/inventory",),
    Kind.SHIFT: ("/products",),
    Kind.TOTAL: ("/products", "/orders"),
    Kind.ORDER: ("/orders",),
}


def _is_meant(fault: Fault, method: str, path: str, skus: tuple[str, ...]) -> bool:
    return (
        any(part in path for part in _ONLY_AT.get(fault.kind, ("",)))
        and fault.method in {None, method}
        and fault.path in path
        and (fault.sku is None or fault.sku in skus or fault.kind is Kind.ORDER)
    )


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Return the faults in a JSON file, a list of objects.

    Raises:
        SandboxError: It cannot be read, or does not fit `schemas/faults.schema.json`.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
        _validator().validate(entries)
    except OSError as error:
        raise SandboxError(f"Can't read {path}: {error.strerror}. Name another file.") from None
    except jsonschema_rs.ValidationError as error:
        place = "/".join(map(str, error.instance_path))
        said = f"{place}: {error.message}" if place else error.message
        raise SandboxError(f"{path} is not a list of faults: {said}.") from None
    except (ValueError, RecursionError):
        raise SandboxError(f"{path} is not a list of faults: not JSON.") from None
    return tuple(Fault(**{**entry, "kind": Kind(entry.get("kind", "none"))}) for entry in entries)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("faults"))
