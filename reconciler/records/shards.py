"""A file of a record that has a line for each SKU → several, so that a small apply changes few.

A shop of some hundred SKUs has one file, `applied.yaml`. A larger one has 256, `applied/00.yaml` to
`applied/ff.yaml`; the hash of its key says in which of them a SKU is.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final, TypeVar

Row = TypeVar("Row")

MAX_ALONE: Final = 500


def split_rows(name: str, rows: Mapping[str, Row]) -> dict[str, dict[str, Row]]:
    """Return the *rows*, by key, of each part of the file *name*."""
    if len(rows) <= MAX_ALONE:
        return {name: dict(rows)} if rows else {}
    path = PurePosixPath(name)
    parts: dict[str, dict[str, Row]] = defaultdict(dict)
    for key, row in rows.items():
        shard = hashlib.sha256(key.encode()).hexdigest()[:2]
        parts[f"{path.stem}/{shard}{path.suffix}"][key] = row
    return dict(parts)


def paths_of(name: str) -> tuple[str, str]:
    """Return the file called *name*, and the folder that may stand for it."""
    return name, PurePosixPath(name).stem


def whole_name(path: str) -> str:
    """Return the name of the whole file that *path* is, or is a part of."""
    folder, _, name = path.rpartition("/")
    return f"{folder}{PurePosixPath(name).suffix}" if folder else name


def find_parts(name: str, paths: Iterable[str]) -> list[str]:
    """Return those of *paths* that stand for the file called *name*, sorted."""
    folder = f"{PurePosixPath(name).stem}/"
    return sorted(path for path in paths if path == name or path.startswith(folder))
