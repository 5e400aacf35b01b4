"""The exceptions: each has a code and an exit code of its own, as the tree in the module says."""

import re
from collections.abc import Iterator

from reconciler import errors
from reconciler.errors import ReconcilerError


def _classes(root: type[ReconcilerError] = ReconcilerError) -> Iterator[type[ReconcilerError]]:
    yield root
    for each in root.__subclasses__():
        yield from _classes(each)


def test_error_codes_are_unique() -> None:
    """A code names one kind of error."""
    ours = [each for each in _classes() if each.__module__ == errors.__name__]
    codes = [each.__dict__["code"] for each in ours]
    assert len(set(codes)) == len(codes)


def test_error_tree_lists_each_code_and_exit_code() -> None:
    """The tree at the top of the module is complete."""
    tree = re.findall(
        r"^[│├└─ ]*(\w+) +([0-9]+(?:, [0-9]+)?) +(\w+)", errors.__doc__ or "", re.MULTILINE
    )
    listed = {name: (code, exits) for name, exits, code in tree}
    ours = {
        each.__name__: (each.code, str(int(each.exit_code)))
        for each in _classes()
        if each.__module__ == errors.__name__
    }
    ours["InterruptedRunError"] = ("interrupted", "130, 143")
    assert {name: listed.get(name) for name in ours} == ours
