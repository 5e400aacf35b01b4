"""Git → what the stages need of it: the base, the head, and what lies between."""

from dataclasses import dataclass
from pathlib import Path

from reconciler.cli.options import Options
from reconciler.desired.build import build_past
from reconciler.errors import InputError, NoBaseError, UsageError
from reconciler.history.base import BaseTexts, find_base
from reconciler.history.git import Repository, open_repository
from reconciler.history.records import ref_of
from reconciler.model import Base, Declared

_NO_GIT = (
    "This folder is in no git repository, or git is not installed; work in a clone, or give these"
    " SKUs another rule."
)
_NO_RECORD = (
    "There is no {ref} here. If it was recorded elsewhere, fetch it: git fetch origin"
    " '+refs/reconciler/*:refs/reconciler/*'. The first time, when the shop has what is committed:"
    " apply --base HEAD --record. Or name a commit with --base, or give these SKUs another rule."
)


@dataclass(frozen=True, slots=True)
class History:
    """What git knows of one store: the repository (None: there is none) and the base (None: no).

    `last` is the record of the last apply, which `base` is too unless another one was named.
    """

    repository: Repository | None
    folder: Path
    store: str
    head: str | None
    base: Base | None
    last: BaseTexts | None

    @property
    def ways_out(self) -> str:
        """Return what to do where a base is needed and there is none."""
        return _NO_GIT if self.repository is None else _NO_RECORD.format(ref=ref_of(self.store))

    @property
    def why_not(self) -> str:
        """Return in a few words why there is no base."""
        if self.repository is None:
            return "(This folder is in no git repository, or git is not installed.)"
        return f"(There is no {ref_of(self.store)} here, and no --base was named.)"

    @property
    def commits(self) -> tuple[str, ...]:
        """Return the commits that touched the store since the base, newest first."""
        if self.repository is None or self.base is None or self.head is None:
            return ()
        return self.repository.commits_since(self.base.source, self.head, self.folder)


def load_history(options: Options, store: str, ref: str | None, fallback: str | None) -> History:
    """Return what git knows of *store*, its base being *ref*, the last record, or *fallback*.

    Raises NoBaseError for a base that was named and cannot be had.
    """
    folder = options.store_folder(store)
    repository = open_repository(options.inventory)
    if repository is None:
        if ref is not None:
            raise NoBaseError(f"--base {ref}: this folder is in no git repository")
        return History(None, folder, store, None, None, None)
    last = find_base(repository, folder, store, None)
    named = ref or (fallback if last is None else None)
    texts = find_base(repository, folder, store, named) if named else last
    base = _build_base(texts, folder, store) if texts else None
    return History(repository, folder, store, repository.find_commit("HEAD"), base, last)


def _build_base(texts: BaseTexts, folder: Path, store: str) -> Base:
    declared = _build_declared(texts, folder, store, f"the base {texts.commit[:7]}")
    return Base(texts.commit, texts.source, texts.date, declared)


def _build_declared(texts: BaseTexts, folder: Path, store: str, what: str) -> dict[str, Declared]:
    """Return what was declared in *texts*; raise NoBaseError where that cannot be read."""
    advice = "name another commit, whose YAML is in order"
    if texts.odd:
        raise NoBaseError(f"{what} has a link where a file must be: {texts.odd[0]}; {advice}")
    try:
        return build_past(store, folder.as_posix(), texts.files)
    except InputError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        raise NoBaseError(f"{what} cannot be read: {error.problems[0]}{more}; {advice}") from None


def declared_at(history: History, ref: str) -> dict[str, Declared]:
    """Return what was declared at *ref*, for --changed-since."""
    if history.repository is None:
        raise UsageError("--changed-since needs a git repository; work in a clone")
    texts = find_base(history.repository, history.folder, history.store, ref)
    if texts is None:
        raise NoBaseError(f"--changed-since {ref} names no commit here; fetch it")
    return _build_declared(texts, history.folder, history.store, ref)
