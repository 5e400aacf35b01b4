"""The wording of errors about records."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import Workspace
from msgspec.structs import replace
from snapshots import without_git
from syrupy.assertion import SnapshotAssertion
from unit.records.made import RECORD, REF, SITE_ID, make

from reconciler.errors import ReconcilerError
from reconciler.git.objects import make_commit
from reconciler.git.repository import Repository
from reconciler.records import base as record_base
from reconciler.records.base import find_base, refuse_old_commit
from reconciler.records.batches import parse_batch, parse_doubt
from reconciler.records.ledgers import parse_ledgers
from reconciler.records.publish import begin, finish
from reconciler.records.records import RecordKind, make_record, parse_record
from reconciler.records.sharing import fetch_record, refuse_other_records
from reconciler.records.shop import parse_shop


def _table(calls: dict[str, Callable[[], object]]) -> str:
    text = ""
    for name, call in calls.items():
        with pytest.raises(ReconcilerError) as caught:
            call()
        error = caught.value
        notes = "".join(f"\n    {note}" for note in getattr(error, "__notes__", ()))
        text += f"{name} [{error.code} {error.exit_code:d}]\n    {error}{notes}\n"
    text = without_git(text)
    return re.sub(r"\b[0-9a-f]{40}\b|\b(?=[a-f]*[0-9])[0-9a-f]{7}\b", "ID", text)


def _record(**fields: Any) -> bytes:
    return json.dumps({"format": 1, "kind": "intent", "fingerprint": "x"} | fields).encode()


def test_malformed_record_wording(wording: SnapshotAssertion) -> None:
    """Each file of a record says what is malformed, and what to do."""
    calls: dict[str, Callable[[], object]] = {
        "record of another format": lambda: parse_record("c" * 40, _record(format=9)),
        "record without fields": lambda: parse_record("c" * 40, _record()),
        "batch": lambda: parse_batch("abc", b"[]"),
        "batch, deadline without a time zone": lambda: parse_batch(
            "abc", b'{"deadline": "2026-01-01T00:00:00"}'
        ),
        "batch, result of no write": lambda: parse_batch(
            "abc", b'{"results": [{"result": "applied", "write": 5}]}'
        ),
        "batch, time out of range": lambda: parse_batch(
            "abc", b'{"results": [{"result": "", "at": "9999-01-01T00:00:00.000Z"}]}'
        ),
        "doubt": lambda: parse_doubt("abc", b"{}"),
        "doubt, malformed stock": lambda: parse_doubt(
            "abc", b'[{"sku": "A", "sku_id": "1", "before": "x", "after": 1}]'
        ),
        "ledger, count without a number": lambda: parse_ledgers(
            "abc", [b'[{"sku_id": "1", "keys": [], "counted_at": "2026-01-01T00:00:00.000Z"}]']
        ),
        "ledger, the same SKU twice": lambda: parse_ledgers(
            "abc", [b'[{"sku_id": "1", "keys": []}, {"sku_id": "1", "keys": []}]']
        ),
        "shop": lambda: parse_shop("abc", [b'{"A": 5}']),
    }

    assert _table(calls) == wording


def test_find_base_error_wording(
    wording: SnapshotAssertion, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base that can't be used says why, and what to name instead."""
    folder = repository.top / "inventory/demo"
    head = repository.find_commit("HEAD") or ""
    _, other = make(repository)
    record = replace(RECORD, source=head)
    full = make_record(repository, record, {"applied.yaml": "skus: {}\n"}, "x")
    content = repository.run("show", f"{full}:record.json")
    lacking = make_commit(repository, {"record.json": content}, [head], "x")
    malformed = make_commit(repository, {"record.json": _record()}, [head], "x")
    (repository.top / "inventory").symlink_to("elsewhere")
    repository.run("add", ".")
    repository.run("commit", "--quiet", "-m", "link")
    (repository.top / "inventory").unlink()

    def find(ref: str | None, site: str = SITE_ID) -> Callable[[], object]:
        return lambda: find_base(repository, folder, site, ref)

    def find_no_record() -> None:
        repository.set_ref(REF, head, None)
        find_base(repository, folder, SITE_ID, None)

    def find_huge() -> None:
        monkeypatch.setattr(record_base, "MAX_BYTES", 0)
        find_base(repository, folder, SITE_ID, full)

    calls: dict[str, Callable[[], object]] = {
        "no commit": find("nope"),
        "record of another site": find(other, "another"),
        "record that lacks a file": find(lacking),
        "malformed record": find(malformed),
        "link on the way": find("HEAD"),
        "no record at its ref": find_no_record,
        "huge record": find_huge,
    }

    assert _table(calls) == wording


