"""Split a file of a record by SKU, so that a small apply rewrites only a few parts.

Up to MAX_ALONE SKUs are in one file, `applied.yaml`. More are in up to 256 files, `applied/00.yaml`
to `applied/ff.yaml`, by the hash of the key.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final, TypeVar

Row = TypeVar("Row")

MAX_ALONE: Final = 500


def split_rows(name: str, rows: Mapping[str, Row]) -> dict[str, dict[str, Row]]:
    """Return the *rows*, by key, of each part of the file called *name*."""
    if len(rows) <= MAX_ALONE:
        return {name: dict(rows)} if rows else {}
    path = PurePosixPath(name)
    parts: dict[str, dict[str, Row]] = defaultdict(dict)
    for key, row in rows.items():
        shard = hashlib.sha256(key.encode()).hexdigest()[:2]
        parts[f"{path.stem}/{shard}{path.suffix}"][key] = row
    return dict(parts)


def paths_of(name: str) -> tuple[str, str]:
    """Return the path of the file called *name*, and of the folder of its parts."""
    return name, PurePosixPath(name).stem


def whole_name(path: str) -> str:
    """Return the name of the file that *path* is a part of."""
    folder, _, name = path.rpartition("/")
    return f"{folder}{PurePosixPath(name).suffix}" if folder else name


def find_parts(name: str, paths: Iterable[str]) -> list[str]:
    """Return those of *paths* that are parts of the file called *name*, sorted."""
    folder = f"{PurePosixPath(name).stem}/"
    return sorted(path for path in paths if path == name or path.startswith(folder))
