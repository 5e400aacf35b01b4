"""Write and read observations: the stocks of the shop when numbers were copied into YAML."""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from reconciler.desired.editor.serialize import quote, spell
from reconciler.desired.files import SEEN_FOLDER
from reconciler.desired.reader.document import Document
from reconciler.errors import Problem
from reconciler.model import INFINITE, Observation, Seen, finite, format_time

HEAD = "# Written by reconciler: what the shop had. Commit this file, and don't edit it.\n"


def is_observation(path: str, folder: str) -> bool:
    """Return whether the file at *path*, in a store's *folder*, is an observation."""
    return path.startswith(f"{folder}/{SEEN_FOLDER}/")


def write_observation(seen: Mapping[str, Seen], at: datetime) -> tuple[str, str]:
    """Return the name, below the store's folder, and the text of a new observation.

    Each run writes its own file, so branches never conflict.
    """
    lines = "".join(
        f"  {quote(key)}: {{quantity: {spell(one.stock)}, id: {quote(one.sku_id)}}}\n"
        for key, one in sorted(seen.items())
    )
    name = f"{SEEN_FOLDER}/{at:%Y-%m-%dT%H%M%SZ}-{os.urandom(3).hex()}.yaml"
    return name, f"{HEAD}seen_at: {format_time(at)}\nskus:\n{lines}"


def build_observation(document: Document, content: bytes, problems: list[Problem]) -> Observation:
    """Return the observation in *document*, which is valid. *content* are the bytes of the file."""
    data = document.data
    if fault := _time_fault(data["seen_at"]):
        problems.append(Problem(document.path, 0, 0, fault))
    skus = {
        key: Seen(INFINITE if one["quantity"] == "infinite" else finite(one["quantity"]), one["id"])
        for key, one in data["skus"].items()
    }
    return Observation(blob_id(content), document.path, data["seen_at"], skus)


def blob_id(content: bytes) -> str:
    """Return the id of a file in git, independent of its line ends in this checkout."""
    content = content.replace(b"\r\n", b"\n")
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()  # noqa: S324  git's


def _time_fault(text: str) -> str | None:
    """Return the problem of a time of observation, or None."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return f"`seen_at` is {text}, which is no time. Delete the file, and pull again."
    if at > datetime.now(UTC) + timedelta(days=1):
        return f"`seen_at` is {text}, which is still to come. Delete the file, and pull again."
    return None
