"""Where an editor finds the schemas of a store's files, to complete keys and mark faults."""

from pathlib import Path
from typing import Final, NamedTuple

from reconciler.contract import schema_file

INVENTORY_SCHEMA: Final = "inventory.schema.json"
STORE_SCHEMA: Final = "store.schema.json"
EVENT_SCHEMA: Final = "event.schema.json"


class EditorSchemas(NamedTuple):
    """The schemas' folder as seen from a store's folder, and the files that are not there yet."""

    folder: str
    missing: dict[str, bytes]


def find_schemas(inventory: Path) -> EditorSchemas:
    """Return where the schemas are: beside the inventory, or else in a hidden folder of it."""
    if (inventory.parent / "schemas" / INVENTORY_SCHEMA).is_file():
        return EditorSchemas("../../schemas", {})
    folder = inventory / ".schemas"
    missing = {
        (folder / name).as_posix(): schema_file(name).read_bytes()
        for name in (INVENTORY_SCHEMA, STORE_SCHEMA, EVENT_SCHEMA)
        if not (folder / name).exists()
    }
    return EditorSchemas("../.schemas", missing)
