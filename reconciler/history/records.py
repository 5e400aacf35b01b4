"""Records: what git keeps of each apply, in a chain of commits at `refs/reconciler/<store>`.

A record's tree holds `applied.yaml`, the declared state that now holds, and `record.json`. Its
parents are the record before and the commit that was applied.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from reconciler.errors import HeldError, HistoryError, PushError
from reconciler.history.git import Repository

APPLIED_FILE: Final = "applied.yaml"
RECORD_FILE: Final = "record.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """One action of a recorded plan: the store's address, and the stocks as text."""

    sku: str
    collection_id: str
    sku_id: str
    before: str
    after: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What stands in `record.json`; its kind is `receipt`, of an apply that ended."""

    kind: str
    store: str
    site_id: str
    source: str
    fingerprint: str
    created_at: str
    tool_version: str
    actions: tuple[RecordedAction, ...]


def ref_of(store: str) -> str:
    """Return the ref that keeps the records of *store*."""
    return f"refs/reconciler/{store}"


def parse_record(commit: str, content: bytes) -> Record:
    """Return the record in the `record.json` of *commit*.

    Raises HistoryError for one of a format that this version does not know.
    """
    try:
        data = json.loads(content)
        if data.get("format") != FORMAT:
            raise HistoryError(
                f"the record {commit[:7]} has a format that this version does not know;"
                " use the version that wrote it, or a newer one"
            )
        return _from_json(data)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise HistoryError(
            f"{commit[:7]} is a record that cannot be read; name another --base"
        ) from None


def _from_json(data: dict[str, Any]) -> Record:
    fields = {name: data[name] for name in Record.__dataclass_fields__ if name != "actions"}
    return Record(**fields, actions=tuple(RecordedAction(**entry) for entry in data["actions"]))


def write_record(repository: Repository, record: Record, applied: str | None, message: str) -> str:
    """Add *record* to the chain of its store and return its commit.

    *applied* is None where nothing is declared as applied. Raises HeldError when another record
    was added meanwhile.
    """
    ref = ref_of(record.store)
    before = repository.find_commit(ref)
    text = json.dumps({"format": FORMAT, **asdict(record)}, indent=2) + "\n"
    files = {RECORD_FILE: text.encode()}
    if applied is not None:
        files[APPLIED_FILE] = applied.encode()
    parents = [parent for parent in (before, record.source) if parent is not None]
    commit = repository.make_commit(files, list(dict.fromkeys(parents)), message)
    try:
        repository.set_ref(ref, commit, before)
    except HistoryError as error:
        raise HeldError(f"another apply wrote its record meanwhile ({error}); plan again") from None
    return commit


def push_record(repository: Repository, store: str, remote: str) -> None:
    """Share the records of *store*; raise PushError with the command that mends it."""
    ref = ref_of(store)
    try:
        repository.push(remote, ref)
    except HistoryError as error:
        raise PushError(
            f"the writes are done, and their record could not be pushed: {error}."
            f" To mend it: git push {remote} {ref}"
        ) from None
