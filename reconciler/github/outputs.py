"""Facts and text → the files by which a workflow's step hands them on."""

from pathlib import Path

from reconciler.errors import GithubError


def append_output(path: str, values: dict[str, str]) -> None:
    """Add *values*, each of one line, to the file of GITHUB_OUTPUT."""
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    _append(path, lines)


def append_summary(path: str, text: str) -> None:
    """Add Markdown to the file of GITHUB_STEP_SUMMARY."""
    _append(path, f"{text}\n")


def _append(path: str, text: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise GithubError(f"cannot write to {path}: {error.strerror}") from None
