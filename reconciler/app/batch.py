"""Run a command for several stores, one after the other. The worst exit code wins."""

from collections.abc import Callable, Sequence

from reconciler.app.context import StoreContext
from reconciler.app.reporter import Reporter
from reconciler.errors import ReconcilerError
from reconciler.exit_codes import ExitCode, worst


def for_each_store(
    contexts: Sequence[StoreContext],
    reporter: Reporter,
    work: Callable[[StoreContext], ExitCode],
    report_error: Callable[[ReconcilerError], None],
) -> ExitCode:
    """Run *work* for each store, and return the worst exit code.

    After an error of one store, the next one follows. After a signal, none follows.
    """
    codes: list[ExitCode] = []
    for number, context in enumerate(contexts, 1):
        reporter.say(f"=== {context.name}")
        try:
            code = work(context)
        except ReconcilerError as error:
            report_error(error)
            code = error.exit_code
        codes.append(code)
        if code.is_interruption:
            if left := contexts[number:]:
                reporter.say(f"Not started: {', '.join(one.name for one in left)}.")
            break
    return worst(codes)
