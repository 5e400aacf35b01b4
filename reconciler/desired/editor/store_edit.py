"""Edit the files of a store.

After each edit, the files are read again and must have exactly the intended content.
"""

from collections import defaultdict
from collections.abc import Mapping
from importlib import import_module

from reconciler.desired.editor.patch import edit_text
from reconciler.desired.loader import build_desired
from reconciler.desired.reader.text import decode
from reconciler.errors import EditError, InputError
from reconciler.model import Declared, DesiredState, Rule, Stock

BOM = b"\xef\xbb\xbf"
Meaning = tuple[Stock, Rule, str | None, str]


def revise(
    desired: DesiredState, files: Mapping[str, bytes], wanted: Mapping[str, Stock]
) -> dict[str, bytes]:
    """Return the new contents of the *files* that *wanted* changes. They declare *desired*.

    Raises:
        EditError: An edited file would not have the intended content.
    """
    edits: dict[str, dict[str, Stock]] = defaultdict(dict)
    for sku, stock in wanted.items():
        edits[desired.declared[sku].terms.path][sku] = stock
    expected = {
        sku: meaning_of(entry._replace(stock=wanted.get(sku, entry.stock)))
        for sku, entry in desired.declared.items()
    }
    contents: dict[str, bytes] = {}
    for path, ones in edits.items():
        text = decode(path, files[path])[0]
        keep(contents, path, files, edit_text(text, ones))
    verify(desired, {**files, **contents}, expected)
    return contents


def verify(
    desired: DesiredState, files: Mapping[str, bytes], expected: Mapping[str, Meaning]
) -> None:
    """Raise EditError unless *files*, with the settings first, have the *expected* content."""
    name = desired.settings.name
    folder = next(iter(files)).rsplit("/", 1)[0]
    try:
        declared = build_desired(name, folder, files.items(), [], may_be_empty=True).declared
    except InputError as error:
        raise EditError(f"The edit would not be accepted ({error.problems[0]}).") from None
    found = {sku: meaning_of(entry) for sku, entry in declared.items()}
    if found != expected:
        # This is rare, so the library that compares documents is loaded only now.
        compare = import_module("deepdiff").DeepDiff
        odd = min(compare(expected, found).affected_root_keys)
        place = declared[odd].source if odd in declared else "nowhere"
        raise EditError(f"{odd} at {place} would not read as it is meant.")


def meaning_of(entry: Declared) -> Meaning:
    """Return the content of *entry*, independent of its file."""
    return entry.stock, entry.rule, entry.id, entry.code


def keep(contents: dict[str, bytes], path: str, files: Mapping[str, bytes], text: str) -> None:
    """Add the new content of *path* to *contents* if it changed."""
    content = (BOM if files[path].startswith(BOM) else b"") + text.encode()
    if content != files[path]:
        contents[path] = content
