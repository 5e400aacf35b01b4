"""Write the outputs and the summary of a workflow step."""

from pathlib import Path

from reconciler.errors import GithubError
from reconciler.masking import mask


def append_output(path: str, values: dict[str, str]) -> None:
    """Append *values*, each of one line, to the file of GITHUB_OUTPUT."""
    if odd := [name for name, value in values.items() if "\n" in value or "\r" in value]:
        raise GithubError(
            f"The output {odd[0]} contains a line break, which could set other outputs."
        )
    lines = "".join(f"{name}={value}\n" for name, value in values.items())
    _append(path, lines)


def append_summary(path: str, text: str) -> None:
    """Append Markdown to the file of GITHUB_STEP_SUMMARY."""
    _append(path, f"{text}\n")


def _append(path: str, text: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(mask(text))
    except OSError as error:
        raise GithubError(f"Can't write to {path}: {error.strerror}.") from None
