"""Records in a chain of commits: what they hold, and what is read back."""

import json
from dataclasses import replace
from typing import Any

import pytest
from factories import Workspace, stock
from unit.records.made import RECORD, REF, make

from reconciler.errors import HistoryError
from reconciler.git.repository import Repository
from reconciler.model import SettledSku
from reconciler.model.codec import as_data
from reconciler.records import records
from reconciler.records.publish import begin
from reconciler.records.records import RECORD_FILE, RecordKind, parse_record
from reconciler.records.shop import dump_shop, parse_shop


def _text(**fields: Any) -> bytes:
    """Return the text of a record with *fields* replaced."""
    return json.dumps({"format": 1, **as_data(RECORD), **fields}).encode()


@pytest.mark.parametrize("kind", RecordKind)
def test_parse_record_gives_back_what_was_made(repository: Repository, kind: RecordKind) -> None:
    """Kind, commit, time and each stock are the same after a round trip through git."""
    record, commit = make(repository, kind=kind)
    content = repository.run("show", f"{commit}:{RECORD_FILE}")

    made = parse_record(commit, content)
    assert made == replace(record, files=("applied.yaml",))
    assert record.is_intent is (kind is RecordKind.INTENT)


def test_make_record_has_the_record_before_and_the_source_as_parents(
    repository: Repository, shared: Workspace
) -> None:
    """The chain is the first parent; the first record follows a commit that holds nothing."""
    first, one = make(repository)
    begin(repository, REF, one, first.previous, None)
    second, two = make(repository)
    root, source = shared.git("show", "-s", "--format=%P", one).split()

    assert shared.git("show", "-s", "--format=%P", two).split() == [one, source]
    assert (second.previous, source) == (one, shared.git("rev-parse", "HEAD"))
    assert shared.git("ls-tree", root) == ""
    assert shared.git("ls-tree", "--name-only", two).split() == ["applied.yaml", RECORD_FILE]


@pytest.mark.parametrize("content", [b"{}", b'{"format": 1}', b'{"kind": "intent", "format": 9}'])
def test_parse_record_of_another_file_is_none(content: bytes) -> None:
    """A file of that name in a shop's own commit is no record."""
    assert parse_record("c" * 40, content) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"format": 3},
        {"kind": "maybe"},
        {"source": "HEAD"},
        {"source": "--upload-pack=x"},
        {"previous": f"{1:040}\n"},
        {"store": 5},
        {"planned": "many"},
        {"consumed": ["HEAD"]},
        {"consumed": "5" * 40},
    ],
    ids=str,
)
def test_parse_record_that_is_forged_or_broken_is_refused(fields: dict[str, Any]) -> None:
    """Nothing of a record is believed that its form does not allow; the commit is named."""
    assert parse_record("c" * 40, _text()) == RECORD
    with pytest.raises(HistoryError, match="ccccccc"):
        parse_record("c" * 40, _text(**fields))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 9999])
def test_parse_record_that_is_no_json_object_is_refused(content: bytes) -> None:
    """A record that can't be read is never taken for one that is not there."""
    with pytest.raises(HistoryError):
        parse_record("c" * 40, content)


def test_parse_record_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of any size can't exhaust the memory of whoever reads it."""
    monkeypatch.setattr(records, "MAX_BYTES", len(_text()) - 1)

    with pytest.raises(HistoryError):
        parse_record("c" * 40, _text())


@pytest.mark.parametrize("had", [None, 0, 43, -1, 2.5, "infinite"])
def test_parse_shop_gives_back_what_was_dumped(had: Any) -> None:
    """What the shop had, the shop's id and the time are the same after a round trip."""
    known = None if had is None else stock(had)
    shop = {key: SettledSku(key, f"id-{key}", known, "2026-11-20") for key in ("B", "ä", "A")}
    text = dump_shop(shop)["shop.json"]

    assert parse_shop("c" * 40, [text.encode()]) == shop
    assert [line[:4] for line in text.splitlines()][1:3] == ['"A":', '"B":']


def test_parse_shop_of_nothing_is_empty() -> None:
    """A record without SKUs has no such file."""
    assert (dump_shop({}), parse_shop("c" * 40, [])) == ({}, {})


@pytest.mark.parametrize(
    "content",
    [
        *("", "[", "[]", "null", "NaN", "[" * 9999),
        *('{"A": 5}', '{"A": ["id"]}', '{"A": [5, 5, ""]}', '{"A": ["id", true, ""]}'),
        *('{"A": ["id", "endless", ""]}', '{"A": ["id", 5, null]}'),
    ],
    ids=lambda content: content[:20],
)
def test_parse_shop_that_is_forged_or_broken_is_refused(content: str) -> None:
    """What the shop had is never guessed at; the commit is named."""
    with pytest.raises(HistoryError, match="ccccccc"):
        parse_shop("c" * 40, [content.encode()])
