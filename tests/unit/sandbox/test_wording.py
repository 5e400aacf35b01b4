"""Snapshots of the sandbox's errors."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import seed
from syrupy.assertion import SnapshotAssertion

from reconciler.errors import SandboxError
from reconciler.sandbox import server
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import copy_sku
from reconciler.sandbox.faults import read_faults
from reconciler.sandbox.seed import build_seed, read_seed
from reconciler.sandbox.server import open_shop, serve_shop


def _table(folder: Path, cases: dict[str, Callable[[], object]]) -> str:
    """Return the error of each case."""
    lines = []
    for case, act in cases.items():
        with pytest.raises(SandboxError) as caught:
            act()
        lines.append(f"{case}\n    {caught.value}\n".replace(str(folder), "FOLDER"))
    return "\n".join(lines)


def _read(folder: Path, read: Callable[[Path], object], content: object) -> Callable[[], object]:
    def act() -> object:
        path = folder / "file.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return read(path)

    return act


def test_seeds_and_faults(tmp_path: Path, wording: SnapshotAssertion) -> None:
    """Covers files that can't be used."""
    text = _table(
        tmp_path,
        {
            "a missing seed": lambda: read_seed(tmp_path / "gone.json"),
            "a seed that is not JSON": _read(tmp_path, read_seed, ""),
            "a seed without a site": _read(tmp_path, read_seed, {}),
            "a seed with a wrong stock": _read(tmp_path, read_seed, seed({"A": "many"})),
            "a seed with a wrong option": _read(
                tmp_path, read_seed, {**seed({}), "behaviour": {"typo": "x"}}
            ),
            "missing faults": lambda: read_faults(tmp_path / "gone.json"),
            "faults that are not JSON": _read(tmp_path, read_faults, ""),
            "faults that are not a list": _read(tmp_path, read_faults, {}),
            "a fault of an unknown kind": _read(tmp_path, read_faults, [{"kind": "x"}]),
        },
    )
    assert text == wording


def test_databases(
    tmp_path: Path, wording: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Covers files that are not the sandbox's database."""
    monkeypatch.setattr(server, "_JOURNAL_SECONDS", 0.0)
    start = tmp_path / "seed.json"
    start.write_text(json.dumps(seed({"A": 5})), "utf-8")
    number = iter(range(99))

    def changed(*statements: str) -> Callable[[], object]:
        def act() -> object:
            path = tmp_path / f"{next(number)}.sqlite"
            open_shop(path, start).__exit__()
            database = sqlite3.connect(path)
            for statement in statements:
                database.execute(statement)
            database.commit()
            database.close()
            return open_shop(path, start)

        return act

    def other(name: str, make: Callable[[Path], object]) -> Callable[[], object]:
        def act() -> object:
            make(tmp_path / name)
            return open_shop(tmp_path / "shop.sqlite", start)

        return act

    def link(path: Path) -> None:
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere")

    twice: dict[str, Any] = seed([("X", 1), ("Y", 2)])
    for product in twice["products"]:
        product["skus"][0]["id"] = "5" * 24
    text = _table(
        tmp_path,
        {
            "a view": changed("CREATE VIEW v AS SELECT 1"),
            "no options": changed("DELETE FROM meta WHERE key = 'behaviour'"),
            "broken options": changed("UPDATE meta SET value = '[' WHERE key = 'behaviour'"),
            "no table": changed("DROP TABLE meta"),
            "an id that is used twice": lambda: Shop(
                tmp_path / "twice.sqlite", lambda: build_seed(twice)
            ),
            "another file": other("shop.sqlite", lambda path: path.write_text("text" * 99)),
            "a foreign journal": other("shop.sqlite-journal", lambda path: path.write_text("")),
            "a link": other("shop.sqlite", link),
        },
    )
    assert text == wording


def test_sales_and_edits(tmp_path: Path, wording: SnapshotAssertion) -> None:
    """Covers sales, refunds, and edits that are impossible."""
    with Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed({"A": 5, "B": 1}))) as shop:
        copy_sku(shop, "B")
        text = _table(
            tmp_path,
            {
                "no such SKU": lambda: shop.find("NOPE"),
                "an ambiguous code": lambda: shop.find("B"),
                "more than there is": lambda: shop.sell("A", 6),
                "no units": lambda: shop.sell("A", 0),
                "no such order": lambda: shop.refund("000-009"),
            },
        )
    assert text == wording


def test_port_in_use(tmp_path: Path, wording: SnapshotAssertion) -> None:
    """Names the option to change."""
    with (
        Shop(tmp_path / "shop.sqlite", lambda: build_seed(seed({"A": 5}))) as shop,
        serve_shop(shop) as (address, _),
    ):
        port = int(address.split(":")[2].split("/")[0])
        with pytest.raises(SandboxError) as caught:
            server._listen(port)
    assert str(caught.value).replace(str(port), "PORT") == wording
