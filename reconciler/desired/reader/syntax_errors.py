"""Explain syntax errors of YAML."""

import re
from typing import Any, Final

from yaml import YAMLError

from reconciler.errors import Problem

MAX_DEPTH: Final = 20
TOO_DEEP: Final = f"More than {MAX_DEPTH} levels deep. Write it flatter."

# The message of libyaml, its mark, and our advice. `context` is the start of an unclosed part,
# `problem` the place where the parser stopped.
_SENTENCES = (
    (
        "mapping values are not allowed",
        "problem",
        "A colon is not allowed here. Put the text in quotes, or indent this line like the"
        " ones around it.",
    ),
    (
        "did not find expected key",
        "problem",
        "This line is not indented like the ones around it (SKUs take two spaces, what belongs to"
        " a SKU takes four), or something follows a closing quote. Correct it.",
    ),
    (
        "did not find expected '-' indicator",
        "problem",
        "This line does not belong to the list above. Indent it like the others, after a dash.",
    ),
    (
        "did not find expected ',' or '}'",
        "context",
        "A { is not closed, or a quote in it ends too early. Correct it.",
    ),
    (
        "did not find expected ',' or ']'",
        "context",
        "A [ is not closed, or a quote in it ends too early. Correct it.",
    ),
    ("unexpected end of stream", "context", "A quote is not closed. Add the other one."),
    ("unexpected document indicator", "context", "A quote is not closed. Add the other one."),
    ("unknown escape character", "problem", "A \\ in double quotes is special. Write \\\\."),
    (
        "could not find expected ':'",
        "context",
        "There is no colon after the key. Write it like `TEE-BLK-M: 40`.",
    ),
)


def syntax_problem(path: str, text: str, error: YAMLError) -> Problem:
    """Return the problem for an error of the parser in *text*."""
    said = str(getattr(error, "problem", None) or "it cannot be read")
    mark = getattr(error, "problem_mark", None)
    if "nesting depth" in said and mark is not None:
        return Problem(path, *_too_deep(text, mark.index), TOO_DEEP)
    if "cannot start any token" in said and mark is not None:
        return Problem(path, *_place(mark), _odd_start(text, mark))
    if mark is not None and any(words in said for words in _MAY_BE_EARLIER):
        odd = _odd_line(text, mark.line)
        if odd is not None:
            return Problem(path, *odd)
    if (
        "did not find expected key" in said
        and mark is not None
        and _starts_with_dash(text, mark.line)
    ):
        said_of_dash = "A dash starts a list, which is not allowed here. Delete the dash."
        return Problem(path, *_place(mark), said_of_dash)
    for words, where, sentence in _SENTENCES:
        if words in said:
            mark = getattr(error, f"{where}_mark", None) or mark
            return Problem(path, *_place(mark), sentence)
    advice = "Check the indentation, colons, and quotes here and one line above."
    return Problem(path, *_place(mark), f"This is not valid YAML: {said}. {advice}")


def _starts_with_dash(text: str, line: int) -> bool:
    return text.split("\n")[line].lstrip().startswith("- ")


def _too_deep(text: str, end: int) -> tuple[int, int]:
    """Return the place of the first bracket that is too deep. The parser stops much later."""
    depth = 0
    for index, character in enumerate(text[:end]):
        depth += (character in "[{") - (character in "]}")
        if depth > MAX_DEPTH:
            return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    return 1, 1


# For these errors, the reported line may be right: the line before can be text that goes on.
_MAY_BE_EARLIER: Final = (
    "mapping values are not allowed",
    "did not find expected key",
    "did not find expected '-' indicator",
    "could not find expected ':'",
)


def _odd_line(text: str, last: int) -> tuple[int, int, str] | None:
    """Return line and column, from 1, of the malformed line near line *last*, and advice.

    It is that line or the one before, if it is not a key with a value.
    """
    lines = [_COMMENT.sub("", line).rstrip() for line in text.split("\n")[: last + 1]]
    numbers = [number for number, line in enumerate(lines) if line.strip()][-2:]
    for number in reversed(numbers):
        line = lines[number].strip()
        column = len(lines[number]) - len(lines[number].lstrip()) + 1
        if advice := _advice(line, is_last=number == numbers[-1]):
            return number + 1, column, advice
    return None


def _advice(line: str, *, is_last: bool) -> str | None:
    """Return advice for a malformed *line*, None if it is well-formed."""
    if found := _DASH.fullmatch(line):
        # On the last line, the dash can be right: an entry of a list.
        said = f"A dash starts a list. Delete it: `{_advised(found[1] or '')}`."
        return None if is_last else said
    if line.startswith(":"):
        return "There is nothing before the colon. Write the SKU's code there."
    has_name = any(character.isalnum() for character in line)
    if _BRACKETS.search(line) or _COMPLETE.match(line) or not has_name:
        return None
    if (found := _NO_SPACE.fullmatch(line)) and not _QUOTED.fullmatch(line):
        return f"Put a space after the colon: `{found[1]}: {found[2]}`."
    key, value = _key_and_value(line)
    return f"There is no colon after `{key}`. Write `{key}:{value}`."


def _advised(text: str) -> str:
    """Return *text* with a space after its colon."""
    found = _NO_SPACE.fullmatch(text)
    return f"{found[1]}: {found[2]}" if found else text


def _key_and_value(line: str) -> tuple[str, str]:
    """Return the probable key and value of *line*, which has no colon."""
    if _QUOTED.fullmatch(line):
        return line, " 40"
    found = _FIELD.fullmatch(line) or _NO_COLON.fullmatch(line)
    if found is None:
        return line, ""
    return found[1], f" {found[2]}" if found[2] else ""


_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_BRACKETS: Final = re.compile(r"[\[\]{}]|,$|^[|>&*!%@`]")
_COMPLETE: Final = re.compile(r"""(?:"[^"]*"|'[^']*'|[^"'].*?)\s*:(?:\s|$)""")
_FIELD: Final = re.compile(
    r"(rule|note|low|at|reason|id|sku|quantity|site_id|backend|token_env|sku_collection_id) +(.+)"
)
_QUOTED: Final = re.compile(r""""[^"]*"|'[^']*'""")
_DASH: Final = re.compile(r"-(?: +(.*))?")
_NO_SPACE: Final = re.compile(r"(.*[^\s:])[:：]([^\s:]+)")  # noqa: RUF001  full-width too
_NO_COLON: Final = re.compile(r"(\S.*?)(?:\s*[;=]\s*|\s+(?=[0-9]|infinite$)|$)(\S*)")


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _odd_start(text: str, mark: Any) -> str:
    """Return advice for a character that can't start a value."""
    character = text[mark.index : mark.index + 1]
    if character == "\t":
        return "A tab cannot indent a line. Use spaces."
    return f"Nothing can start with {character}. Put the text in quotes."
