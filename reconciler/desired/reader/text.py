"""Read the bytes of a file as a document."""

import re
from functools import cache

from reconciler.desired.reader.document import MAX_BYTES, Document
from reconciler.desired.reader.keys import find_hidden
from reconciler.desired.reader.walk import walk
from reconciler.errors import Problem

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: .*)?$|^={7}$", re.MULTILINE)
_LONE_CR = re.compile(r"\r(?!\n)")
_COMMON_BYTES = bytes((9, 10, 13, *range(32, 127)))
_CONFLICT_BYTES = (b"<" * 7, b"=" * 7, b">" * 7)
# YAML's printable characters, without the three line breaks of YAML 1.1.
_PRINTABLE = (
    "\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
)


def read_document(
    path: str, content: bytes, max_bytes: int = MAX_BYTES, *, has_signs: bool = False
) -> Document:
    """Return the YAML document in *content*, with all problems in its `problems`.

    If it *has_signs*, a number with a sign stays text.
    """
    text, problem = decode(path, content, max_bytes)
    document = Document(path, text, has_signs=has_signs)
    if problem is not None:
        document.problems.append(problem)
        return document
    walk(document)
    return document


def decode(path: str, content: bytes, max_bytes: int = MAX_BYTES) -> tuple[str, Problem | None]:
    """Return *content* as text without a byte order mark, or its problem."""
    if len(content) > max_bytes:
        return "", Problem(
            path, 0, 0, "The file is larger than 16 MiB. Split it into several files."
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", Problem(path, 0, 0, "The file is UTF-16. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        message = f"Byte 0x{content[error.start]:02X} is not UTF-8. Save the file as UTF-8."
        return "", Problem(path, line, column, message)
    return text, None if _is_common(content) else _text_problem(path, text)


def _is_common(content: bytes) -> bool:
    """Return whether *content* surely has no forbidden character. This check is very fast."""
    visible = content.isascii() and not content.translate(None, _COMMON_BYTES)
    is_odd = content.count(b"\r") != content.count(b"\r\n") or any(
        marker in content for marker in _CONFLICT_BYTES
    )
    return visible and not is_odd


def _text_problem(path: str, text: str) -> Problem | None:
    """Return the problem of *text* that prevents reading, including comments, or None."""
    if conflict := _CONFLICT.search(text):
        sides = "Keep one of the two sides,"
        if "/events/" in path:
            sides = "Keep one of the two sides, or make two files if these are two deliveries,"
        message = (
            f"Git left this conflict marker. {sides}"
            " and delete the lines with <<<<<<<, =======, and >>>>>>>."
        )
        return Problem(path, *_place(text, conflict.start()), message)
    if lone := _LONE_CR.search(text):
        message = (
            "A carriage return without a line feed ends this line, which editors count differently."
            " Save the file with the line ends LF or CRLF."
        )
        return Problem(path, *_place(text, lone.start()), message)
    hidden = find_hidden(text)
    if hidden is None and (odd := _unprintable().search(text)):
        hidden = odd.start()
    if hidden is not None:
        code = f"U+{ord(text[hidden]):04X}"
        message = f"The character {code} is invisible and not allowed. Delete it."
        return Problem(path, *_place(text, hidden), message)
    return None


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@cache
def _unprintable() -> re.Pattern[str]:
    """Return a pattern for forbidden characters. Compiling it is slow, so not at import."""
    return re.compile(f"[^{_PRINTABLE}]")
