"""Snapshots of wording: one text file per test, readable from top to bottom.

`pytest --snapshot-update` writes them. Other tests should not assert on wording.
"""

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class TextSnapshot(SingleFileSnapshotExtension):
    """A snapshot in a plain text file of its own."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"
