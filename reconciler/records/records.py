"""The records of applies: a chain of commits at `refs/reconciler/<site id>`.

An apply adds an intent before its first write, and a receipt after its last. In between, it adds
the intent again with a new `batch.json` for each minute of writing. The parents of a record are the
previous record and the applied commit. Its files:

- `record.json`: which apply it is of
- `applied.yaml`: the settled levels
- `released.yaml`: the levels of SKUs that no file declares any more
- `shop.json`: what the shop had when each level was settled
- `ledger.json`: the settled events
- `batch.json`: the next writes, and the results of earlier ones
- `doubt.json`: the writes in doubt
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from reconciler.errors import HistoryError
from reconciler.git.objects import make_commit, make_root, replace_file
from reconciler.git.repository import Repository
from reconciler.model.codec import as_data, dump_json, load_noun, parse_json
from reconciler.records.batches import BATCH_FILE, DOUBT_FILE, Batch, dump_batch
from reconciler.records.ledgers import LEDGER_FILE
from reconciler.records.shards import whole_name
from reconciler.records.shop import SHOP_FILE

APPLIED_FILE: Final = "applied.yaml"
RELEASED_FILE: Final = "released.yaml"
RECORD_FILE: Final = "record.json"
# Empty files are left out.
OTHER_FILES: Final = (
    APPLIED_FILE,
    RELEASED_FILE,
    SHOP_FILE,
    LEDGER_FILE,
    BATCH_FILE,
    DOUBT_FILE,
)
# Format 1 named each result by the id of its SKU.
FORMAT: Final = 2
FORMATS: Final = frozenset({1, 2})
MAX_BYTES: Final = 64 * 1024 * 1024


_Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40,64}\Z")]


class RecordKind(StrEnum):
    """Whether a record announces the writes of an apply, or reports their results."""

    INTENT = "intent"
    RECEIPT = "receipt"


class Record(Struct, frozen=True):
    """The content of `record.json`.

    `run` is the unique id of the apply, `previous` the record before, `source` the applied commit,
    and `by` who ran it. `planned_at` is the creation time of the plan, `planned` its number of
    actions. `consumed` are the blob ids of all consumed observations, `files` the names of the
    other files in the record.
    """

    kind: RecordKind
    run: str
    store: str
    site_id: str
    source: _Hex
    previous: _Hex | None
    fingerprint: str
    planned_at: str
    tool_version: str
    planned: int = 0
    by: str = ""
    consumed: tuple[_Hex, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def is_intent(self) -> bool:
        """Whether the apply had not ended at this record."""
        return self.kind is RecordKind.INTENT


def ref_of(site_id: str) -> str:
    """Return the ref of the records of a site."""
    return f"refs/reconciler/{site_id}"


def parse_record(commit: str, content: bytes) -> Record | None:
    """Return the record in the `record.json` of *commit*, None for another kind of file.

    Raises:
        HistoryError: The record is malformed, or its format is unknown.
    """
    try:
        data = parse_json(content) if len(content) <= MAX_BYTES else None
    except ValueError:
        data = None
    if isinstance(data, dict) and not {"format", "kind", "fingerprint"} <= data.keys():
        return None
    if isinstance(data, dict) and data["format"] not in FORMATS:
        raise HistoryError(
            f"This version of reconciler doesn't know the format of the record {commit[:7]}."
            " Use the version that wrote it, or a newer one."
        )
    try:
        return load_noun(data, Record)
    except ValueError as error:
        raise HistoryError(
            f"Can't read the record {commit[:7]}: {error}. Name another commit with --base."
        ) from None


def make_record(
    repository: Repository, record: Record, files: Mapping[str, str], message: str
) -> str:
    """Create the commit of *record* with its *files*, without moving a ref, and return its id."""
    record = replace(record, files=tuple(sorted({whole_name(path) for path in files})))
    text = dump_json({"format": FORMAT, **as_data(record)}) + "\n"
    contents = {name: content.encode() for name, content in files.items()}
    contents[RECORD_FILE] = text.encode()
    # Without an empty root, the log of the first record would show all files as deleted.
    previous = record.previous or make_root(repository, "Start the chain of records\n")
    return make_commit(repository, contents, [previous, record.source], message)


def make_batch(
    repository: Repository, commit: str, batch: Batch, message: str, announced: Sequence[str] = ()
) -> str:
    """Create a commit on top of *commit* that changes only `batch.json`, and return its id.

    *announced* are the SKU ids that the run announced before, in order.
    """
    content = dump_batch(batch, announced).encode()
    return replace_file(repository, commit, BATCH_FILE, content, message)
