"""Records for tests, in the repository of a test."""

from typing import Any

from factories import stock
from msgspec.structs import replace

from reconciler.git.repository import Repository
from reconciler.records.batches import RecordedAction
from reconciler.records.records import Record, RecordKind, make_record, ref_of

SITE_ID = "site"
REF = ref_of(SITE_ID)
ACTIONS = tuple(
    RecordedAction(f"id-{value}", "applied", "", stock(3), stock(value))
    for value in (0, -1, 2.5, None, "infinite")
)
RECORD = Record(
    kind=RecordKind.INTENT,
    run="run-1",
    store="demo",
    site_id=SITE_ID,
    source="a" * 40,
    previous=None,
    fingerprint=f"sha256:{1:064}",
    planned_at="2026-11-28T10:00:00Z",
    tool_version="1",
    planned=5,
    by="ada",
    consumed=("5" * 40,),
)


def make(repository: Repository, message: str = "apply", **fields: Any) -> tuple[Record, str]:
    """Write a record of HEAD on top of the current one."""
    source = repository.find_commit("HEAD") or ""
    record = replace(RECORD, source=source, previous=repository.find_ref(REF), **fields)
    return record, make_record(repository, record, {"applied.yaml": "skus: {}\n"}, message)
