"""The public schemas, as they lie in the package or, in a checkout, beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema *name* (`store`, `inventory`, `seen`, `plan`, …)."""
    schema: dict[str, Any] = json.loads(schema_file(f"{name}.schema.json").read_text("utf-8"))
    return schema


def schema_file(file: str) -> Path:
    """Return where the schema called *file* lies."""
    package = Path(__file__).parent
    packaged = package / "schemas" / file
    return packaged if packaged.is_file() else package.parent / "schemas" / file
