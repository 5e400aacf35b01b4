"""The public schemas are found in a package and in a checkout."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler import contract
from reconciler.contract import load_schema, schema_file


@pytest.mark.parametrize(
    ("name", "key"), [("store", "site_id"), ("inventory", "skus"), ("plan", "fingerprint")]
)
def test_load_schema_returns_valid_schema_of_that_name(name: str, key: str) -> None:
    """Each public schema is one, and asks for what only its own files have."""
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)

    assert schema["type"] == "object"
    assert key in schema["required"]


@pytest.mark.parametrize("name", ["store", "inventory"])
def test_load_schema_takes_no_unknown_key(name: str) -> None:
    """A key with a slip in it is refused, not skipped."""
    assert load_schema(name)["additionalProperties"] is False


@pytest.mark.parametrize("is_packaged", [True, False])
def test_schema_file_prefers_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_packaged: bool
) -> None:
    """An installed package has its own schemas; a folder beside it is only for a checkout."""
    package = tmp_path / "site-packages/reconciler"
    (package / "schemas").mkdir(parents=True)
    if is_packaged:
        (package / "schemas/x.json").write_text("{}")
    monkeypatch.setattr(contract, "__file__", str(package / "contract.py"))
    folder = package if is_packaged else package.parent

    assert schema_file("x.json") == folder / "schemas/x.json"
