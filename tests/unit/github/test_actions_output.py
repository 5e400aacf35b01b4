"""Outputs and summaries are appended, masked, and can't set other outputs."""

from pathlib import Path

import pytest

from reconciler import masking
from reconciler.errors import GithubError
from reconciler.github.actions_output import append_output, append_summary


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that an earlier step has written to."""
    monkeypatch.setattr(masking, "_forms", ["t0ken-s3cret"])
    path = tmp_path / "output"
    path.write_text("before=1\n")
    return path


def test_append_output_adds_line_for_each_value(file: Path) -> None:
    """Earlier lines stay."""
    append_output(str(file), {"changes": "3", "plan": "a=b é"})

    assert file.read_text("utf-8") == "before=1\nchanges=3\nplan=a=b é\n"


@pytest.mark.parametrize("value", ["1\nchanges=0", "1\rchanges=0", "1\n"])
def test_append_output_with_line_break_writes_nothing(file: Path, value: str) -> None:
    """A SKU with a line break could set an output that a later step trusts."""
    with pytest.raises(GithubError, match="odd"):
        append_output(str(file), {"fine": "1", "odd": value})

    assert file.read_text() == "before=1\n"


def test_append_masks_secrets(file: Path) -> None:
    """Summaries of a public repository are public."""
    append_output(str(file), {"name": "t0ken-s3cret"})
    append_summary(str(file), "| t0ken-s3cret |")

    assert file.read_text() == "before=1\nname=***\n| *** |\n"


def test_append_to_missing_folder_names_path(tmp_path: Path) -> None:
    """A full disk or a wrong path is an error, not a traceback."""
    path = str(tmp_path / "none/output")
    with pytest.raises(GithubError, match=path):
        append_summary(path, "x")
