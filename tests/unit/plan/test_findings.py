"""Create findings: their kind, SKU, and place."""

from typing import Any

import pytest
from factories import base_of, declared, desired, stock
from msgspec.structs import replace

from reconciler.model import (
    Base,
    Declared,
    Finding,
    FindingKind,
    Listing,
    LiveSku,
    Pending,
    Reference,
    Rule,
    SettledSku,
    Source,
    Statement,
)
from reconciler.plan.findings import (
    archived,
    finding_order,
    frozen,
    idle_globs,
    left_alone,
    not_managed,
    not_read,
    released,
    replaced,
    told,
    unreadable,
    unsettled,
)
from reconciler.plan.match import Matches, match_skus

PLACE = Source("inventory/demo/a.yaml", 7)
ENTRY = declared("TEE M", 5, rule=Rule.ON_CHANGE, line=7)
LIVE = LiveSku("id-9", "TEE M", "Tee / M", archived=False)


WRITE = Pending(ENTRY.sku, "id-A", stock(3), stock(5), "2026-11-20T10:00:00.000Z", "")


def _facts(finding: Finding) -> tuple[FindingKind, str, Source | None]:
    return finding.kind, finding.sku, finding.source


def test_findings_of_an_entry_have_its_sku_and_place() -> None:
    """The place is the line of the declaration."""
    found = [
        archived(ENTRY),
        unreadable(ENTRY, stock(2.5), is_kept=True),
        frozen(ENTRY, stock(3), stock(5)),
        left_alone(ENTRY, stock(3), None),
        replaced(ENTRY, LIVE),
        unsettled(WRITE, ENTRY, stock(4), "no order tells"),
        unsettled(WRITE, ENTRY, stock(4), "no order tells", "2026-12-01T10:00:00.000Z"),
        told(WRITE, ENTRY, has_landed=True),
    ]

    assert [_facts(one) for one in found] == [
        (kind, "TEE M", PLACE)
        for kind in (
            FindingKind.ARCHIVED,
            FindingKind.UNREADABLE,
            FindingKind.FROZEN,
            FindingKind.DRIFT,
            FindingKind.REPLACED,
            FindingKind.UNSETTLED,
            FindingKind.UNSETTLED,
            FindingKind.TOLD,
        )
    ]


@pytest.mark.parametrize(
    ("rule", "statement", "kind"),
    [
        (Rule.OBSERVE, None, FindingKind.DRIFT),
        (Rule.AT_LEAST, Statement.TYPED, FindingKind.DRIFT),
        (Rule.EXACT, Statement.TYPED, FindingKind.DRIFT),
        (Rule.ON_CHANGE, None, FindingKind.DRIFT),
        (Rule.ON_CHANGE, Statement.SETTLED, FindingKind.DRIFT),
        (Rule.ON_CHANGE, Statement.COPY, FindingKind.DRIFT),
        (Rule.ON_CHANGE, Statement.TYPED, FindingKind.OVERTAKEN),
    ],
)
def test_left_alone_is_overtaken_only_if_typed(
    rule: Rule, statement: Statement | None, kind: FindingKind
) -> None:
    """An unchanged number drifts. A typed one that the shop has passed is overtaken."""
    known = Reference(statement, stock(50), stock(50), "2026-11-20") if statement else None
    finding = left_alone(declared("A", 60, rule=rule, line=7), stock(65), known)

    assert _facts(finding) == (kind, "A", PLACE)
    assert "65" in finding.message


@pytest.mark.parametrize(("quantity", "number"), [(None, ""), (2.5, "2.5")])
@pytest.mark.parametrize("is_kept", [True, False])
def test_unreadable_says_what_is_there_and_whether_it_stays(
    quantity: float | None, number: str, is_kept: bool
) -> None:
    """A fraction is shown as it came; what is written over is not called left alone."""
    message = unreadable(ENTRY, stock(quantity), is_kept=is_kept).message

    assert number in message
    assert ("Skipped." in message) is is_kept


def test_frozen_has_both_numbers() -> None:
    """The message contains the live and the declared number."""
    message = frozen(ENTRY, stock(33), stock(55)).message

    assert "33" in message and "55" in message


def test_replaced_has_the_id_and_a_command() -> None:
    """The key is quoted for the shell."""
    message = replaced(ENTRY, LIVE).message

    assert "id: id-9" in message
    assert "--sku 'TEE M'" in message


