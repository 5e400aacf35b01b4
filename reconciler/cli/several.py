"""One store after the other, each with its own exit code; the worst one wins."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from reconciler.cli.console import print_error, say_error
from reconciler.cli.options import Options
from reconciler.errors import ReconcilerError

# From the worst to the best; whatever is not named here is worse than all.
ORDER = (129, 130, 143, 5, 1, 65, 4, 3, 2, 0)
_INTERRUPTED = frozenset({129, 130, 143})


def for_each_store(options: Options, work: Callable[[Options], int]) -> int:
    """Do *work* for each store that is meant, and return the worst exit code.

    What goes wrong with one store is said, and the next one is taken; a signal ends it.
    """
    codes: list[int] = []
    names = options.stores()
    for number, name in enumerate(names, 1):
        print_error(f"=== {name}")
        try:
            code = work(replace(options, store=(name,), all_stores=False))
        except ReconcilerError as error:
            say_error(error)
            code = error.exit_code
        codes.append(code)
        if code in _INTERRUPTED:
            if left := names[number:]:
                print_error(f"Not begun: {', '.join(left)}.")
            break
    return worst(codes)


def worst(codes: Iterable[int]) -> int:
    """Return the exit code that says most of what went wrong."""
    return min(codes, key=lambda code: ORDER.index(code) if code in ORDER else -1)
