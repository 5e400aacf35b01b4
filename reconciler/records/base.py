"""Read the files of a base: the YAML at a commit, or the levels in a record."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from reconciler.errors import HistoryError, NoBaseError, OldCommitError
from reconciler.git.file_versions import read_blobs
from reconciler.git.repository import Repository
from reconciler.records.batches import BATCH_FILE, DOUBT_FILE, Batch, parse_batch, parse_run
from reconciler.records.ledgers import LEDGER_FILE
from reconciler.records.records import (
    APPLIED_FILE,
    MAX_BYTES,
    OTHER_FILES,
    RECORD_FILE,
    RELEASED_FILE,
    Record,
    parse_record,
    ref_of,
)
from reconciler.records.shards import find_parts, paths_of
from reconciler.records.shop import SHOP_FILE
from reconciler.records.stocks import START_OVER

Files = tuple[tuple[str, bytes], ...]


class RecordTexts(Struct, frozen=True):
    """The files of a record, as pairs of path and content, and its batches, oldest first."""

    record: Record
    released: Files = ()
    shop: Files = ()
    ledger: Files = ()
    doubt: Files = ()
    batches: tuple[Batch, ...] = ()

    @property
    def deadline(self) -> datetime | None:
        """Return until when a run may write, by the shop's clock; None if no run holds the lock."""
        return next((one.deadline for one in reversed(self.batches) if one.deadline), None)

    @property
    def is_unlocked(self) -> bool:
        """Whether the record is a receipt, or `base unlock` ended its run."""
        return not self.record.is_intent or any(one.unlocked_by for one in self.batches)


class BaseTexts(Struct, frozen=True):
    """The base as files: a store's folder at a commit or, with `told`, the levels of a record.

    Paths are those at the commit. `odd` are the paths of links and submodules.
    """

    commit: str
    source: str
    date: str
    files: Files
    odd: tuple[str, ...]
    told: RecordTexts | None = None

    @property
    def record(self) -> Record | None:
        """Return the record, or None for another commit."""
        return self.told.record if self.told else None


def find_base(
    repository: Repository, folder: Path, site_id: str, ref: str | None
) -> BaseTexts | None:
    """Return the base at *ref* (a record or any commit), by default the site's last record.

    *folder* is the store's folder. Returns None without *ref* and without a record.

    Raises:
        NoBaseError: *ref* is not a commit, or it is a record of another site.
        HistoryError: A record can't be read.
    """
    own = ref_of(site_id)
    at = ref if ref is not None else repository.find_ref(own)
    if at is None:
        return None
    inside = path_below_top(repository, folder)
    _refuse_huge(repository, at, ref or own, RECORD_FILE)
    named = repository.read_commit(at, *((RECORD_FILE, inside) if inside else ()))
    if named is None:
        raise NoBaseError(f"No commit {ref} in this clone. Fetch it, or name another one.")
    commit, day = named.id, named.day
    blobs = dict(named.files)
    record = _read_record(commit, blobs.get(RECORD_FILE), ref or own)
    if record is not None:
        if record.site_id != site_id:
            raise NoBaseError(
                f"{ref or own} is a record of site {record.site_id}, not of {site_id}. Name another"
                " commit with --base."
            )
        told = _read_files(repository, commit, record, ref or own)
        return replace(told, date=day)
    if ref is None:
        raise HistoryError(
            f"The commit {commit[:7]} at {own} is not a record. To delete it, run"
            f" `git update-ref -d {own}`."
        )
    texts = _at_commit(blobs, inside, folder, commit, day)
    if not texts.files:
        _refuse_detours(repository, commit, inside)
    return texts


def _read_record(commit: str, content: bytes | None, ref: str) -> Record | None:
    """Return the record in *content*, if any; raise HistoryError with the *ref* as a note."""
    try:
        return parse_record(commit, content) if content is not None else None
    except HistoryError as error:
        error.add_note(f"The record is at {ref}.")
        raise


def _read_files(repository: Repository, commit: str, record: Record, ref: str) -> BaseTexts:
    """Return the base in a record; raise HistoryError if a file is missing."""
    wanted = [path for name in OTHER_FILES for path in paths_of(name)]
    _refuse_huge(repository, commit, ref, *wanted)
    found = repository.read_commit(commit, *wanted)
    blobs = {path: content for path, content in (found.files if found else ()) if content}
    parts = {name: find_parts(name, blobs) for name in OTHER_FILES}
    missing = [name for name in record.files if not parts.get(name)]
    if missing:
        raise HistoryError(f"The record {commit[:7]} at {ref} lacks {missing[0]}. {START_OVER}")
    own = ref_of(record.site_id)

    def read(name: str) -> Files:
        return tuple((f"{own}/{path}", blobs[path]) for path in parts[name])

    batches = (
        _read_batches(repository, commit, record)
        if record.is_intent
        else _kept_deadline(commit, blobs.get(BATCH_FILE))
    )
    told = RecordTexts(
        record, read(RELEASED_FILE), read(SHOP_FILE), read(LEDGER_FILE), read(DOUBT_FILE), batches
    )
    return BaseTexts(commit, record.source, "", read(APPLIED_FILE), (), told)


