"""Add a record to the chain, in this clone and on the remote.

The ref moves by compare-and-swap, so only one of two concurrent applies goes on.
"""

from reconciler.errors import HistoryError, LockedError, PushError
from reconciler.git.file_versions import read_blobs
from reconciler.git.process import shown_remote
from reconciler.git.remotes import fetch_ref, find_remote_ref, push_ref
from reconciler.git.repository import Repository
from reconciler.records.batches import BATCH_FILE, parse_batch


def begin(
    repository: Repository, ref: str, commit: str, previous: str | None, remote: str | None
) -> None:
    """Add an intent to the chain, here and on *remote*. It is removed again if this fails.

    Raises:
        LockedError: Another apply was faster.
        HistoryError: It can't be pushed.
    """
    if remote is not None:
        _push(repository, remote, commit, ref, dry=True)
    go_on(repository, ref, commit, previous, remote)


def go_on(
    repository: Repository, ref: str, commit: str, previous: str | None, remote: str | None
) -> None:
    """Add the next batch of a run to the chain; raises the same errors as `begin`."""
    _set(repository, ref, commit, previous)
    if remote is not None:
        try:
            _push(repository, remote, commit, ref, dry=False)
        except (LockedError, HistoryError):
            repository.reset_ref(ref, commit, previous)
            raise


def _set(repository: Repository, ref: str, commit: str, previous: str | None) -> None:
    try:
        repository.set_ref(ref, commit, previous)
    except HistoryError:
        if repository.find_ref(ref) == previous:
            raise  # the ref did not move, so this is another failure, for example a stale lock file
        raise LockedError(f"Another apply has changed {ref} in the meantime.") from None


def _push(repository: Repository, remote: str, commit: str, ref: str, *, dry: bool) -> None:
    try:
        push_ref(repository, remote, commit, ref, dry=dry)
    except HistoryError as error:
        if not dry and _has_arrived(repository, remote, commit, ref):
            return
        if was_rejected(error):
            where = shown_remote(remote)
            raise LockedError(
                f"{ref} on {where} has newer records. Another apply has started or ended."
            ) from None
        raise HistoryError(f"Can't push the record. {error}") from None


def _has_arrived(repository: Repository, remote: str, commit: str, ref: str) -> bool:
    """Return whether a push took effect although it failed here."""
    try:
        return find_remote_ref(repository, remote, ref) == commit
    except HistoryError:
        return False


_REJECTED = ("[rejected]", "non-fast-forward", "fetch first", "stale info", "cannot lock ref")


def was_rejected(error: Exception) -> bool:
    """Return whether a push failed because the remote has a newer record."""
    return any(word in str(error) for word in _REJECTED)


def finish(
    repository: Repository,
    ref: str,
    commit: str,
    previous: str | None,
    remote: str | None,
    *,
    done: str = "The writes are done",
) -> None:
    """Add a receipt to the chain, here and on *remote*.

    *done* begins the error message. It says what was done.

    Raises:
        PushError: It can't be added or pushed. The message has the command to do it by hand.
        LockedError: Another apply has taken over the lock.
    """
    try:
        repository.set_ref(ref, commit, previous)
        if remote is not None:
            push_ref(repository, remote, commit, ref)
    except HistoryError as error:
        if remote is not None and _has_arrived(repository, remote, commit, ref):
            return
        if repository.find_ref(ref) not in {commit, previous}:
            raise LockedError(
                f"Another apply has written its record to {ref} in the meantime, so this apply was"
                " not recorded."
            ) from None
        if was_rejected(error) and repository.find_ref(ref) == commit:
            # The remote counts. A second record beside it could never be joined.
            repository.reset_ref(ref, commit, previous)
            raise LockedError(
                f"Another apply has recorded on {shown_remote(remote or '.')} in the meantime, so"
                " this apply was not recorded."
            ) from None
        where = shown_remote(remote or ".")
        raise PushError(
            f"{done}, but the record could not be added. {error}"
            f" To add it, run `git push {where} {commit}:{ref}`."
        ) from None


def find_unlock(repository: Repository, ref: str, tip: str, remote: str | None) -> str | None:
    """Return the last commit after *tip* if all commits since are unlocks of the run, else None.

    Raises:
        HistoryError: The remote can't be reached.
    """
    last = repository.find_ref(ref)
    if remote is not None:
        last = find_remote_ref(repository, remote, ref)
        if last is not None and not repository.has(last):
            fetch_ref(repository, remote, ref)
    if last is None or last == tip or not repository.descends(last, tip):
        return None
    commits = repository.run("rev-list", "--first-parent", f"{tip}..{last}").decode().split()
    repository.fetch_missing(*commits, paths=(BATCH_FILE,))
    contents = read_blobs(repository, [f"{one}:{BATCH_FILE}" for one in commits])
    heads = [parse_batch(name[:7], content) for name, content in contents.items()]
    is_all = len(heads) == len(commits) and all(one.unlocked_by for one in heads)
    return last if is_all else None
