"""Records: what git keeps of each apply, in a chain of commits at `refs/reconciler/<site id>`.

An intent goes in before the first write, a receipt after the last; between them, the intent again
with another `batch.json` for each minute of writing. The tree of a record holds `record.json`;
`applied.yaml`, the settled levels; `released.yaml`, the levels of SKUs that no file declares any
more; `shop.json`, what the shop had of each SKU then; `ledger.json`, the events that were dealt
with; `batch.json`, what is written next and what came of it; and `doubt.json`, writes in
doubt. The parents of a record are the record before and the commit that
was applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

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
# Defaults are left out.
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
    """Whether a record says what an apply is about to do, or what it did."""

    INTENT = "intent"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Record:
    """The content of `record.json`.

    `run` is different for each apply, `previous` the record before, `source` the commit applied,
    `by` who ran it. `planned_at` is the plan's time of creation, `planned` how many actions it has.
    `consumed` are the ids of all observations that were dealt with so far, `files` the names of the
    other files that the record has.
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
        """Whether the apply has not ended, as far as this record knows."""
        return self.kind is RecordKind.INTENT


def ref_of(site_id: str) -> str:
    """Return the ref that keeps the records of a site."""
    return f"refs/reconciler/{site_id}"


def parse_record(commit: str, content: bytes) -> Record | None:
    """Return the record in the `record.json` of *commit*, None for another file of that name.

    Raises:
        HistoryError: It is a record that cannot be read, or one of an unknown format.
    """
    try:
        data = parse_json(content) if len(content) <= MAX_BYTES else None
    except ValueError:
        data = None
    if isinstance(data, dict) and not {"format", "kind", "fingerprint"} <= data.keys():
        return None
    if isinstance(data, dict) and data["format"] not in FORMATS:
        raise HistoryError(
            f"The record {commit[:7]} has an unknown format. Use the version that wrote it, or a"
            " newer one."
        )
    try:
        return load_noun(data, Record)
    except ValueError as error:
        raise HistoryError(
            f"The record {commit[:7]} can't be read: {error}. Pass another commit with --base."
        ) from None


def make_record(
    repository: Repository, record: Record, files: Mapping[str, str], message: str
) -> str:
    """Write the commit of *record* with its *files* and return it; no ref points at it yet."""
    record = replace(record, files=tuple(sorted({whole_name(path) for path in files})))
    text = dump_json({"format": FORMAT, **as_data(record)}) + "\n"
    contents = {name: content.encode() for name, content in files.items()}
    contents[RECORD_FILE] = text.encode()
    # An empty beginning, so that the log of the first record does not show all files deleted.
    previous = record.previous or make_root(repository, "Records begin here.\n")
    return make_commit(repository, contents, [previous, record.source], message)


def make_batch(
    repository: Repository, commit: str, batch: Batch, message: str, announced: Sequence[str] = ()
) -> str:
    """Write the commit of a run that comes after *commit*: `batch.json` alone is another.

    *announced* are the ids of the SKUs that the run has announced before, in that order.
    """
    content = dump_batch(batch, announced).encode()
    return replace_file(repository, commit, BATCH_FILE, content, message)
