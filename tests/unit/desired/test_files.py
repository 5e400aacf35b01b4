"""Folders → stores and files: what is read, what is passed over, what is refused."""

import os
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from reconciler.desired.files import find_stores, read_files
from reconciler.errors import Problem


def test_yaml_files_in_any_depth_are_read(tmp_path: Path) -> None:
    """`.yaml` and `.yml` are read in any depth; other files and hidden ones are not."""
    for name in (
        "store.yaml",
        "b/c.yml",
        "a.yaml",
        ".hidden.yaml",
        ".git/x.yaml",
        "notes.txt",
        "sandbox.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)

    files = read_files(tmp_path, [])
    names = [Path(path).relative_to(tmp_path).as_posix() for path, _ in files]
    assert names == ["store.yaml", "a.yaml", "b/c.yml"]


def _refused(folder: Path) -> list[str]:
    """Return the names of the entries that are refused. Nothing is read."""
    problems: list[Problem] = []
    assert list(read_files(folder, problems)) == []
    return [Path(problem.path).name for problem in problems]


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """A pipe is refused, not waited for."""
    os.mkfifo(tmp_path / "a.yaml")

    assert _refused(tmp_path) == ["a.yaml"]


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/hostname", "missing"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    """A link to a file or a device is refused, wherever it leads."""
    (tmp_path / "a.yaml").symlink_to(target)

    assert _refused(tmp_path) == ["a.yaml"]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    """A linked folder is refused rather than silently left out."""
    (tmp_path / "sub").symlink_to("/etc")

    assert _refused(tmp_path) == ["sub"]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file of a gigabyte is refused by its size."""
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(1 << 30)

    assert _refused(tmp_path) == ["a.yaml"]


@pytest.mark.parametrize(
    ("folders", "place"),
    [([], "."), (["Demo"], "Demo"), (["a_b"], "a_b")],
)
def test_stores_have_plain_names(tmp_path: Path, folders: list[str], place: str) -> None:
    """An inventory without a store, or with a name that cannot be one, is an error."""
    for name in folders:
        (tmp_path / name).mkdir()
    problems: list[Problem] = []

    assert find_stores(tmp_path, problems) == []
    assert Path(problems[0].path) == tmp_path / place


def test_a_wrong_path_is_an_error(tmp_path: Path) -> None:
    """A folder that is not there is never `no changes`."""
    problems: list[Problem] = []
    find_stores(tmp_path / "nowhere", problems)

    assert [Path(problem.path) for problem in problems] == [tmp_path / "nowhere"]


def test_what_lies_beside_the_stores_is_told(tmp_path: Path) -> None:
    """A file one folder too high and a misnamed store hide nothing else."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "My Shop").mkdir()
    (tmp_path / "new.yaml").write_text("skus: {A: 1}")
    (tmp_path / "README.md").write_text("x")
    problems: list[Problem] = []

    assert find_stores(tmp_path, problems) == ["demo"]
    assert [Path(problem.path).name for problem in problems] == ["My Shop", "new.yaml"]


def test_refusal_wording(tmp_path: Path, wording: SnapshotAssertion) -> None:
    """Entries of an inventory and of a store that are not read."""
    for path in ("My Shop/x", "new.yaml", "demo/store.yml", "demo/huge.yaml"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("skus: {A: 1}")
    os.truncate(tmp_path / "demo/huge.yaml", 1 << 30)
    (tmp_path / "demo/file.yaml").symlink_to("/etc/hostname")
    (tmp_path / "demo/folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "demo/pipe.yaml")
    (tmp_path / "empty").mkdir()
    problems: list[Problem] = []
    for folder in (tmp_path / "nowhere", tmp_path / "empty", tmp_path):
        find_stores(folder, problems)
    list(read_files(tmp_path / "demo", problems))
    lines = (str(problem).replace(str(tmp_path), "INVENTORY") for problem in problems)
    assert "".join(f"{line}\n" for line in lines) == wording


def test_settings_have_one_name(tmp_path: Path) -> None:
    """store.yml is not taken for stock."""
    (tmp_path / "store.yml").write_text("site_id: x")

    assert _refused(tmp_path) == ["store.yml"]
