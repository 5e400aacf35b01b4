"""Work with remotes: find the default one, and read, fetch, and push refs."""

from reconciler.git.repository import Repository


def list_remotes(repository: Repository) -> list[str]:
    """Return the names of the remotes."""
    return repository.ask("remote").split()


def has_remote(repository: Repository, name: str) -> bool:
    """Return whether this repository has a remote called *name*."""
    return bool(repository.ask("remote", "get-url", "--", name))


def find_default_remote(repository: Repository) -> str | None:
    """Return the remote of the current branch, else `origin`, else the only one, else None."""
    names = list_remotes(repository)
    branch = repository.ask("symbolic-ref", "--short", "--quiet", "HEAD")
    own = repository.ask("config", "--get", f"branch.{branch}.remote") if branch else ""
    if own in names:
        return own
    if "origin" in names:
        return "origin"
    return names[0] if len(names) == 1 else None


def find_remote_ref(repository: Repository, remote: str, ref: str) -> str | None:
    """Return the commit of *ref* on *remote*, or None.

    Raises:
        HistoryError: The remote can't be reached.
    """
    lines = repository.run_remote("ls-remote", "--quiet", "--", remote, ref).splitlines()
    tips = (line.split(b"\t") for line in lines)
    return next((tip.decode() for tip, name in tips if name == ref.encode()), None)


def fetch_ref(repository: Repository, remote: str, ref: str) -> None:
    """Fetch the commits of *ref* from *remote* without moving a local ref.

    Raises:
        HistoryError: The remote can't be reached, or has no such ref.
    """
    depth = ["--depth=1"] if repository.is_shallow else []
    # Without an empty refmap, the remote's configuration could move local refs.
    flags = (
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--refmap=",
    )
    repository.run_remote("fetch", *flags, *depth, "--", remote, ref)


def is_on_remote(repository: Repository, remote: str, commit: str) -> bool:
    """Return whether a branch on *remote* contains *commit*.

    Raises:
        HistoryError: The remote can't be reached.
    """
    place = f"refs/remotes/{remote}/"
    if repository.ask("for-each-ref", "--count=1", f"--contains={commit}", "--", place):
        return True
    lines = repository.run_remote("ls-remote", "--quiet", "--heads", "--", remote).splitlines()
    tips = [line.split(b"\t")[0].decode() for line in lines]
    here = [tip for tip in tips if tip == commit or repository.has(tip)]
    return any(tip == commit or repository.descends(tip, commit) for tip in here)


def push_ref(
    repository: Repository, remote: str, commit: str, ref: str, *, dry: bool = False
) -> None:
    """Push *commit* to *ref* on *remote*.

    Raises:
        HistoryError: The remote can't be reached, or *ref* there is not an ancestor of *commit*.
    """
    flags = ["--dry-run"] if dry else []
    push = (
        "push",
        "--no-verify",
        "--no-follow-tags",
        "--quiet",
        *flags,
        "--",
        remote,
        f"{commit}:{ref}",
    )
    repository.run_remote(*push)
