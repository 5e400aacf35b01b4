"""Read what each apply did from the chain of records, oldest first."""

import json
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, NamedTuple

from reconciler.git.file_versions import read_blobs
from reconciler.git.repository import Repository
from reconciler.model import Pending, format_time
from reconciler.records.batches import BATCH_FILE, Batch, parse_batch, sum_up
from reconciler.records.records import RECORD_FILE, Record, parse_record, ref_of
from reconciler.records.shards import paths_of
from reconciler.records.shop import SHOP_FILE


class PastAction(NamedTuple):
    """An action of an apply: its time, the applied commit, who ran it, and its result.

    The result is '' if the run crashed before reporting it. Once resolved, another PastAction has
    the result LANDED or SKIPPED. `is_said` means that `base settle` resolved it.
    """

    at: str
    source: str
    by: str
    write: Pending
    result: str
    is_said: bool = False
    run: str = ""


class _Link(NamedTuple):
    """One commit of the chain: its time, its record, and its batch."""

    at: str
    record: Record
    batch: Batch


def read_past_actions(repository: Repository, site_id: str) -> Iterator[PastAction]:
    """Yield the actions of all applies of a site, including those a crashed apply left open.

    Raises:
        HistoryError: Git fails, or a record can't be read.
    """
    announced: dict[str, Pending] = {}
    for _, run in groupby(_read_chain(repository, site_id), key=lambda link: link.record.run):
        yield from _read_run(list(run), announced)


def _read_run(links: list[_Link], announced: dict[str, Pending]) -> Iterator[PastAction]:
    """Yield the actions of one run, with their actual stocks before and after.

    *announced* has the last write of each SKU id. The writes of this run are added to it.
    """
    record = links[-1].record
    is_said = not record.fingerprint
    for link in links:
        for end in link.batch.results:
            if (write := announced.get(end.sku_id)) is not None:
                before, after = end.before or write.before, end.after or write.after
                done = write._replace(before=before, after=after)
                at = end.at or link.at
                yield PastAction(
                    at, record.source, record.by, done, end.result, is_said, record.run
                )
        announced |= {write.sku_id: write for write in link.batch.writes}
    for write in sum_up([link.batch for link in links]).open:
        yield PastAction(links[-1].at, record.source, record.by, write, "", run=record.run)


def find_former_keys(repository: Repository, site_id: str, ids: Collection[str]) -> set[str]:
    """Return all keys that records have had for the SKUs with these *ids* in the shop."""
    ref = ref_of(site_id)
    if not ids or repository.find_ref(ref) is None:
        return set()
    repository.fetch_missing(ref, paths=paths_of(SHOP_FILE), walk=True)
    pattern = "|".join(re.escape(f'"{one}"') for one in sorted(ids))
    how = ("--first-parent", "--diff-merges=first-parent", "--format=", "--unified=0", "--no-color")
    where = (f"-G{pattern}", ref, "--", *paths_of(SHOP_FILE))
    rows = (_ROW.match(line) for line in repository.run("log", *how, "-p", *where).splitlines())
    return {_text(row[1]) for row in rows if row and row[2].decode("utf-8", "replace") in ids} - {
        ""
    }


# A line of `shop.json` in a diff: the key and the SKU id.
_ROW: Final = re.compile(rb'[+-]("(?:[^"\\]|\\.)*"): \["([^"\\]*)"')


def _text(key: bytes) -> str:
    """Return the text of a JSON string, '' if malformed."""
    try:
        return str(json.loads(key))
    except ValueError:
        return ""


def _read_chain(repository: Repository, site_id: str) -> Iterator[_Link]:
    """Yield the records of the chain, oldest first."""
    ref = ref_of(site_id)
    if repository.find_ref(ref) is None:
        return
    lines = repository.run("log", "--first-parent", "--reverse", "--format=%H %ct", ref)
    commits = [line.split() for line in lines.decode().splitlines()]
    names = [f"{commit}:{file}" for commit, _ in commits for file in (RECORD_FILE, BATCH_FILE)]
    repository.fetch_missing(ref, paths=(RECORD_FILE, BATCH_FILE), walk=True)
    contents = read_blobs(repository, names)
    run = ""
    announced: dict[int, str] = {}
    for commit, seconds in commits:
        content = contents.get(f"{commit}:{RECORD_FILE}")
        record = parse_record(commit, content) if content is not None else None
        if record is None:
            continue
        if record.run != run:
            run, announced = record.run, {}
        text = contents.get(f"{commit}:{BATCH_FILE}")
        batch = parse_batch(commit[:7], text, announced) if text else Batch(None)
        yield _Link(format_time(datetime.fromtimestamp(int(seconds), UTC)), record, batch)
