"""Faults as data: which request meets which, and what a file of them may say."""

from dataclasses import fields
from pathlib import Path

import pytest

from reconciler.contract import load_schema
from reconciler.errors import SandboxError
from reconciler.sandbox.faults import Fault, Faults, Kind, read_faults


def _struck(fault: Fault, requests: int, sku: str = "A") -> list[bool]:
    faults = Faults([fault], seed=7)
    return [faults.strike("GET", "/v2/x/inventory", ("id", sku)) is fault for _ in range(requests)]


def test_a_fault_passes_some_and_strikes_some() -> None:
    """`skip` are let through, then `count` are struck, then it is over."""
    assert _struck(Fault(Kind.RESET, skip=1, count=2), 5) == [False, True, True, False, False]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Kind.RESET, method="PATCH"),
        Fault(Kind.RESET, path="/products"),
        Fault(Kind.RESET, sku="B"),
        Fault(Kind.RESET, chance=0.0),
    ],
)
def test_a_fault_strikes_only_what_it_means(fault: Fault) -> None:
    """Method, path, SKU and chance each keep it from others."""
    assert not any(_struck(fault, 20))


def test_chance_strikes_now_and_then() -> None:
    """A share of the requests, the same with the same seed."""
    struck = _struck(Fault(Kind.RESET, chance=0.5), 100)

    assert 20 < sum(struck) < 80
    assert struck == _struck(Fault(Kind.RESET, chance=0.5), 100)


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    """A list of objects; what is left out has its default."""
    path = tmp_path / "faults.json"
    path.write_text('[{"kind": "status", "status": 503, "sku": "A", "count": 1}]')

    assert read_faults(path) == (Fault(Kind.STATUS, status=503, sku="A", count=1),)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '[{"kind": "x"}]',
        '[{"kid": "reset"}]',
        '[{"status": "429"}]',
        '[{"status": 99999}]',
        '[{"chance": 2}]',
        '[{"count": -1}]',
        '[{"seconds": "x"}]',
        '[{"headers": {"Retry-After": 5}}]',
        '[{"headers": {"A\\n": "x"}}]',
        '[{"sold_after": true}]',
        '[{"method": "DELETE"}]',
    ],
)
def test_nonsense_is_met_by_a_sentence(tmp_path: Path, content: str) -> None:
    """What is no list of faults is refused with the file's name."""
    path = tmp_path / "faults.json"
    path.write_text(content)

    with pytest.raises(SandboxError, match=r"faults\.json is not a list of faults"):
        read_faults(path)


def test_schema_knows_every_field_and_kind() -> None:
    """The schema, which editors use, and the code say the same."""
    properties = load_schema("faults")["items"]["properties"]

    assert set(properties) == {field.name for field in fields(Fault)}
    assert properties["kind"]["enum"] == list(Kind)
    for field in fields(Fault):
        if "default" in properties[field.name] and field.name != "kind":
            assert properties[field.name]["default"] == field.default
