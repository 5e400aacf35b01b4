"""Which base → its texts: the YAML at a commit, or what a record says was applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import HistoryError, NoBaseError, OldCommitError
from reconciler.history.git import Repository
from reconciler.history.records import APPLIED_FILE, RECORD_FILE, Record, parse_record, ref_of


@dataclass(frozen=True, slots=True)
class BaseTexts:
    """The base as files: of a whole store's folder, or (`record` is given) just what was applied.

    Paths are those of the files at the commit; `odd` are those that are no regular files.
    """

    commit: str
    source: str
    date: str
    files: tuple[tuple[str, bytes], ...]
    odd: tuple[str, ...]
    record: Record | None


def find_base(
    repository: Repository, folder: Path, store: str, ref: str | None
) -> BaseTexts | None:
    """Return the base that *ref* names (a record or any commit), or else the store's last record.

    *folder* is the store's. Returns None where there is no record and none was named; raises
    NoBaseError for a *ref* that names nothing.
    """
    named = repository.find_commit_and_day(ref or ref_of(store))
    if named is None:
        if ref is None:
            return None
        raise NoBaseError(f"{ref} names no commit here; fetch it, or name another")
    commit, day = named
    inside = path_below_top(repository, folder)
    wanted = (RECORD_FILE, APPLIED_FILE, inside) if inside else ()
    blobs = {blob.path: blob.content for blob in repository.read_files(commit, *wanted)}
    content = blobs.get(RECORD_FILE)
    if content is None:
        return _at_commit(blobs, inside, folder, commit, day)
    record = parse_record(commit, content)
    if record.store != store:
        raise NoBaseError(
            f"{ref or commit[:7]} is a record of the store {record.store}, not of {store};"
            " name another --base"
        )
    applied = blobs.get(APPLIED_FILE)
    files = ((f"{ref_of(store)}/{APPLIED_FILE}", applied),) if applied is not None else ()
    return BaseTexts(commit, record.source, day, files, (), record)


def _at_commit(
    blobs: Mapping[str, bytes | None], inside: str, folder: Path, commit: str, day: str
) -> BaseTexts:
    """Return the YAML that stood in *folder* at *commit*."""
    prefix = f"{inside}/" if inside else ""
    files, odd = [], []
    for path, content in blobs.items():
        name = path.removeprefix(prefix)
        if path.startswith(prefix) and _is_yaml(name):
            shown = f"{folder.as_posix()}/{name}"
            if content is None:
                odd.append(shown)
            else:
                files.append((shown, content))
    return BaseTexts(commit, commit, day, tuple(files), tuple(odd), None)


def path_below_top(repository: Repository, folder: Path) -> str:
    """Return where *folder*, which lies in the repository's own folder, is for git."""
    inside = folder.resolve().relative_to(repository.folder.resolve())
    return f"{repository.prefix}{inside.as_posix()}".removesuffix("/.").removesuffix(".")


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
