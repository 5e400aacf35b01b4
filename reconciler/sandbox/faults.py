"""Faults that the sandbox injects, as data, and how requests match them.

A fault matches requests by method, path, and SKU. It can skip some, and apply a number of times or
by chance. It defines whether the request takes effect, whether customers buy, and the answer.
"""

import json
import random
import threading
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

import jsonschema_rs
from msgspec import Struct, field

from reconciler.contract import load_schema
from reconciler.errors import SandboxError


class Kind(StrEnum):
    """The kind of answer."""

    NONE = "none"  # the correct answer; only sales or latency differ
    RESET = "reset"  # a reset of the connection without an answer
    TRUNCATE = "truncate"  # a part of the answer, then a reset
    HANG = "hang"  # no answer at all
    DRIP = "drip"  # one byte of the answer every `seconds`
    GARBAGE = "garbage"  # bytes that are not HTTP
    BOMB = "bomb"  # gzip of `size` zero bytes
    STATUS = "status"  # `status`, `headers`, and `body`
    BODY = "body"  # 200 with `body`
    STALE = "stale"  # the stock of the SKU `seconds` ago
    SHIFT = "shift"  # a product is added or deleted before this page
    TOTAL = "total"  # a page with the total `size`
    ORDER = "order"  # customers buy `sku` before or after this page of orders


class Fault(Struct, frozen=True):
    """One fault. `sku` is a code or an id, and `path` is a part of the path.

    For the kind `order`, `sku` is the SKU that customers buy, because a page of orders has no SKU.
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
    """A list of faults that finds the one for a request. It is thread-safe."""

    def __init__(self, faults: Sequence[Fault], seed: int = 0) -> None:
        self._faults = faults
        self._seen = [0] * len(faults)
        self._struck = [0] * len(faults)
        self._chance = random.Random(seed)  # noqa: S311  no secret
        self._lock = threading.Lock()

    def strike(self, method: str, path: str, skus: tuple[str, ...]) -> Fault | None:
        """Return the first fault that applies to a request, or None. *skus* are id and code."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if not _matches(fault, method, path, skus):
                    continue
                self._seen[index] += 1
                over = fault.count is not None and self._struck[index] >= fault.count
                early = self._seen[index] <= fault.skip
                if over or early or self._chance.random() >= fault.chance:
                    continue
                self._struck[index] += 1
                return fault
        return None


# These faults change only answers of certain paths.
_ONLY_AT = {
    Kind.STALE: ("/inventory",),
    Kind.SHIFT: ("/products",),
    Kind.TOTAL: ("/products", "/orders"),
    Kind.ORDER: ("/orders",),
}


def _matches(fault: Fault, method: str, path: str, skus: tuple[str, ...]) -> bool:
    return (
        any(part in path for part in _ONLY_AT.get(fault.kind, ("",)))
        and fault.method in {None, method}
        and fault.path in path
        and (fault.sku is None or fault.sku in skus or fault.kind is Kind.ORDER)
    )


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Return the faults in a JSON file, a list of objects.

    Raises:
        SandboxError: The file can't be read, or does not fit `schemas/faults.schema.json`.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
        _validator().validate(entries)
    except OSError as error:
        raise SandboxError(f"Can't read {path}: {error.strerror}. Name another file.") from None
    except jsonschema_rs.ValidationError as error:
        place = "/".join(map(str, error.instance_path))
        problem = f"{place}: {error.message}" if place else error.message
        raise SandboxError(f"{path} is not a list of faults: {problem}. Correct it.") from None
    except (ValueError, RecursionError):
        raise SandboxError(f"{path} is not a list of faults: not JSON. Correct it.") from None
    return tuple(Fault(**{**entry, "kind": Kind(entry.get("kind", "none"))}) for entry in entries)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema("faults"))
