"""Folders → stores and files: what is read, what is passed over, what is refused."""

import os
from pathlib import Path

import pytest

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


def _refusal(folder: Path) -> str:
    problems: list[Problem] = []
    assert list(read_files(folder, problems)) == []
    return "\n".join(map(str, problems))


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """A pipe is refused, not waited for."""
    os.mkfifo(tmp_path / "a.yaml")

    assert "is not a regular file" in _refusal(tmp_path)


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/hostname", "missing"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    """A link to a file or a device is refused, wherever it leads."""
    (tmp_path / "a.yaml").symlink_to(target)

    assert "is a link" in _refusal(tmp_path)


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    """A linked folder is refused rather than silently left out."""
    (tmp_path / "sub").symlink_to("/etc")

    assert "is a link" in _refusal(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file of a gigabyte is refused by its size."""
    with (tmp_path / "a.yaml").open("wb") as file:
        file.truncate(1 << 30)

    assert "is larger than 16 MiB" in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ([], "There is no store in this folder"),
        (["Demo"], "A store's name consists of"),
        (["a_b"], "Rename the folder"),
    ],
)
def test_stores_have_plain_names(tmp_path: Path, folders: list[str], said: str) -> None:
    """An inventory without a store, or with a name that cannot be one, is an error."""
    for name in folders:
        (tmp_path / name).mkdir()
    problems: list[Problem] = []

    assert find_stores(tmp_path, problems) == []
    assert said in str(problems[0])


def test_a_wrong_path_is_an_error(tmp_path: Path) -> None:
    """A folder that is not there is never `no changes`."""
    problems: list[Problem] = []
    find_stores(tmp_path / "nowhere", problems)

    assert "There is no such folder" in str(problems[0])


def test_what_lies_beside_the_stores_is_told(tmp_path: Path) -> None:
    """A file one folder too high and a misnamed store hide nothing else."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "My Shop").mkdir()
    (tmp_path / "new.yaml").write_text("skus: {A: 1}")
    (tmp_path / "README.md").write_text("x")
    problems: list[Problem] = []

    assert find_stores(tmp_path, problems) == ["demo"]
    assert [str(problem).removeprefix(f"{tmp_path}/") for problem in problems] == [
        "My Shop: error: A store's name consists of a-z, 0-9, and -. Rename the folder.",
        "new.yaml: error: This belongs to no store. Move it into a store's folder.",
    ]


def test_settings_have_one_name(tmp_path: Path) -> None:
    """store.yml is not taken for stock."""
    (tmp_path / "store.yml").write_text("site_id: x")

    assert "Rename it to store.yaml." in _refusal(tmp_path)
