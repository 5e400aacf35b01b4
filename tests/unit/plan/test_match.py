"""Match declared SKUs with live ones: by id if pinned, else by code."""

from typing import Any

import pytest
from factories import declared

from reconciler.model import Declared, Finding, FindingKind, Listing, LiveSku
from reconciler.plan.match import MAX_SUGGESTED, Matches, gone, match_skus

AMBIGUOUS, MISSING, RENAMED = FindingKind.AMBIGUOUS, FindingKind.MISSING, FindingKind.RENAMED


def _match(entries: list[Declared], *listed: str) -> Matches:
    """Match *entries* with a listing of `ID=CODE` texts."""
    skus = [
        LiveSku(sku_id, code, f"Product {sku_id}", archived=False)
        for sku_id, _, code in (text.partition("=") for text in listed)
    ]
    return match_skus({entry.sku: entry for entry in entries}, Listing("c", tuple(skus)))


def _pinned(sku: str, sku_id: str, code: str | None = None) -> Declared:
    return declared(sku, id=sku_id, code=code)


def _ids(matches: Matches) -> dict[str, str]:
    return {name: live.sku_id for name, live in matches.live.items()}


def _kinds(matches: Matches) -> list[tuple[FindingKind, str]]:
    return [(finding.kind, finding.sku) for finding in matches.findings]


def _left(matches: Matches) -> list[str]:
    return [live.sku_id for live in matches.not_managed]


def _only(matches: Matches) -> Finding:
    (finding,) = matches.findings
    return finding


@pytest.mark.parametrize(
    ("entries", "listed", "ids", "left"),
    [
        ([declared("A")], ["1=A"], {"A": "1"}, []),
        ([declared("A"), declared("B")], ["2=B", "1=A"], {"A": "1", "B": "2"}, []),
        ([declared("A")], ["1=A", "2=B", "3="], {"A": "1"}, ["2", "3"]),
        ([_pinned("A", "1")], ["1=A", "2=B"], {"A": "1"}, ["2"]),
        ([_pinned("NAME", "1", "A")], ["1=A"], {"NAME": "1"}, []),
        ([_pinned("NAME", "1", "")], ["1=", "2="], {"NAME": "1"}, ["2"]),
        ([_pinned("A", "2")], ["1=A", "2=A"], {"A": "2"}, ["1"]),
        ([_pinned("B", "1", "A"), declared("A2")], ["1=A", "2=A2"], {"B": "1", "A2": "2"}, []),
        ([], ["1=A"], {}, ["1"]),
    ],
    ids=[
        "code",
        "two codes",
        "rest is not managed",
        "id and code",
        "id under another key",
        "id without a code",
        "id tells copies apart",
        "id beside code",
        "nothing declared",
    ],
)
def test_match_skus_finds_each_live_sku(
    entries: list[Declared], listed: list[str], ids: dict[str, str], left: list[str]
) -> None:
    """Live SKUs without an entry are not managed."""
    matches = _match(entries, *listed)

    assert (_ids(matches), _left(matches), matches.findings) == (ids, left, ())


@pytest.mark.parametrize(
    ("entries", "listed", "findings", "left"),
    [
        ([declared("A")], [], [(MISSING, "A")], []),
        ([declared("A")], ["1=a"], [(MISSING, "A")], ["1"]),
        ([declared("A")], ["1=A "], [(MISSING, "A")], ["1"]),
        ([declared("A")], ["1=A", "2=A"], [(AMBIGUOUS, "A")], []),
        ([declared("A"), _pinned("B", "1", "A")], ["1=A", "2=A"], [(AMBIGUOUS, "A")], []),
        ([_pinned("A", "9")], ["1=A"], [(MISSING, "A")], ["1"]),
        ([_pinned("A", "9")], ["1=A", "2=A"], [(MISSING, "A")], []),
        ([_pinned("A", "1")], ["1=B"], [(RENAMED, "A")], []),
        ([_pinned("A", "1")], ["1=", "2=A"], [(RENAMED, "A")], ["2"]),
        ([_pinned("B", "1", "A")], ["1=B"], [(RENAMED, "B")], []),
    ],
    ids=[
        "no such code",
        "other case",
        "space at the edge",
        "two have the code",
        "one of two is pinned elsewhere",
        "no such id",
        "no such id, and two have the code",
        "id has another code",
        "code moved to another id",
        "key is not the code",
    ],
)
def test_match_skus_with_unclear_entry_matches_none(
    entries: list[Declared],
    listed: list[str],
    findings: list[tuple[FindingKind, str]],
    left: list[str],
) -> None:
    """An unclear SKU is not written, and a finding says why."""
    matches = _match(entries, *listed)

    assert not {sku for _, sku in findings} & _ids(matches).keys()
    assert (_kinds(matches), _left(matches)) == (findings, left)


