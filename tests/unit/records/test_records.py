"""Records survive a round trip through git, and malformed ones are rejected."""

import json
from typing import Any

import pytest
from factories import Workspace, stock
from msgspec.structs import replace
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
def test_parse_record_of_made_record_is_equal(repository: Repository, kind: RecordKind) -> None:
    """Kind, commit, time, and all stocks are the same."""
    record, commit = make(repository, kind=kind)
    content = repository.run("show", f"{commit}:{RECORD_FILE}")

    made = parse_record(commit, content)
    assert made == replace(record, files=("applied.yaml",))
    assert record.is_intent is (kind is RecordKind.INTENT)


def test_make_record_has_previous_record_and_source_as_parents(
    repository: Repository, shared: Workspace
) -> None:
    """The chain is the first parent. The first record follows an empty commit."""
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
    """A file of that name in a commit of the shop is not a record."""
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
def test_parse_record_that_is_malformed_raises(fields: dict[str, Any]) -> None:
    """The error names the commit."""
    assert parse_record("c" * 40, _text()) == RECORD
    with pytest.raises(HistoryError, match="ccccccc"):
        parse_record("c" * 40, _text(**fields))


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 9999])
def test_parse_record_that_is_no_json_object_raises(content: bytes) -> None:
    """A malformed record never counts as a missing one."""
    with pytest.raises(HistoryError):
        parse_record("c" * 40, content)


def test_parse_record_that_is_too_large_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge record can't exhaust the memory."""
    monkeypatch.setattr(records, "MAX_BYTES", len(_text()) - 1)

    with pytest.raises(HistoryError):
        parse_record("c" * 40, _text())


@pytest.mark.parametrize("had", [None, 0, 43, -1, 2.5, "infinite"])
def test_parse_shop_of_dumped_shop_is_equal(had: Any) -> None:
    """Stock, SKU id, and time are the same."""
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
def test_parse_shop_that_is_malformed_raises(content: str) -> None:
    """The error names the commit."""
    with pytest.raises(HistoryError, match="ccccccc"):
        parse_shop("c" * 40, [content.encode()])
