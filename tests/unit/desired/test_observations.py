"""Observations: what was seen is read back as it was, and a time that can't be is refused."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import SITE, stock

from reconciler.desired.loader import build_desired
from reconciler.desired.observations import blob_id, is_observation, write_observation
from reconciler.errors import InputError
from reconciler.model import Observation, Seen

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
SKU_ID = f"{1:024x}"


def _read(text: str, name: str = ".seen/x.yaml") -> tuple[Observation, ...]:
    """Return the observations of a store with this file."""
    files = {
        "demo/store.yaml": f"site_id: {SITE}\n",
        "demo/a.yaml": "skus:\n  A: 5\n",
        f"demo/{name}": text,
    }
    return build_desired(
        "demo", "demo", [(path, content.encode()) for path, content in files.items()], []
    ).observations


def _places(text: str) -> list[tuple[str, int]]:
    """Return where an observation is refused."""
    with pytest.raises(InputError) as caught:
        _read(text)
    return [(one.path, one.line) for one in caught.value.problems]


@pytest.mark.parametrize("value", [0, 43, 999_999_999, "infinite"])
def test_observation_is_read_as_it_was_written(value: Any) -> None:
    """Whatever the key is like: the stock, the shop's id and the time are the same."""
    keys = ("A", "007", "no", "a: b", "#", "Größe 😀", "'", '"\\')
    seen = {key: Seen(stock(value), SKU_ID) for key in keys}
    name, text = write_observation(seen, AT)
    (found,) = _read(text, name)

    assert (found.skus, found.seen_at) == (seen, "2026-01-02T03:04:05.000Z")
    assert (found.path, found.id) == (f"demo/{name}", blob_id(text.encode()))


def test_write_observation_twice_makes_two_files() -> None:
    """Two runs in one second, on two branches, never have the same file."""
    seen = {"A": Seen(stock(5), SKU_ID)}
    (first, text), (second, again) = (write_observation(seen, AT) for _ in range(2))

    assert (text, first != second) == (again, True)
    assert first.startswith(".seen/2026-01-02T030405Z-") and first.endswith(".yaml")


def test_write_observation_is_in_the_order_of_keys() -> None:
    """The same shop makes the same lines, however it was listed."""
    seen = {key: Seen(stock(5), SKU_ID) for key in ("B", "A", "C")}

    texts = {
        write_observation(dict(order), AT)[1] for order in (seen.items(), sorted(seen.items()))
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("demo/.seen/x.yaml", True),
        ("demo/seen/x.yaml", False),
        ("demo/a/.seen/x.yaml", False),
        ("demo/.seen.yaml", False),
        ("other/demo/.seen/x.yaml", False),
    ],
)
def test_is_observation_only_in_the_stores_own_folder(path: str, is_one: bool) -> None:
    """Any other file declares, or is none of ours."""
    assert is_observation(path, "demo") is is_one


def test_blob_id_is_the_one_of_git(tmp_path: Path) -> None:
    """What was consumed is known by the name that git has for the file."""
    for number, content in enumerate((b"", b"seen_at: x\n", "ä\n".encode())):
        file = tmp_path / str(number)
        file.write_bytes(content)
        command = ["git", "hash-object", "--no-filters", str(file)]
        told = subprocess.run(command, capture_output=True, check=True, text=True)

        assert blob_id(content) == told.stdout.strip()
        # A checkout may have other line ends than the commit.
        assert blob_id(content.replace(b"\n", b"\r\n")) == told.stdout.strip()


@pytest.mark.parametrize(
    ("days", "refused"), [(-999, False), (0, False), (0.9, False), (1.1, True), (9999, True)]
)
def test_observation_of_a_time_to_come_is_refused(days: float, refused: bool) -> None:
    """It would outdo every later one; a clock that is a little ahead does no harm."""
    at = datetime.now(UTC) + timedelta(days=days)
    _, text = write_observation({"A": Seen(stock(5), SKU_ID)}, at)

    if refused:
        assert _places(text) == [("demo/.seen/x.yaml", 0)]
    else:
        assert len(_read(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "seen_at: 2026-02-30T00:00:00Z\nskus:\n  A: {quantity: 5, id: ID}\n",
        "seen_at: 2026-01-02\nskus:\n  A: {quantity: 5, id: ID}\n",
        "seen_at: 2026-01-02T00:00:00+01:00\nskus:\n  A: {quantity: 5, id: ID}\n",
        "skus:\n  A: {quantity: 5, id: ID}\n",
        "seen_at: 2026-01-02T00:00:00Z\n",
        "seen_at: 2026-01-02T00:00:00Z\nskus:\n  A: 5\n",
        "seen_at: 2026-01-02T00:00:00Z\nskus:\n  A: {quantity: -1, id: ID}\n",
        "seen_at: 2026-01-02T00:00:00Z\nskus:\n  A: {quantity: 5}\n",
        "seen_at: 2026-01-02T00:00:00Z\nskus:\n  A: {quantity: 5, id: x}\n",
        "seen_at: 2026-01-02T00:00:00Z\nskus:\n  A: {quantity: 5, id: ID, rule: exact}\n",
        "",
    ],
)
def test_observation_that_was_edited_is_refused(text: str) -> None:
    """What the shop had is never guessed at; the file is named."""
    places = _places(text.replace("ID", f'"{SKU_ID}"'))

    assert {path for path, _ in places} == {"demo/.seen/x.yaml"}


def test_observations_do_not_declare() -> None:
    """A key that was seen and stands in no file is not declared, and may stand in several."""
    _, text = write_observation({"OTHER": Seen(stock(5), SKU_ID)}, AT)
    files = {
        "demo/store.yaml": f"site_id: {SITE}\n",
        "demo/a.yaml": "skus:\n  A: 5\n",
        "demo/.seen/1.yaml": text,
        "demo/.seen/2.yaml": text,
    }
    found = build_desired("demo", "demo", [(p, t.encode()) for p, t in files.items()], [])

    assert (list(found.declared), len(found.observations)) == (["A"], 2)
