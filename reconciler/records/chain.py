"""The chain of records → what each apply did, oldest first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from reconciler.git.file_versions import read_blobs
from reconciler.git.repository import Repository
from reconciler.model import format_time
from reconciler.records.records import RECORD_FILE, Record, RecordedAction, parse_record, ref_of


class PastAction(NamedTuple):
    """An action of an apply: when it was recorded, the commit applied, and by whom."""

    at: str
    source: str
    by: str
    action: RecordedAction


def read_past_actions(repository: Repository, site_id: str) -> Iterator[PastAction]:
    """Yield the actions of all applies of a site; of one that crashed, with no result.

    Raises:
        HistoryError: git or a record can't be read.
    """
    ref = ref_of(site_id)
    if repository.find_ref(ref) is None:
        return
    lines = repository.run("log", "--first-parent", "--reverse", "--format=%H %ct", ref)
    commits = [line.split() for line in lines.decode().splitlines()]
    names = {commit: f"{commit}:{RECORD_FILE}" for commit, _ in commits}
    contents = read_blobs(repository, names.values())
    records = []
    for commit, seconds in commits:
        content = contents.get(names[commit])
        record = parse_record(commit, content) if content is not None else None
        if record is not None:
            records.append((int(seconds), record))
    for index, (made, record) in enumerate(records):
        following = records[index + 1][1] if index + 1 < len(records) else None
        if not (record.is_intent and _is_ended_by(following, record)):
            at = format_time(datetime.fromtimestamp(made, UTC))
            for action in record.actions:
                yield PastAction(action.at or at, record.source, record.by, action)


def _is_ended_by(following: Record | None, intent: Record) -> bool:
    """Return whether the next record is the receipt, or a later state, of the same run."""
    return following is not None and following.run == intent.run
