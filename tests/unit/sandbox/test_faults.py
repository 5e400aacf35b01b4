"""Faults: matching of requests, and the file format."""

from pathlib import Path

import msgspec
import pytest

from reconciler.contract import load_schema
from reconciler.errors import SandboxError
from reconciler.sandbox.faults import Fault, Faults, Kind, read_faults


def _struck(fault: Fault, requests: int, sku: str = "A") -> list[bool]:
    faults = Faults([fault], seed=7)
    return [faults.strike("GET", "/v2/x/inventory", ("id", sku)) is fault for _ in range(requests)]


def test_fault_with_skip_and_count_applies_to_some() -> None:
    """It skips `skip` requests, applies to `count`, and ends."""
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
def test_fault_with_filter_skips_others(fault: Fault) -> None:
    """Method, path, SKU, and chance are filters."""
    assert not any(_struck(fault, 20))


def test_fault_with_chance_is_repeatable() -> None:
    """The same seed gives the same requests."""
    struck = _struck(Fault(Kind.RESET, chance=0.5), 100)

    assert 20 < sum(struck) < 80
    assert struck == _struck(Fault(Kind.RESET, chance=0.5), 100)


def test_read_faults_uses_defaults(tmp_path: Path) -> None:
    """Missing fields have their defaults."""
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
def test_read_faults_invalid_file_raises(tmp_path: Path, content: str) -> None:
    """The error contains the file."""
    path = tmp_path / "faults.json"
    path.write_text(content)

    with pytest.raises(SandboxError, match=r"faults\.json"):
        read_faults(path)


def test_schema_has_all_fields_and_kinds() -> None:
    """The schema, which editors use, agrees with the code."""
    properties = load_schema("faults")["items"]["properties"]

    assert set(properties) == set(Fault.__struct_fields__)
    assert properties["kind"]["enum"] == list(Kind)
    for field in msgspec.structs.fields(Fault):
        if "default" in properties[field.name] and field.name != "kind":
            assert properties[field.name]["default"] == field.default
