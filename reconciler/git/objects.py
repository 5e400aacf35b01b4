"""Create commits from files, without touching the work tree or any ref."""

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from reconciler.git.repository import Repository
from reconciler.masking import mask

# Length of an id → hash function of the repository.
_HASHES: Final = {40: "sha1", 64: "sha256"}


def make_root(repository: Repository, message: str) -> str:
    """Create a commit without files and parents, and return its id."""
    return make_commit(repository, {}, [], message)


def make_commit(
    repository: Repository, files: Mapping[str, bytes], parents: Sequence[str], message: str
) -> str:
    """Create a commit with exactly these *files*, by path, and return its id.

    Contents of the first parent are not written again. Paths have at most one folder level.

    Raises:
        HistoryError: git can't write it.
    """
    masked = {path: mask(content.decode()).encode() for path, content in files.items()}
    blobs = _write_blobs(repository, masked, parents[0] if parents else None)
    tree = _write_trees(repository, blobs)
    flags = [flag for parent in parents for flag in ("-p", parent)]
    made = repository.run("commit-tree", tree, *flags, given=mask(message).encode())
    return made.decode().strip()


def replace_file(
    repository: Repository, commit: str, name: str, content: bytes, message: str
) -> str:
    """Create a commit on top of *commit* that changes only the top-level file *name*.

    Raises:
        HistoryError: git can't write it.
    """
    masked = mask(content.decode()).encode()
    blob = repository.run("hash-object", "-w", "--stdin", given=masked).decode().strip()
    listed = repository.run("ls-tree", "-z", "--full-tree", commit).split(b"\0")
    lines = [line for line in listed if line and line.split(b"\t", 1)[1] != name.encode()]
    lines.append(f"100644 blob {blob}\t{name}".encode())
    tree = repository.run("mktree", "-z", given=b"\0".join(lines) + b"\0").decode().strip()
    made = repository.run("commit-tree", tree, "-p", commit, given=mask(message).encode())
    return made.decode().strip()


def _write_blobs(
    repository: Repository, files: Mapping[str, bytes], parent: str | None
) -> dict[str, str]:
    """Return the blob id of each file, after writing those that *parent* lacks."""
    known = _list_blobs(repository, parent) if parent else frozenset[str]()
    name = _HASHES.get(len(parent or ""), "")
    blobs = {path: _name(content, name) if name else "" for path, content in files.items()}
    new = [path for path, blob in blobs.items() if blob not in known]
    if not new:
        return blobs
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, str(number)) for number in range(len(new))]
        for place, path in zip(places, new, strict=True):
            place.write_bytes(files[path])
        given = "".join(f"{place}\n" for place in places).encode()
        flags = ("-w", "--no-filters", "--stdin-paths")
        written = repository.run("hash-object", *flags, given=given).decode().split()
    return {**blobs, **dict(zip(new, written, strict=True))}


def _list_blobs(repository: Repository, commit: str) -> frozenset[str]:
    """Return the blob ids of all files in a commit."""
    listed = repository.run("ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")
    return frozenset(line.split(maxsplit=3)[2].decode() for line in listed if line)


def _name(content: bytes, function: str) -> str:
    head = b"blob %d\0" % len(content)
    return hashlib.new(function, head + content, usedforsecurity=False).hexdigest()


def _write_trees(repository: Repository, blobs: Mapping[str, str]) -> str:
    """Write the trees of all folders and of the top, and return the id of the top."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path, blob in blobs.items():
        folder, _, name = path.rpartition("/")
        folders[folder].append(f"100644 blob {blob}\t{name}\n")
    top = folders.pop("", [])
    if folders:
        # `mktree --batch` ends each tree with an empty line.
        given = "\n".join("".join(lines) for lines in folders.values()).encode()
        trees = repository.run("mktree", "--batch", given=given).decode().split()
        top += [f"040000 tree {tree}\t{name}\n" for name, tree in zip(folders, trees, strict=True)]
    return repository.run("mktree", given="".join(top).encode()).decode().strip()
