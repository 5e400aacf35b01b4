"""Which base → its texts: the YAML at a commit, or what a record says was applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import HistoryError, NoBaseError, OldCommitError
from reconciler.git.repository import Repository
from reconciler.records.records import (
    APPLIED_FILE,
    INTENDED_FILE,
    RECORD_FILE,
    Record,
    parse_record,
    ref_of,
)


@dataclass(frozen=True, slots=True)
class BaseTexts:
    """The base as files: of a whole store's folder, or (`record` is given) just what was applied.

    Paths are those of the files at the commit; `odd` are those that are no regular files.
    `intended` is what would hold if an intent, of which there is no receipt, all came about.
    """

    commit: str
    source: str
    date: str
    files: tuple[tuple[str, bytes], ...]
    odd: tuple[str, ...]
    record: Record | None = None
    intended: tuple[tuple[str, bytes], ...] = ()


def find_base(
    repository: Repository, folder: Path, store: str, ref: str | None
) -> BaseTexts | None:
    """Return the base that *ref* names (a record or any commit), or else the store's last record.

    *folder* is the store's. Returns None where there is no record and none was named; raises
    NoBaseError for a *ref* that names nothing.
    """
    at = ref if ref is not None else repository.find_ref(ref_of(store))
    if at is None:
        return None
    inside = path_below_top(repository, folder)
    wanted = (RECORD_FILE, APPLIED_FILE, INTENDED_FILE, inside) if inside else ()
    named = repository.read_commit(at, *wanted)
    if named is None:
        raise NoBaseError(f"{ref} names no commit here; fetch it, or name another")
    commit, day = named.id, named.day
    blobs = dict(named.files)
    content = blobs.get(RECORD_FILE)
    record = parse_record(commit, content) if content is not None else None
    if record is None:
        texts = _at_commit(blobs, inside, folder, commit, day)
        if not texts.files:
            _refuse_detours(repository, commit, inside)
        return texts
    if record.store != store:
        raise NoBaseError(
            f"{ref or commit[:7]} is a record of the store {record.store}, not of {store};"
            " name another --base"
        )
    applied, intended = (
        tuple((f"{ref_of(store)}/{name}", content) for content in [blobs.get(name)] if content)
        for name in (APPLIED_FILE, INTENDED_FILE)
    )
    return BaseTexts(commit, record.source, day, applied, (), record, intended)


def _at_commit(
    blobs: Mapping[str, bytes | None], inside: str, folder: Path, commit: str, day: str
) -> BaseTexts:
    """Return the YAML that stood in *folder* at *commit*."""
    prefix = f"{inside}/" if inside else ""
    files, odd, shown_folder = [], [], folder.as_posix()
    for path, content in blobs.items():
        name = path.removeprefix(prefix)
        if not path.startswith(prefix):
            continue
        shown = f"{shown_folder}/{name}"
        if content is None:
            odd.append(shown)  # a link or a submodule: what stands there is not told
        elif _is_yaml(name):
            files.append((shown, content))
    return BaseTexts(commit, commit, day, tuple(files), tuple(odd))


def _refuse_detours(repository: Repository, commit: str, inside: str) -> None:
    """Raise NoBaseError where a link or a submodule lies on the way to the folder *inside*."""
    parts = inside.split("/") if inside else []
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        mode = repository.mode_at(commit, path)
        if mode not in {"040000", ""}:
            raise NoBaseError(
                f"{path} was a link or a submodule at {commit[:7]}, so what was declared there is"
                " not told; name a later commit"
            )
        if not mode:
            return


def find_elsewhere(repository: Repository, base: BaseTexts, site_id: str) -> str | None:
    """Return where the store of *site_id* stood at a base that does not have it where it is now."""
    if base.files or base.record is not None:
        return None
    found = repository.files_with(base.commit, site_id, "store.yaml")
    return found[0] if found else None


def path_below_top(repository: Repository, folder: Path) -> str:
    """Return the path of *folder* below the top of the work tree, '' for the top itself."""
    return folder.resolve().relative_to(repository.top).as_posix().removesuffix(".")


def _is_yaml(path: str) -> bool:
    *folders, name = path.split("/")
    hidden = any(part.startswith(".") for part in (*folders, name))
    return name.lower().endswith((".yaml", ".yml")) and not hidden


def refuse_old_commit(repository: Repository, head: str | None, base: BaseTexts) -> None:
    """Raise OldCommitError when *head* is neither what was applied last nor made after it.

    That is an old run, run again: it would undo what was applied since. Raises HistoryError where
    a shallow clone cannot tell.
    """
    if base.record is None:
        return
    known = None if head is None else repository.descends(head, base.source)
    if known is None:
        raise HistoryError(
            f"it cannot be told whether {(head or 'HEAD')[:7]} was made after {base.source[:7]},"
            " which was applied last, since this clone is shallow or lacks it;"
            " deepen it: git fetch --unshallow (in Actions: fetch-depth: 0)"
        )
    if not known:
        raise OldCommitError(
            f"{(head or '')[:7]} is not {base.source[:7]}, which was applied last, and does not"
            " descend from it; it is an old run, or another branch. Nothing was written."
            " Run apply on what is now the main branch"
        )
