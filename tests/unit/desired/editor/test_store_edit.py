"""What an edit would make of the files is read again, and replaced as a whole or not at all."""

from pathlib import Path

import pytest
from factories import SITE
from hypothesis import given
from hypothesis import strategies as st

from reconciler.atomic_files import replace_files
from reconciler.desired.editor.store_edit import BOM, meaning_of, revise, verify
from reconciler.desired.loader import build_desired
from reconciler.errors import EditError, ReconcilerError
from reconciler.model import DesiredState, Rule, finite

SETTINGS = f"site_id: {SITE}\nrule: on_change\n".encode()


def _store(*texts: bytes) -> tuple[DesiredState, dict[str, bytes]]:
    files = {"demo/store.yaml": SETTINGS}
    files |= {f"demo/{name}.yaml": text for name, text in zip("abc", texts, strict=False)}
    return build_desired("demo", "demo", files.items(), []), files


def test_a_mark_and_line_ends_stay() -> None:
    """What a file begins with, and how its lines end."""
    desired, files = _store(BOM + b"skus:\r\n  A: 5\r\n", b"skus:\n  B: 5\n")
    assert revise(desired, files, {"A": finite(7), "B": finite(5)}) == {
        "demo/a.yaml": BOM + b"skus:\r\n  A: 7\r\n"
    }


def test_what_would_read_otherwise_is_refused() -> None:
    """A SKU that is another, missing, or too many; and a file that is not acceptable."""
    desired, files = _store(b"skus:\n  A: 5\n  B: 6\n")
    meant = {sku: meaning_of(entry) for sku, entry in desired.declared.items()}
    verify(desired, files, meant)
    for text in (
        b"skus:\n  A: 5\n  B: 7\n",
        b"skus:\n  A: 5\n",
        b"skus:\n  A: 5\n  B: 6\n  C: 1\n",
    ):
        with pytest.raises(EditError, match="would not read as it is meant"):
            verify(desired, files | {"demo/a.yaml": text}, meant)
    with pytest.raises(EditError, match="would not be accepted"):
        verify(desired, files | {"demo/a.yaml": b"skus:\n  A: 05\n"}, meant)


@given(
    st.lists(st.sampled_from(list(Rule)), min_size=1, max_size=5),
    st.dictionaries(st.integers(0, 4), st.integers(0, 9)),
)
def test_revised_files_mean_what_was_wanted(rules: list[Rule], edits: dict[int, int]) -> None:
    """Whatever rules the SKUs of two files have, and whichever of them change."""
    lines = [f"  S{n}: {{quantity: 5, rule: {rule}}}\n" for n, rule in enumerate(rules)]
    half = max(1, len(lines) // 2)
    texts = ["".join(lines[:half]), "".join(lines[half:])]
    desired, files = _store(*(f"skus:\n{text}".encode() for text in texts if text))
    wanted = {f"S{n}": finite(number) for n, number in edits.items() if n < len(rules)}
    after = build_desired("demo", "demo", (files | revise(desired, files, wanted)).items(), [])
    for number, (sku, entry) in enumerate(after.declared.items()):
        assert (entry.stock, entry.rule) == (wanted.get(sku, finite(5)), rules[number])


def _begin(folder: Path) -> dict[str, bytes]:
    before = {(folder / name).as_posix(): b"1" for name in ("a", "b")}
    for name, content in before.items():
        Path(name).write_bytes(content)
    return before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_breaks_off_half_way_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Also by a signal; folders that were made are gone again."""
    before = _begin(tmp_path)
    new = tmp_path / "new/c"
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target == new:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(EditError if isinstance(error, OSError) else KeyboardInterrupt):
        replace_files(dict.fromkeys(before, b"2") | {new.as_posix(): b"2"}, before)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"1", "b": b"1"}


def test_what_cannot_be_put_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence never says that nothing was changed where something was."""
    before = _begin(tmp_path)
    done: list[Path] = []
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if done:
            raise OSError(30, "Read-only file system", "b")
        done.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ReconcilerError, match=r"could not be restored: .*/a\. Check"):
        replace_files(dict.fromkeys(before, b"2"), before)


def test_a_file_that_changed_or_is_read_only_is_left(tmp_path: Path) -> None:
    """Somebody else's edit, and somebody's wish, go first."""
    before = _begin(tmp_path)
    (tmp_path / "b").write_bytes(b"other")
    with pytest.raises(EditError, match="b changed during"):
        replace_files(dict.fromkeys(before, b"2"), before)
    (tmp_path / "b").write_bytes(b"1")
    (tmp_path / "b").chmod(0o444)
    with pytest.raises(EditError, match="b is read-only"):
        replace_files(dict.fromkeys(before, b"2"), before)
    assert (tmp_path / "a").read_bytes() == b"1"