@pytest.mark.parametrize("key", ["A", "Z"])
def test_match_skus_two_entries_for_one_live_sku_match_neither(key: str) -> None:
    """A code and an id, or two ids, may name the same SKU. Neither number is used."""
    first = declared("A") if key == "A" else _pinned(key, "1", "A")
    matches = _match([first, _pinned("OTHER", "1", "A"), declared("B")], "1=A", "2=B")

    assert _ids(matches) == {"B": "2"}
    assert _kinds(matches) == [(AMBIGUOUS, key), (AMBIGUOUS, "OTHER")]
    assert ["OTHER" in matches.findings[0].message, key in matches.findings[1].message] == [
        True
    ] * 2
    assert _left(matches) == []


def test_match_skus_ambiguous_names_the_candidates() -> None:
    """The finding has the ids to choose from, and the place of the entry."""
    finding = _only(_match([declared("A", line=7)], "id-one=A", "id-two=A"))

    assert all(sku_id in finding.message for sku_id in ("id-one", "id-two"))
    assert finding.source == declared("A", line=7).source


@pytest.mark.parametrize(
    "code",
    ["tee", " TEE", "TEE\u200b", "TE\u0395", "T\u00ca\u200b"],
    ids=["case", "space", "hidden", "look-alike", "none"],
)
def test_match_skus_missing_never_matches_a_code_that_looks_alike(code: str) -> None:
    """A code that only looks the same is another SKU."""
    matches = _match([declared("TEE")], f"id-one={code}")

    assert (_ids(matches), _kinds(matches)) == ({}, [(MISSING, "TEE")])


@pytest.mark.parametrize(
    "code",
    ["tee", " TEE", "TEE\u200b", "\uff34\uff25\uff25"],
    ids=["case", "space", "hidden", "width"],
)
def test_match_skus_missing_advises_the_id_of_a_code_that_looks_alike(code: str) -> None:
    """The finding has the id, and contains only visible characters."""
    message = _only(_match([declared("TEE")], f"id-one={code}", "id-two=OTHER")).message

    assert "id-one" in message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("wanted", "code", "suggested"),
    [("TEE-BLAK", "TEE-BLACK", True), ("TEE-BLACK", "MUG", False)],
)
def test_match_skus_missing_suggests_a_similar_code(
    wanted: str, code: str, suggested: bool
) -> None:
    """There is no suggestion if all codes are different."""
    assert (code in _only(_match([declared(wanted)], f"id-one={code}")).message) is suggested


def test_match_skus_missing_suggests_no_declared_code() -> None:
    """Only codes without an entry are suggested."""
    message = _only(_match([declared("TEE-1"), declared("TEE-2")], "id-one=TEE-2")).message

    assert "TEE-2" not in message


def test_match_skus_many_missing_have_a_finding_each() -> None:
    """Only the first ones have a suggestion."""
    entries: list[Any] = [
        declared(f"SKU-NUMBER-{number:03}") for number in range(MAX_SUGGESTED + 5)
    ]
    matches = _match(entries, "1=SKU-NUMBER-X")

    assert _kinds(matches) == [(MISSING, entry.sku) for entry in entries]
    suggested = ["SKU-NUMBER-X" in finding.message for finding in matches.findings]
    assert suggested == [True] * MAX_SUGGESTED + [False] * 5


def test_gone_is_missing_at_its_place() -> None:
    """A SKU listed without a stock is an error at the line that declares it."""
    entry = declared("A", line=7)
    found = gone(entry)

    assert (found.kind, found.sku, found.source) == (MISSING, "A", entry.source)