def _read_batches(repository: Repository, commit: str, record: Record) -> tuple[Batch, ...]:
    """Return the batches of a run that has not ended, oldest first."""
    since = [f"^{record.previous}"] if record.previous else []
    how = ("rev-list", "--first-parent", "--reverse", commit, *since)
    commits = repository.run(*how).decode().split()
    names = {one: f"{one}:{BATCH_FILE}" for one in commits}
    repository.fetch_missing(*commits, paths=(BATCH_FILE,))
    contents = read_blobs(repository, names.values())
    return parse_run((one[:7], contents[name]) for one, name in names.items() if name in contents)


def _kept_deadline(commit: str, content: bytes | None) -> tuple[Batch, ...]:
    """Return the deadline of a crashed run, which `base set` and `base settle` keep."""
    head = parse_batch(commit[:7], content) if content else Batch(None)
    return (Batch(head.deadline),) if head.deadline else ()


def _refuse_huge(repository: Repository, at: str, ref: str, *names: str) -> None:
    """Raise HistoryError if files of a record are larger than any apply writes."""
    if repository.size_of(at, *names) > MAX_BYTES:
        raise HistoryError(
            f"The record at {ref} is larger than {MAX_BYTES // 2**20} MiB. {START_OVER}"
        )


def _at_commit(
    blobs: Mapping[str, bytes | None], inside: str, folder: Path, commit: str, day: str
) -> BaseTexts:
    """Return the YAML files in *folder* at *commit*."""
    prefix = f"{inside}/" if inside else ""
    files, odd, shown_folder = [], [], folder.as_posix()
    for path, content in blobs.items():
        name = path.removeprefix(prefix)
        if not path.startswith(prefix):
            continue
        shown = f"{shown_folder}/{name}"
        if content is None:
            odd.append(shown)  # a link or a submodule
        elif _is_yaml(name):
            files.append((shown, content))
    return BaseTexts(commit, commit, day, tuple(files), tuple(odd))


def _refuse_detours(repository: Repository, commit: str, inside: str) -> None:
    """Raise NoBaseError if a link or a submodule is on the path to the folder *inside*."""
    parts = inside.split("/") if inside else []
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        mode = repository.mode_at(commit, path)
        if mode not in {"040000", ""}:
            raise NoBaseError(
                f"{path} was a link or a submodule at {commit[:7]}, so its YAML can't be read."
                " Name a later commit."
            )
        if not mode:
            return


def find_elsewhere(repository: Repository, base: BaseTexts, site_id: str) -> str | None:
    """Return the path of `store.yaml` at a base where the store had another folder, else None."""
    if base.files or base.told is not None:
        return None
    found = repository.files_with(base.commit, site_id, "store.yaml")
    return found[0] if found else None


def path_below_top(repository: Repository, folder: Path) -> str:
    """Return the path of *folder* relative to the top of the work tree, '' for the top."""
    return folder.resolve().relative_to(repository.top).as_posix().removesuffix(".")


def _is_yaml(path: str) -> bool:
    *folders, name = path.split("/")
    hidden = any(part.startswith(".") for part in (*folders, name))
    return name.lower().endswith((".yaml", ".yml")) and not hidden


def refuse_old_commit(repository: Repository, head: str | None, base: BaseTexts) -> None:
    """Refuse a *head* that does not descend from the commit applied last.

    An old workflow run that is started again would undo what was applied since.

    Raises:
        OldCommitError: *head* does not descend from it.
        HistoryError: A shallow clone can't tell.
    """
    if base.record is None:
        return
    known = None if head is None else repository.descends(head, base.source)
    if known is None:
        raise HistoryError(
            f"Can't tell whether {(head or 'HEAD')[:7]} descends from {base.source[:7]}, the commit"
            " applied last. This clone is shallow or lacks it. Run `git fetch --unshallow`, or set"
            " `fetch-depth: 0` in GitHub Actions."
        )
    if not known:
        raise OldCommitError(
            f"{(head or '')[:7]} does not descend from {base.source[:7]}, the commit applied last."
            " It is from an old run or another branch. Nothing was written. Apply the current main"
            " branch. If its history was rewritten and the shop has what is committed, run"
            " `reconciler base set HEAD`."
        )
