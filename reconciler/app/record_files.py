"""Turn the state after an apply into the files of its record."""

from typing import Final

from reconciler.desired.editor.serialize import write_inventory
from reconciler.model import Rule
from reconciler.plan.applied import AppliedState
from reconciler.records.batches import DOUBT_FILE, dump_doubt
from reconciler.records.ledgers import dump_ledgers
from reconciler.records.records import APPLIED_FILE, RELEASED_FILE
from reconciler.records.shards import split_rows
from reconciler.records.shop import dump_shop

SCHEMA: Final = "schemas/inventory.schema.json"


def dump_state(state: AppliedState, rule: Rule) -> dict[str, str]:
    """Return the files of a record. Levels have the format of inventory files."""
    files = {
        path: write_inventory(part.values(), rule, SCHEMA)
        for name, declared in ((APPLIED_FILE, state.declared), (RELEASED_FILE, state.released))
        for path, part in split_rows(name, declared).items()
    }
    files |= dump_shop(state.shop)
    files |= dump_ledgers(state.ledgers)
    if state.in_doubt:
        files[DOUBT_FILE] = dump_doubt(state.in_doubt)
    return files
