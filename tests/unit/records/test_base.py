"""The base: the files at a commit, or the levels in a record."""

from pathlib import Path

import pytest
from factories import OTHER_SITE, SITE, Workspace
from msgspec.structs import replace

from reconciler.errors import HistoryError, NoBaseError, OldCommitError
from reconciler.exit_codes import ExitCode
from reconciler.git.repository import Repository, open_repository
from reconciler.records.base import (
    BaseTexts,
    find_base,
    find_elsewhere,
    path_below_top,
    refuse_old_commit,
)
from reconciler.records.records import Record, RecordKind, make_record, ref_of

FOLDER = Path("inventory/demo")
YAML, APPLIED = "skus: {A: 5}\n", "skus: {A: 3}\n"
RELEASED, SHOP = "skus: {B: 1}\n", '{"A": ["id-A", 3, ""]}\n'


def _open(workspace: Workspace) -> Repository:
    found = open_repository(workspace.folder)
    assert found is not None
    return found


def _commit(workspace: Workspace, *paths: str) -> Repository:
    """Commit files with the same text at *paths*."""
    for path in paths or ("inventory/demo/a.yaml",):
        workspace.write(path, YAML)
    workspace.commit()
    return _open(workspace)


def _base(repository: Repository, ref: str | None = "HEAD", folder: Path = FOLDER) -> BaseTexts:
    base = find_base(repository, folder, SITE, ref)
    assert base is not None
    return base


def _record(repository: Repository, site: str = SITE) -> str:
    """Add a receipt of HEAD to the records of *site*, and return its commit."""
    source = repository.find_commit("HEAD") or ""
    fingerprint = f"sha256:{1:064}"
    record = Record(RecordKind.RECEIPT, "run", "demo", site, source, None, fingerprint, "", "1")
    files = {
        "applied.yaml": APPLIED,
        "released.yaml": RELEASED,
        "shop.json": SHOP,
    }
    commit = make_record(repository, record, files, "apply")
    repository.set_ref(ref_of(site), commit, None)
    return commit


def test_find_base_at_commit_returns_yaml_of_the_folder(workspace: Workspace) -> None:
    """All YAML files in the store's folder as committed, and nothing else."""
    told = ["a.yaml", "sub/b.YML"]
    others = ["notes.md", ".hidden.yaml", ".old/c.yaml", "../other/d.yaml", "../demo2/e.yaml"]
    repository = _commit(workspace, *(f"inventory/demo/{name}" for name in (*told, *others)))
    workspace.write("inventory/demo/a.yaml", "skus: {A: 99}\n")
    base = _base(repository)

    assert base.files == tuple((f"inventory/demo/{name}", YAML.encode()) for name in told)
    assert (base.commit, base.source) == (repository.find_commit("HEAD"),) * 2
    assert (base.odd, base.record) == ((), None)


@pytest.mark.parametrize("where", [".", "inventory"])
def test_find_base_returns_paths_relative_to_given_folder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """From a folder below the top, the same files have shorter paths."""
    repository = _commit(workspace)
    monkeypatch.chdir(workspace.folder / where)
    folder = FOLDER.relative_to(where) if where != "." else FOLDER

    assert [path for path, _ in _base(repository, folder=folder).files] == [f"{folder}/a.yaml"]


def test_find_base_of_top_folder_returns_its_yaml(workspace: Workspace) -> None:
    """A repository can be a single store."""
    repository = _commit(workspace, "a.yaml")

    assert path_below_top(repository, workspace.folder) == ""
    assert [content for _, content in _base(repository, folder=Path()).files] == [YAML.encode()]


def test_find_base_with_link_lists_it_as_odd(workspace: Workspace) -> None:
    """A link is not followed."""
    _commit(workspace)
    (workspace.folder / FOLDER / "link.yaml").symlink_to("a.yaml")
    base = _base(_commit(workspace))

    assert [path for path, _ in base.files] == ["inventory/demo/a.yaml"]
    assert base.odd == ("inventory/demo/link.yaml",)


