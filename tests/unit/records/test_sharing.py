"""The record here and the record on a remote: the later one counts, and two lines are refused."""

import pytest
from factories import Workspace
from unit.records.made import REF, SITE_ID, make

from reconciler.errors import DivergedError, HistoryError
from reconciler.exit_codes import ExitCode
from reconciler.git.objects import make_root
from reconciler.git.repository import Repository, open_repository
from reconciler.records.sharing import fetch_record, refuse_other_records


def _record(repository: Repository, message: str = "apply") -> str:
    """Put a record into the chain here, and return it."""
    record, commit = make(repository, message)
    repository.set_ref(REF, commit, record.previous)
    return commit


def _push(shared: Workspace, commit: str, remote: str = "origin") -> None:
    shared.git("push", "--quiet", "--force", remote, f"{commit}:{REF}")


def _elsewhere(shared: Workspace, message: str, parent: str | None = None) -> str:
    """Let a clone put a record after *parent* on the remote, and return it."""
    shared.git("push", "--quiet", "origin", "HEAD:main")
    shared.git("clone", "--quiet", "--no-local", "../origin.git", f"../{message}")
    clone = open_repository(shared.folder.parent / message)
    assert clone is not None
    if parent is not None:
        clone.run("fetch", "--quiet", "origin", REF)
        clone.set_ref(REF, parent, None)
    commit = _record(clone, message)
    clone.run("push", "--quiet", "--force", "origin", f"{commit}:{REF}")
    return commit


def test_fetch_record_without_any_is_none(repository: Repository) -> None:
    """A first apply finds nothing, here or there."""
    assert fetch_record(repository, "origin", SITE_ID) is None
    assert repository.find_ref(REF) is None


def test_fetch_record_that_is_not_there_keeps_the_own_one(repository: Repository) -> None:
    """A record that was never pushed is not lost."""
    own = _record(repository)

    assert (fetch_record(repository, "origin", SITE_ID), repository.find_ref(REF)) == (None, own)


@pytest.mark.parametrize("is_known", [True, False])
def test_fetch_record_of_a_later_apply_moves_here(
    repository: Repository, shared: Workspace, is_known: bool
) -> None:
    """An apply elsewhere counts here, whether this clone had a record or none."""
    first = _record(repository)
    _push(shared, first)
    later = _elsewhere(shared, "later", first)
    if not is_known:
        repository.reset_ref(REF, first, None)

    assert not repository.has(later)
    assert fetch_record(repository, "origin", SITE_ID) == later
    assert repository.find_ref(REF) == later
    assert repository.read_commit(REF, "record.json") is not None


def test_fetch_record_that_is_not_pushed_yet_stays_ahead(
    repository: Repository, shared: Workspace
) -> None:
    """Where the last push failed, the record here is the newer one."""
    first = _record(repository)
    _push(shared, first)
    second = _record(repository, "second")

    assert (fetch_record(repository, "origin", SITE_ID), repository.find_ref(REF)) == (
        first,
        second,
    )


def test_fetch_record_of_two_applies_apart_is_refused(
    repository: Repository, shared: Workspace
) -> None:
    """Neither is dropped, and the message names the way to go on with the remote's."""
    theirs, own = _elsewhere(shared, "theirs"), _record(repository, "own")
    with pytest.raises(DivergedError, match=f"git update-ref {REF} {theirs}") as caught:
        fetch_record(repository, "origin", SITE_ID)

    assert (caught.value.exit_code, repository.find_ref(REF)) == (ExitCode.FAILED, own)
    shared.git("update-ref", REF, theirs)
    assert fetch_record(repository, "origin", SITE_ID) == theirs


def test_fetch_record_in_a_shallow_clone_takes_the_remotes(
    repository: Repository, shared: Workspace
) -> None:
    """Its history ends somewhere, so that no line can be told; the remote counts."""
    first = _record(repository)
    _push(shared, first)
    shared.git("push", "--quiet", "origin", "HEAD:main")
    origin = f"file://{shared.folder.parent}/origin.git"
    shared.git("clone", "--quiet", "--depth", "1", origin, "../shallow")
    clone = open_repository(shared.folder.parent / "shallow")
    assert clone is not None and clone.is_shallow
    assert fetch_record(clone, "origin", SITE_ID) == first
    second = _record(repository, "second")
    _push(shared, second)

    assert (fetch_record(clone, "origin", SITE_ID), clone.find_ref(REF)) == (second, second)


def test_fetch_record_of_a_remote_that_is_gone_is_an_error(repository: Repository) -> None:
    """What can't be asked is never taken for no record; no password is repeated."""
    own = _record(repository)
    with pytest.raises(HistoryError) as caught:
        fetch_record(repository, "file://ada:hunter2@/nowhere.git", SITE_ID)

    assert not isinstance(caught.value, DivergedError)
    assert "hunter2" not in str(caught.value)
    assert repository.find_ref(REF) == own


@pytest.mark.parametrize(
    ("theirs", "refused"),
    [("none", False), ("same", False), ("earlier", False), ("later", True), ("apart", True)],
)
def test_refuse_other_records_that_this_one_does_not_know(
    repository: Repository, shared: Workspace, theirs: str, refused: bool
) -> None:
    """Another remote may lag behind, but it may not know of an apply that we don't know."""
    shared.git("init", "--quiet", "--bare", "../other.git")
    shared.git("remote", "add", "other", "../other.git")
    records = {"earlier": _record(repository), "same": _record(repository, "same")}
    records["later"], records["apart"] = _record(repository, "later"), make_root(repository, "x")
    _push(shared, records["same"])
    if theirs != "none":
        _push(shared, records[theirs], "other")

    if refused:
        with pytest.raises(DivergedError, match="--remote other"):
            refuse_other_records(repository, "origin", SITE_ID, records["same"])
    else:
        refuse_other_records(repository, "origin", SITE_ID, records["same"])


def test_refuse_other_records_where_the_chosen_remote_has_none(
    repository: Repository, shared: Workspace
) -> None:
    """A record that stands only elsewhere is not passed over."""
    shared.git("init", "--quiet", "--bare", "../other.git")
    shared.git("remote", "add", "other", "../other.git")
    _push(shared, _record(repository), "other")

    with pytest.raises(DivergedError):
        refuse_other_records(repository, "origin", SITE_ID, None)


def test_refuse_other_records_passes_over_a_remote_that_is_gone(
    repository: Repository, shared: Workspace
) -> None:
    """A colleague's fork that is no longer there stops nobody."""
    shared.git("remote", "add", "gone", "../gone.git")

    refuse_other_records(repository, "origin", SITE_ID, _record(repository))
