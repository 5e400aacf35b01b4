"""A record that is written → the next of the chain, here and on the remote.

The ref is compared and swapped, so of two applies exactly one goes on.
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
    """Put an intent into the chain, here and on *remote*, as the only one that begins now.

    Raises LockedError where another apply was faster, HistoryError where it cannot be pushed; then
    it is taken back.
    """
    if remote is not None:
        _push(repository, remote, commit, ref, dry=True)
    go_on(repository, ref, commit, previous, remote)


def go_on(
    repository: Repository, ref: str, commit: str, previous: str | None, remote: str | None
) -> None:
    """Put the next batch of a run into the chain; raises what `begin` does."""
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
            raise  # the ref did not move: a stale lock file, for example
        raise LockedError(f"Another apply moved {ref}.") from None


def _push(repository: Repository, remote: str, commit: str, ref: str, *, dry: bool) -> None:
    try:
        push_ref(repository, remote, commit, ref, dry=dry)
    except HistoryError as error:
        if not dry and _has_arrived(repository, remote, commit, ref):
            return
        if was_rejected(error):
            where = shown_remote(remote)
            raise LockedError(
                f"{ref} on {where} has records that this clone lacks: another apply started or"
                " ended."
            ) from None
        raise HistoryError(f"Can't push the record ({error}).") from None


def _has_arrived(repository: Repository, remote: str, commit: str, ref: str) -> bool:
    """Return whether a push took effect whose answer was lost."""
    try:
        return find_remote_ref(repository, remote, ref) == commit
    except HistoryError:
        return False


_REJECTED = ("[rejected]", "non-fast-forward", "fetch first", "stale info", "cannot lock ref")


def was_rejected(error: Exception) -> bool:
    """Return whether a push failed since what is there is newer."""
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
    """Put a receipt into the chain; raise PushError, with the cure, if that fails.

    *done* says what came about all the same.

    Raises LockedError if another apply took over the lock.
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
                f"Another apply wrote its record to {ref}, so the record of this one is missing."
            ) from None
        if was_rejected(error) and repository.find_ref(ref) == commit:
            # What is on the remote counts; a record beside it would never meet it.
            repository.reset_ref(ref, commit, previous)
            raise LockedError(
                f"Another apply was recorded on {shown_remote(remote or '.')}, so the record of"
                " this one is missing."
            ) from None
        where = shown_remote(remote or ".")
        raise PushError(
            f"{done}, but the record was not pushed: {error} To fix this, run `git push {where}"
            f" {commit}:{ref}`."
        ) from None


def find_unlock(repository: Repository, ref: str, tip: str, remote: str | None) -> str | None:
    """Return the last commit after *tip* if all that came after is that people unlocked the run.

    Raises HistoryError where the remote can't be reached.
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