@pytest.mark.parametrize(("code", "sku"), [("A", "A"), ("", "id-9")])
def test_not_managed_is_named_by_code_or_id(code: str, sku: str) -> None:
    """A SKU without a code is named by its id. It has no place."""
    finding = not_managed(LIVE._replace(code=code))

    assert _facts(finding) == (FindingKind.NOT_MANAGED, sku, None)
    assert "Tee / M" in finding.message


def _matches(*entries: Declared, **codes: str) -> Matches:
    """Match the *entries* with a shop of `id=code`."""
    listed = [LiveSku(sku_id, code, code, archived=False) for sku_id, code in codes.items()]
    return match_skus({entry.sku: entry for entry in entries}, Listing("c", tuple(listed)))


def _recorded(*entries: Declared, **ids: str) -> Base:
    shop = {sku: SettledSku(sku, sku_id, None, "2026-11-20") for sku, sku_id in ids.items()}
    return replace(base_of(*entries), shop=shop)


@pytest.mark.parametrize(
    ("base", "now", "found"),
    [
        (_recorded(declared("A"), A="idA"), [], ["A"]),
        (_recorded(declared("A"), A="idA"), [declared("A")], []),
        (_recorded(declared("A"), A="idA"), [declared("Z")], []),
        (_recorded(declared("A"), A="idOTHER"), [declared("Z")], ["A"]),
        (base_of(declared("A")), [declared("Z")], ["A"]),
        (base_of(declared("A", id="idA")), [declared("Z")], []),
        (base_of(declared("A", id="idZ")), [declared("Q", id="idZ")], []),
    ],
    ids=["gone", "there", "new key", "other SKU", "no ids", "was pinned", "pin moved"],
)
def test_released_names_skus_in_no_file(base: Base, now: list[Declared], found: list[str]) -> None:
    """A SKU under another key is not released. The place is that in the base."""
    findings = list(released(desired(*now), base, _matches(*now, idA="Z"), ()))

    assert [_facts(one) for one in findings] == [
        (FindingKind.RELEASED, sku, base.declared[sku].source) for sku in found
    ]


def test_released_ignores_skus_with_events() -> None:
    """They are still managed, without a level."""
    base = base_of(declared("A", id="idA"))

    assert list(released(desired(), base, _matches(), {"idA"})) == []


@pytest.mark.parametrize(
    ("globs", "idle"),
    [((), []), (("A",), []), (("A*", "GIFT-*"), ["GIFT-*"]), (("a", "?"), ["a"])],
)
def test_idle_globs_names_patterns_without_a_match(globs: tuple[str, ...], idle: list[str]) -> None:
    """Upper and lower case matter."""
    findings = idle_globs(desired(declared("A"), frozen=globs))

    assert [_facts(one) for one in findings] == [(FindingKind.FROZEN, glob, None) for glob in idle]


@pytest.mark.parametrize(("number", "more"), [(1, ""), (2, ""), (12, "2 more")])
def test_not_read_is_one_finding_for_all(number: int, more: str) -> None:
    """It has the number of SKUs online, and the first ten names offline."""
    skus = [f"SKU-{n:02}" for n in reversed(range(number))]
    (online,), (offline,) = not_read(skus, offline=False), not_read(skus, offline=True)

    assert _facts(online) == _facts(offline) == (FindingKind.UNREAD, "", None)
    assert str(number) in online.message
    assert "SKU-00" in offline.message and more in offline.message
    assert offline.message.count("SKU-") == min(number, 10)


def test_finding_order_puts_errors_first() -> None:
    """Then it sorts by kind and SKU, so that plans are reproducible."""
    kinds = [FindingKind.DRIFT, FindingKind.RENAMED, FindingKind.ARCHIVED, FindingKind.MISSING]
    given = [Finding(kind, sku, "", None) for kind in kinds for sku in "BA"]
    ordered: list[Any] = [(one.kind, one.sku) for one in sorted(given, key=finding_order)]

    assert ordered == [
        (kind, sku)
        for kind in (
            FindingKind.MISSING,
            FindingKind.RENAMED,
            FindingKind.ARCHIVED,
            FindingKind.DRIFT,
        )
        for sku in "AB"
    ]
