"""Parsing a stream of git fast-export: id, day, and files of a commit."""

import pytest
from factories import Workspace

from reconciler.errors import HistoryError
from reconciler.git.fast_export import Blob, Commit, parse_export
from reconciler.git.repository import open_repository

ID = "c" * 40


def _blob(mark: int, content: bytes) -> bytes:
    head = f"blob\nmark :{mark}\noriginal-oid {mark:040}\ndata {len(content)}\n"
    return head.encode() + content + b"\n"


def _stream(
    *lines: bytes, blobs: bytes = b"", when: str = "0 +0000", message: bytes = b""
) -> bytes:
    """Return the stream of a commit whose files are the *lines* after its message."""
    head = f"reset refs/x\ncommit refs/x\nmark :9\noriginal-oid {ID}\nauthor Z <z@x> 7 +0000\n"
    head += f"committer Z <z@x> {when}\ndata {len(message)}\n"
    return blobs + head.encode() + message + b"\n" + b"\n".join(lines) + b"\n\n"


def test_parse_export_returns_exact_contents() -> None:
    """Content that looks like the stream itself is content."""
    odd = b"blob\nmark :1\ndata 3\nM 100644 :1 x\n"
    blobs = _blob(1, b"") + _blob(2, odd) + _blob(3, bytes(range(256)))
    lines = [b"M 100644 :3 c", b"M 100755 :2 b", b"M 100644 :1 a", b"M 100644 :1 a2"]

    assert parse_export(_stream(*lines, blobs=blobs)) == Commit(
        ID,
        "1970-01-01",
        [Blob("a", b""), Blob("a2", b""), Blob("b", odd), Blob("c", bytes(range(256)))],
    )


@pytest.mark.parametrize("mode", [b"120000 :1", b"160000 " + b"d" * 40])
def test_parse_export_of_a_link_or_submodule_has_no_content(mode: bytes) -> None:
    """Only regular files have content."""
    commit = parse_export(_stream(b"M " + mode + b" a.yaml", blobs=_blob(1, b"skus: {A: 5}")))

    assert commit.files == [Blob("a.yaml", None)]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"a b.yaml", "a b.yaml"),
        (b'"quo\\"te"', 'quo"te'),
        (b'"back\\\\slash"', "back\\slash"),
        (b'"\\\\101"', "\\101"),
        (b'"\\101\\n\\t\\r\\a\\b\\f\\v"', "A\n\t\r\a\b\f\v"),
        (b'"\\303\\244"', "ä"),
        ("ä".encode(), "ä"),
        (b"\xff", "\udcff"),
    ],
)
def test_parse_export_unquotes_paths(path: bytes, name: str) -> None:
    """A path is as committed, however git spells it."""
    commit = parse_export(_stream(b"M 100644 :1 " + path, blobs=_blob(1, b"x")))

    assert commit.files == [Blob(name, b"x")]


def test_parse_export_ignores_commands_in_message_and_content() -> None:
    """They can't add a file, or change the id and the day."""
    text = f"\noriginal-oid {'d' * 40}\ncommitter X <x> 99999999 +0000\nM 100644 :1 forged\n"
    forged = text.encode()
    commit = parse_export(_stream(b"M 100644 :1 a", blobs=_blob(1, forged), message=forged))

    assert commit == Commit(ID, "1970-01-01", [Blob("a", forged)])


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("0 +0000", "1970-01-01"),
        ("86399 +0000", "1970-01-01"),
        ("86399 +0001", "1970-01-02"),
        ("0 -0001", "1969-12-31"),
        ("1709249400 -1130", "2024-02-29"),
        ("1709249400 +1400", "2024-03-01"),
        ("99999999999999999999 +0000", ""),
        ("0 +9900", ""),
    ],
)
def test_parse_export_day_is_in_the_committers_time_zone(when: str, day: str) -> None:
    """An out-of-range time has no day, and is not an error."""
    assert parse_export(_stream(when=when)).day == day


@pytest.mark.parametrize("stream", [b"", _blob(1, b"x"), _blob(1, b"x") + _blob(2, b"")])
def test_parse_export_without_commit_raises(stream: bytes) -> None:
    """An incomplete clone never counts as an empty base."""
    with pytest.raises(HistoryError):
        parse_export(stream)


def test_parse_export_reads_what_git_writes(workspace: Workspace) -> None:
    """The stream of a real repository has these parts, in this order."""
    workspace.write("shop/ä.yaml", "skus: {A: 5}\n")
    workspace.write('shop/quo"te.yaml', "")
    head = workspace.commit("M 100644 :1 forged\n\nblob\n")
    repository = open_repository(workspace.folder)
    assert repository is not None
    flags = ("--full-tree", "--reencode=no", "--show-original-ids", "--no-walk")
    commit = parse_export(repository.run("fast-export", *flags, "HEAD"))

    assert commit.id == head
    assert commit.day == workspace.git("show", "-s", "--format=%cs")
    assert commit.files == [('shop/quo"te.yaml', b""), ("shop/ä.yaml", b"skus: {A: 5}\n")]
