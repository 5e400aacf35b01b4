"""Every exception of the product, as a tree; each owns the exit code it leads to.

ReconcilerError                 1
├── UsageError                 64   the command was called in a way that makes no sense
├── InputError                 65   files are not acceptable; carries every problem found
│   └── PlanFileError          65   a saved plan is malformed, too large or of an unknown version
├── StalePlanError              3   a saved plan no longer fits what stands here now
├── OldCommitError              3   the commit checked out is older than what was applied last
├── HeldError                   3   another apply holds the store
├── PushError                   5   what was done could not be shared
├── HistoryError                1   git cannot tell what it is asked
│   └── DivergedError           1   two records of one site exist, and neither comes first
├── LimitError                  4   a safety limit is broken; nothing was written
├── NoBaseError                 1   a rule needs a base and there is none
├── InterruptedRunError  130, 143   a signal ended the run
├── JournalError                1   the journal of an apply cannot be kept
├── EditError                   1   a file cannot be edited as it is meant
├── GithubError                 1   GitHub could not be asked, or said no
│   ├── GithubRefusal           1   this token may not do it
│   └── LostAnswerError         1   GitHub may have done what it was asked for, or not
├── OutputError                 1   what was found cannot be printed
├── SandboxError                1   the embedded store cannot be started or seeded
└── StoreError                  1   the store could not be asked, or said no
    ├── TokenError              1   the token is missing or cannot be a token
    ├── ListingError            1   a listing of products or orders does not add up
    ├── OutageError             1   the store fails too often for the run to go on
    ├── StoppedError            1   the run was told to stop before the request was sent
    ├── TransportError          1   no complete answer arrived
    │   └── ConnectionRefused   1   nothing was sent: there was no connection
    ├── AnswerError             1   an answer arrived that cannot be read as what was asked for
    │   └── TooLongError        1   an answer is longer than any of this API
    └── RefusedError            1   the store understood and said no
        ├── NotAuthorized       1   401, 403
        ├── NotFound            1   404
        ├── NotValid            1   400 and other 4xx
        ├── EcommerceOff        1   409
        ├── Throttled           1   429; carries how long to wait
        └── ServerFault         1   5xx: whether it took effect is not known
"""

from typing import NamedTuple

from reconciler.exit_codes import ExitCode


class Problem(NamedTuple):
    """One thing wrong with an input file: where it is, what is wrong, what to write instead.

    `line` and `column` count from 1; 0 means the file as a whole. `paste` holds lines to write into
    a file instead. `stands_for` is how many problems it sums up.
    """

    path: str
    line: int
    column: int
    message: str
    paste: tuple[str, ...] = ()
    stands_for: int = 1

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: error: {self.message}"


class ReconcilerError(Exception):
    """The run cannot go on; the text says why and what to do next."""

    exit_code: ExitCode = ExitCode.FAILED


class UsageError(ReconcilerError):
    """The command was called in a way that makes no sense."""

    exit_code = ExitCode.USAGE


class InputError(ReconcilerError):
    """Files are not acceptable; `problems` holds every one found, sorted."""

    exit_code = ExitCode.INPUT

    def __init__(self, problems: list[Problem]) -> None:
        # What counts the rest of a file comes after the others of it.
        order = sorted(set(problems), key=lambda one: (one.path, one.stands_for > 1, one))
        self.problems = tuple(order)
        super().__init__("\n".join(map(str, self.problems)))


class PlanFileError(InputError):
    """A saved plan is malformed, too large or of an unknown version."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__([Problem(path, 0, 0, message)])


class StalePlanError(ReconcilerError):
    """A saved plan no longer fits what stands here now; nothing was written."""

    exit_code = ExitCode.MOVED


class OldCommitError(ReconcilerError):
    """The commit checked out is neither what was applied last nor made after it."""

    exit_code = ExitCode.MOVED


class HeldError(ReconcilerError):
    """Another apply has begun on this store and not ended; nothing was written."""

    exit_code = ExitCode.MOVED


class PushError(ReconcilerError):
    """The writes are done, and their record could not be pushed."""

    exit_code = ExitCode.INCOMPLETE


class EditError(ReconcilerError):
    """A file cannot be edited as it is meant; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; nothing was changed. Look at the file, or edit it by hand")


class HistoryError(ReconcilerError):
    """Git is missing, refuses, or does not hold what it is asked for."""


class DivergedError(HistoryError):
    """Two records of one site exist, and neither comes after the other."""


class LimitError(ReconcilerError):
    """A safety limit is broken; nothing was written."""

    exit_code = ExitCode.LIMIT


class NoBaseError(ReconcilerError):
    """A rule needs to know what was declared before, and nothing tells."""


class InterruptedRunError(ReconcilerError):
    """A signal ended the run; nothing was written."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__("interrupted; nothing was written, so run it again when you like")
        self.exit_code = exit_code


class JournalError(ReconcilerError):
    """The journal of an apply cannot be kept, or belongs to another plan."""


class GithubError(ReconcilerError):
    """GitHub could not be asked, said no, or the workflow does not tell what is needed."""


class GithubRefusal(GithubError):
    """GitHub says that this token may not do what was asked."""


class LostAnswerError(GithubError):
    """A request to GitHub may have taken effect or not; its answer was lost."""


class OutputError(ReconcilerError):
    """What was found cannot be printed: the disk is full, say."""


class SandboxError(ReconcilerError):
    """The embedded store cannot be started or seeded."""


class StoreError(ReconcilerError):
    """The store could not be asked, or said no."""


class TokenError(StoreError):
    """The token is missing or cannot be a token; the text never repeats it."""


class ListingError(StoreError):
    """A listing of products or orders keeps changing, has no end, or contradicts itself."""


class OutageError(StoreError):
    """The store fails, or refuses as too many, too often for the run to go on."""


class StoppedError(StoreError):
    """The run was told to stop while a request waited its turn; nothing was sent."""


class TransportError(StoreError):
    """No complete answer arrived; whether the request took effect is not known."""


class ConnectionRefused(TransportError):
    """There was no connection, so nothing was sent."""


class AnswerError(StoreError):
    """An answer arrived that cannot be read as what was asked for."""


class TooLongError(AnswerError):
    """An answer is longer than any of this API; asking again would bring it again."""


class RefusedError(StoreError):
    """The store understood the request and said no; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotAuthorized(RefusedError):
    """The token is not accepted (401), or lacks a scope (403)."""


class NotFound(RefusedError):
    """The site, collection or SKU does not exist (404)."""


class NotValid(RefusedError):
    """The store does not accept this request (400 and the rest of 4xx)."""


class EcommerceOff(RefusedError):
    """Ecommerce is not enabled on this site (409); it stays so until somebody enables it."""


class Throttled(RefusedError):
    """Too many requests (429); `retry_after` seconds were asked for, or None."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message, 429)
        self.retry_after = retry_after


class ServerFault(RefusedError):
    """The store failed (5xx); whether the request took effect is not known.

    `retry_after` is how many seconds a 503 asked for, or None.
    """

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message, status)
        self.retry_after = retry_after