@pytest.mark.parametrize("link", ["inventory", "inventory/demo"])
def test_find_base_with_link_in_the_path_raises(workspace: Workspace, link: str) -> None:
    """An empty base would make every SKU new."""
    workspace.write("elsewhere/demo/a.yaml", YAML)
    place = workspace.folder / link
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(workspace.folder / "elsewhere" / FOLDER.relative_to("inventory"))
    workspace.commit()
    place.unlink()
    (workspace.folder / FOLDER).mkdir(parents=True)

    with pytest.raises(NoBaseError, match=link):
        _base(_open(workspace))


def test_find_base_of_missing_folder_is_empty(workspace: Workspace) -> None:
    """A new store has a base without declarations."""
    repository = _commit(workspace, "other.yaml")

    assert _base(repository).files == ()


def test_find_base_without_record_is_none(workspace: Workspace) -> None:
    """Without a record and a name, nothing is guessed."""
    assert find_base(_commit(workspace), FOLDER, SITE, None) is None


def test_find_base_of_unknown_ref_raises(workspace: Workspace) -> None:
    """A typo does not count as no base. The error repeats it."""
    with pytest.raises(NoBaseError, match="v1-typo") as caught:
        find_base(_commit(workspace), FOLDER, SITE, "v1-typo")
    assert caught.value.exit_code is ExitCode.FAILED


@pytest.mark.parametrize("by_name", [True, False])
def test_find_base_with_record_returns_applied_levels(workspace: Workspace, by_name: bool) -> None:
    """The last record counts, and can be named by its id."""
    repository = _commit(workspace)
    source, commit = repository.find_commit("HEAD"), _record(repository)
    workspace.commit("later")
    base = _base(repository, commit if by_name else None)

    assert (base.commit, base.source) == (commit, source)
    assert [content for _, content in base.files] == [APPLIED.encode()]
    assert base.told is not None and base.told.record.store == "demo"
    assert [content for _, content in base.told.released] == [RELEASED.encode()]
    assert [content for _, content in base.told.shop] == [SHOP.encode()]


def test_find_base_with_record_of_another_site_raises(workspace: Workspace) -> None:
    """Records of one shop say nothing about another."""
    repository = _commit(workspace)

    with pytest.raises(NoBaseError, match=OTHER_SITE):
        find_base(repository, FOLDER, SITE, _record(repository, OTHER_SITE))


def test_find_elsewhere_returns_former_path_of_moved_store(workspace: Workspace) -> None:
    """A store without files at the base is searched by its site."""
    workspace.write("shops/old/store.yaml", f"site_id: {SITE}\n")
    repository = _commit(workspace, "other.yaml")
    base = _base(repository)

    assert find_elsewhere(repository, base, SITE) == "shops/old/store.yaml"
    assert find_elsewhere(repository, base, "5" * 24) is None
    assert find_elsewhere(repository, replace(base, files=(("a", b""),)), SITE) is None


def test_refuse_old_commit_accepts_only_descendants(workspace: Workspace) -> None:
    """An earlier commit or another branch would undo later applies."""
    old = _commit(workspace).find_commit("HEAD")
    workspace.commit("applied")
    repository = _open(workspace)
    _record(repository)
    base, applied = _base(repository, None), repository.find_commit("HEAD")
    later = workspace.commit("later")
    workspace.git("checkout", "--quiet", "-b", "side", f"{applied}~1")
    side = workspace.commit("side")

    refuse_old_commit(repository, applied, base)
    refuse_old_commit(repository, later, base)
    for commit in (old, side):
        with pytest.raises(OldCommitError) as caught:
            refuse_old_commit(repository, commit, base)
        assert caught.value.exit_code is ExitCode.MOVED
    refuse_old_commit(repository, old, _base(repository, "HEAD"))  # any commit, named by hand


@pytest.mark.parametrize("head", [None, "HEAD"])
def test_refuse_old_commit_without_history_raises(workspace: Workspace, head: str | None) -> None:
    """Without a head or the applied commit, it can't be checked."""
    repository = _commit(workspace)
    _record(repository)
    base = replace(_base(repository, None), source="d" * 40)

    with pytest.raises(HistoryError):
        refuse_old_commit(repository, head, base)
