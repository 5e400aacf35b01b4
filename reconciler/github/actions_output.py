"""Facts and text → the files by which a workflow's step hands them on."""

from pathlib import Path

from reconciler.errors import GithubError
from reconciler.masking import mask


def append_output(path: str, values: dict[str, str]) -> None:
    """Add *values*, each of one line, to the file of GITHUB_OUTPUT."""
    if odd := [name for name, value in values.items() if "\n" in value or "\r" in value]:
        raise GithubError(f"The output {odd[0]} has a line break, which could set other outputs.")
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    _append(path, lines)


def append_summary(path: str, text: str) -> None:
    """Add Markdown to the file of GITHUB_STEP_SUMMARY."""
    _append(path, f"{text}\n")


def _append(path: str, text: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(mask(text))
    except OSError as error:
        raise GithubError(f"Can't write to {path}: {error.strerror}.") from None
