"""Snapshots of wording: one text file per test, readable from top to bottom.

`pytest --snapshot-update` writes them. Other tests should not assert on wording.
"""

import re

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class TextSnapshot(SingleFileSnapshotExtension):
    """A snapshot in a plain text file of its own."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


def without_git(text: str) -> str:
    """Return *text* without git's own messages, which differ between its versions."""
    after = r"(?= To add it| Nothing was| Fix this| If the clone|\n|$)"
    return re.sub(rf"fatal: .*?\.{after}", "GIT'S MESSAGE.", text)
