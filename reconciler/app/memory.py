"""Where an apply keeps its record: on a remote, only here, or nowhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.app.context import MemoryRequest, StoreContext
from reconciler.app.reporter import Reporter
from reconciler.errors import DivergedError, HistoryError, NoBaseError, UsageError
from reconciler.git.process import shown_remote
from reconciler.git.remotes import (
    find_default_remote,
    find_remote_ref,
    has_remote,
    is_on_remote,
    list_remotes,
)
from reconciler.git.repository import Repository
from reconciler.model import Declared, DesiredState, Rule, StoreSettings
from reconciler.records.records import ref_of
from reconciler.records.sharing import fetch_record, refuse_other_records

NO_GIT = "This folder is in no git repository, or git is not installed. Work in a clone."


@dataclass(frozen=True, slots=True)
class Memory:
    """Where this apply is recorded: in `repository` (None: nowhere), shared on `remote`."""

    repository: Repository | None
    remote: str | None = None


def open_memory(
    repository: Repository | None,
    context: StoreContext,
    desired: DesiredState,
    request: MemoryRequest,
) -> Memory:
    """Return where an apply is recorded, with the record of the remote fetched.

    Raises:
        UsageError: What is checked out can't be recorded, or `--no-record` where it is needed.
        NoBaseError: A rule needs a record, and there is no git repository.
        HistoryError: The remote can't be reached, or remotes know different records.
    """
    waiting = [one for one in desired.declared.values() if one.rule is Rule.ON_CHANGE]
    if request.none:
        if desired.events:
            raise UsageError(
                "--no-record: events need the record, which says what the shop has already. Leave"
                " --no-record out, or use --local if no remote has a record."
            )
        if waiting:
            raise UsageError(
                f"--no-record: {waiting[0].sku} has the rule on_change, which needs the record."
                " Leave --no-record out, or use --local if no remote has a record."
            )
        ref = ref_of(desired.settings.site_id)
        if repository is not None and repository.find_ref(ref) is not None:
            raise UsageError(
                f"--no-record: there is a record at {ref}, which would become outdated."
            )
        return Memory(None)
    if repository is None or repository.find_commit("HEAD") is None:
        return _without_commit(repository, request, waiting)
    if repository.differs(context.folder):
        raise UsageError(
            f"The record names the applied commit, but {context.folder} differs from it. Commit"
            " your changes." + ("" if waiting else " Or pass --no-record.")
        )
    remote = open_shared(repository, desired.settings.site_id, request)
    if remote is not None:
        _ensure_pushed(repository, remote)
    return Memory(repository, remote)


def open_shared(repository: Repository, site_id: str, request: MemoryRequest) -> str | None:
    """Return the remote that shares the record, with the record fetched; None to stay local.

    Raises:
        UsageError: The remote can't be told, or `--local` hides the record of a remote.
        HistoryError: The remote can't be reached, or remotes know different records.
    """
    remote = _choose_remote(repository, request)
    if remote is not None:
        tip = fetch_record(repository, remote, site_id)
        if request.remote is None:
            refuse_other_records(repository, remote, site_id, tip)
    elif request.local:
        _refuse_shared(repository, site_id)
    return remote


def _without_commit(
    repository: Repository | None, request: MemoryRequest, waiting: Sequence[Declared]
) -> Memory:
    if request.is_named and repository is None:
        raise UsageError("--record needs a git repository. Work in a clone, or use --no-record.")
    if repository is not None and (request.is_named or waiting):
        raise UsageError(
            "The record names the applied commit, but nothing is committed. Commit first."
        )
    if waiting:
        error = NoBaseError(
            "The rule on_change needs the record of the last apply, which is kept in git. The"
            f" first such SKU is {waiting[0].sku} at {waiting[0].source}."
        )
        error.add_note(NO_GIT)
        raise error
    return Memory(None)


def _choose_remote(repository: Repository, request: MemoryRequest) -> str | None:
    """Return the remote that was named, else the one of the branch; None to stay local."""
    if request.local:
        return None
    remote = request.remote
    if remote is None:
        remote = find_default_remote(repository)
        if remote is None and (names := list_remotes(repository)):
            raise UsageError(f"Name the remote for the record, for example --remote {names[0]}.")
        return remote
    if not re.search(r"[:/\\.]", remote) and not has_remote(repository, remote):
        raise UsageError(
            f"There is no remote {remote} here. Add it with `git remote add {remote} ADDRESS`,"
            f" write ./{remote} for a folder, or pass --local."
        )
    return remote


def _refuse_shared(repository: Repository, site_id: str) -> None:
    """Raise UsageError for `--local` where a remote has a record; HistoryError if unknown."""
    for remote in list_remotes(repository):
        if find_remote_ref(repository, remote, ref_of(site_id)) is not None:
            raise UsageError(
                f"--local: {remote} has a record of this site already, and an apply here would"
                " not know of it. Leave --local out."
            )


def _ensure_pushed(repository: Repository, remote: str) -> None:
    """Raise UsageError unless the commit checked out is on *remote*."""
    head = repository.find_commit("HEAD") or ""
    if not is_on_remote(repository, remote, head):
        where = shown_remote(remote)
        branch = repository.ask("symbolic-ref", "--short", "--quiet", "HEAD") or "HEAD:main"
        raise UsageError(
            f"{head[:7]} is on no branch of {where}, so others don't have it. Push it first with"
            f" `git push {where} {branch}`."
        )


def refresh_record(
    repository: Repository | None, settings: StoreSettings, reporter: Reporter
) -> None:
    """Fetch the record before something is planned; say so if that can't be done."""
    remote = find_default_remote(repository) if repository else None
    if repository is None or remote is None:
        return
    try:
        fetch_record(repository, remote, settings.site_id)
    except DivergedError:
        raise
    except HistoryError as error:
        reporter.notice(f"Warning: this plan may not know the last apply. {error}")
