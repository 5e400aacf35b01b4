"""Which base → its texts: the YAML at a commit, or what a record says was applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import HistoryError, NoBaseError, OldCommitError
from reconciler.git.repository import Repository
from reconciler.records.ledgers import INTENDED_LEDGER_FILE, LEDGER_FILE
from reconciler.records.records import (
    APPLIED_FILE,
    FILES,
    INTENDED_FILE,
    MAX_BYTES,
    RECORD_FILE,
    RELEASED_FILE,
    SHOP_FILE,
    Record,
    parse_record,
    ref_of,
)


@dataclass(frozen=True, slots=True)
class BaseTexts:
    """The base as files: of a whole store's folder, or (`record` is given) just what was applied.

    Paths are those of the files at the commit; `odd` are those that are no regular files.
    `intended` is what would hold if an intent, of which there is no receipt, all came about,
    `released` the levels of SKUs that no file declares; `shop`, `ledger`, and `intended_ledger` are
    the contents of files of a record.
    """

    commit: str
    source: str
    date: str
    files: tuple[tuple[str, bytes], ...]
    odd: tuple[str, ...]
    record: Record | None = None
    intended: tuple[tuple[str, bytes], ...] = ()
    released: tuple[tuple[str, bytes], ...] = ()
    shop: bytes = b"{}"
    ledger: bytes = b"[]"
    intended_ledger: bytes = b"[]"


def find_base(
    repository: Repository, folder: Path, site_id: str, ref: str | None
) -> BaseTexts | None:
    """Return the base that *ref* names (a record or any commit), or else the site's last record.

    *folder* is the store's. Returns None where there is no record and none was named.

    Raises:
        NoBaseError: *ref* names nothing, or a record of another site.
        HistoryError: A record can't be read.
    """
    own = ref_of(site_id)
    at = ref if ref is not None else repository.find_ref(own)
    if at is None:
        return None
    inside = path_below_top(repository, folder)
    _refuse_huge(repository, at, ref or own)
    named = repository.read_commit(at, *((*FILES, inside) if inside else ()))
    if named is None:
        raise NoBaseError(f"{ref} names no commit here; fetch it, or name another")
    commit, day = named.id, named.day
    blobs = dict(named.files)
    record = _read_record(commit, blobs.get(RECORD_FILE), ref or own)
    if record is not None:
        return _of_record(commit, day, record, blobs, site_id, ref or own)
    if ref is None:
        raise HistoryError(f"{own} holds no record, but something else ({commit[:7]}). Delete it.")
    texts = _at_commit(blobs, inside, folder, commit, day)
    if not texts.files:
        _refuse_detours(repository, commit, inside)
    return texts


def _read_record(commit: str, content: bytes | None, ref: str) -> Record | None:
    """Return the record in *content*; raise HistoryError, with the name of the *ref*."""
    try:
        return parse_record(commit, content) if content is not None else None
    except HistoryError as error:
        error.add_note(f"It is at {ref}.")
        raise


def _of_record(
    commit: str,
    day: str,
    record: Record,
    blobs: Mapping[str, bytes | None],
    site_id: str,
    ref: str,
) -> BaseTexts:
    """Return the base in a record; raise NoBaseError for a record of another site."""
    if record.site_id != site_id:
        raise NoBaseError(
            f"{ref} is a record of the site {record.site_id}, not of {site_id}; name another --base"
        )
    own = ref_of(site_id)
    missing = [name for name in record.files if blobs.get(name) is None]
    if missing:
        raise HistoryError(
            f"The record {commit[:7]} at {ref} lacks {missing[0]}. If the shop has what is"
            " committed: reconciler base set HEAD"
        )
    applied, intended, released = (
        tuple((f"{own}/{name}", content) for content in [blobs.get(name)] if content)
        for name in (APPLIED_FILE, INTENDED_FILE, RELEASED_FILE)
    )
    ledger, intended_ledger = (
        b"[]" if (content := blobs.get(name)) is None else content
        for name in (LEDGER_FILE, INTENDED_LEDGER_FILE)
    )
    shop = blobs.get(SHOP_FILE) or b"{}"
    return BaseTexts(
        commit,
        record.source,
        day,
        applied,
        (),
        record,
        intended,
        released,
        shop,
        ledger,
        intended_ledger,
    )


def _refuse_huge(repository: Repository, at: str, ref: str) -> None:
    """Raise HistoryError for a record that is larger than any apply makes one."""
    size = repository.size_of(at, RECORD_FILE, APPLIED_FILE, RELEASED_FILE, SHOP_FILE, LEDGER_FILE)
    if size > MAX_BYTES:
        raise HistoryError(f"The record at {ref} is larger than {MAX_BYTES // 2**20} MiB.")


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
            " Run apply on what is now the main branch. If its history was rewritten and the shop"
            " has what is committed: reconciler base set HEAD"
        )