def test_old_commit_wording(
    wording: SnapshotAssertion, repository: Repository, shared: Workspace
) -> None:
    """An old run, and a clone that can't tell, each say how to go on."""
    old = repository.find_commit("HEAD")
    shared.commit("later")
    _, commit = make(repository)
    base = find_base(repository, repository.top / "inventory/demo", SITE_ID, commit)
    assert base is not None
    unknown = replace(base, source="b" * 40)
    calls: dict[str, Callable[[], object]] = {
        "old commit": lambda: refuse_old_commit(repository, old, base),
        "unknown commit": lambda: refuse_old_commit(repository, old, unknown),
    }

    assert _table(calls) == wording


def test_sharing_error_wording(
    wording: SnapshotAssertion, repository: Repository, shared: Workspace
) -> None:
    """Records that diverged, and remotes that can't be reached, say how to go on."""
    (_, one), (_, two) = make(repository, "one"), make(repository, "two")
    shared.git("push", "--quiet", "origin", f"{one}:{REF}")
    repository.set_ref(REF, two, None)
    shared.git("init", "--quiet", "--bare", "../other.git")
    shared.git("remote", "add", "other", "../other.git")
    shared.git("push", "--quiet", "other", f"{two}:{REF}")
    calls: dict[str, Callable[[], object]] = {
        "two records": lambda: fetch_record(repository, "origin", SITE_ID),
        "two remotes": lambda: refuse_other_records(repository, "origin", SITE_ID, one),
        "unreachable remote": lambda: fetch_record(repository, "./nowhere.git", SITE_ID),
    }

    assert _table(calls) == wording


def test_publish_error_wording(
    wording: SnapshotAssertion, repository: Repository, shared: Workspace
) -> None:
    """Each failure to add a record says whether another apply caused it."""
    (intent, one), (_, two) = make(repository, "one"), make(repository, "two")
    receipt, three = make(repository, "three", kind=RecordKind.RECEIPT)
    head = repository.find_commit("HEAD")

    def lock_ref() -> None:
        lock = Path(repository.top, ".git", f"{REF}.lock")
        lock.parent.mkdir(parents=True)
        lock.touch()
        try:
            begin(repository, REF, one, intent.previous, None)
        finally:
            lock.unlink()

    def begin_behind() -> None:
        shared.git("push", "--quiet", "origin", f"{two}:{REF}")
        begin(repository, REF, one, intent.previous, "origin")

    def finish_behind() -> None:
        finish(repository, REF, three, receipt.previous, "origin")

    def begin_late() -> None:
        repository.set_ref(REF, two, None)
        begin(repository, REF, one, intent.previous, None)

    calls: dict[str, Callable[[], object]] = {
        "begin, locked ref": lock_ref,
        "begin, newer record on the remote": begin_behind,
        "begin, unreachable remote": lambda: begin(repository, REF, one, None, "./nowhere.git"),
        "finish, newer record on the remote": finish_behind,
        "begin, newer record here": begin_late,
        "finish, newer record here": lambda: finish(repository, REF, three, head, None),
        "finish, unreachable remote": lambda: finish(
            repository, REF, three, two, "./nowhere.git", done="The writes are done"
        ),
    }

    assert _table(calls).replace(str(repository.top), "FOLDER") == wording
