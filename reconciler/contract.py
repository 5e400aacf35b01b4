"""The public schemas, as they lie in the package or, in a checkout, beside it."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema *name* (`store`, `inventory`, `plan`)."""
    package = Path(__file__).parent
    file = f"{name}.schema.json"
    packaged = package / "schemas" / file
    source = packaged if packaged.is_file() else package.parent / "schemas" / file
    schema: dict[str, Any] = json.loads(source.read_text("utf-8"))
    return schema
