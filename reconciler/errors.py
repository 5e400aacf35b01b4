"""The product's exceptions. Each class has a stable `code`, for people and docs, and an exit code.

ReconcilerError                 1   failed
├── UsageError                 64   usage               wrong options or arguments
├── InputError                 65   input               invalid files, with all problems found
│   └── PlanFileError          65   plan_file           malformed or unknown plan file
├── StalePlanError              3   stale_plan          the plan no longer fits
├── OldCommitError              3   old_commit          the checkout is older than the last apply
├── LockedError                 3   locked              another apply holds the lock
├── PushError                   5   not_pushed          writes are done, their record is not shared
├── HistoryError                1   git                 git fails, or lacks what is needed
│   └── DivergedError           1   diverged_records    two records of one site
├── LimitError                  4   limit               a safety limit is exceeded
├── NoBaseError                 1   no_base             a rule needs a base
├── InterruptedRunError  130, 143   interrupted         a signal ended the run
├── JournalError                1   journal             the journal can't be written
├── EditError                   1   edit                a file can't be edited
├── GithubError                 1   github              GitHub's API fails
│   ├── GithubRefusal           1   github_refused      the token lacks a permission
│   └── LostAnswerError         1   github_no_answer    the request may have taken effect
├── OutputError                 1   output              the output can't be written
├── SandboxError                1   sandbox             the sandbox can't start
└── StoreError                  1   shop                the shop's API fails
    ├── TokenError              1   token               no token, or an impossible one
    ├── ListingError            1   unstable_listing    products or orders changed while reading
    ├── OutageError             1   outage              too many failures in a row
    ├── StoppedError            1   stopped             the run stopped before sending
    ├── TransportError          1   no_answer           no complete answer arrived
    │   └── ConnectionRefused   1   no_connection       nothing was sent
    ├── AnswerError             1   bad_answer          the answer can't be parsed
    │   └── TooLongError        1   answer_too_long     the answer is too large
    └── RefusedError            1   refused             the API rejected the request
        ├── NotAuthorized       1   not_authorized      401, 403
        ├── NotFound            1   not_found           404
        ├── NotValid            1   not_valid           400 and other 4xx
        ├── EcommerceOff        1   ecommerce_off       409
        ├── Throttled           1   rate_limited        429, with the time to wait
        └── ServerFault         1   server_error        5xx: the request may have taken effect
"""

from typing import NamedTuple

from reconciler.exit_codes import ExitCode


class Problem(NamedTuple):
    """One problem of an input file: the place, what is wrong, and what to write instead.

    `line` and `column` count from 1; 0 means the whole file. `paste` holds replacement lines.
    `stands_for` is the number of problems that this one sums up.
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
    """An error that ends the run. The text says why, and what to do."""

    code: str = "failed"
    exit_code: ExitCode = ExitCode.FAILED


class UsageError(ReconcilerError):
    """Wrong options or arguments."""

    code = "usage"
    exit_code = ExitCode.USAGE


class InputError(ReconcilerError):
    """Invalid input files. `problems` holds all problems found, sorted."""

    code = "input"
    exit_code = ExitCode.INPUT

    def __init__(self, problems: list[Problem]) -> None:
        # A sum of further problems comes last in its file.
        order = sorted(set(problems), key=lambda one: (one.path, one.stands_for > 1, one))
        self.problems = tuple(order)
        super().__init__("\n".join(map(str, self.problems)))


class PlanFileError(InputError):
    """A saved plan that is malformed, too large, or of an unknown version."""

    code = "plan_file"

    def __init__(self, path: str, message: str) -> None:
        super().__init__([Problem(path, 0, 0, message)])


class StalePlanError(ReconcilerError):
    """A saved plan that no longer fits the YAML, the record, or the shop. Nothing was written."""

    code = "stale_plan"
    exit_code = ExitCode.MOVED


class OldCommitError(ReconcilerError):
    """The checked-out commit does not descend from the one applied last."""

    code = "old_commit"
    exit_code = ExitCode.MOVED


class LockedError(ReconcilerError):
    """Another apply holds the lock of this shop. Nothing was written."""

    code = "locked"
    exit_code = ExitCode.MOVED


class PushError(ReconcilerError):
    """The writes are done, but their record was not pushed."""

    code = "not_pushed"
    exit_code = ExitCode.INCOMPLETE


class EditError(ReconcilerError):
    """A file can't be edited. Nothing was changed."""

    code = "edit"

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} Nothing was changed. Check the file, or edit it by hand.")


class HistoryError(ReconcilerError):
    """Git is missing, fails, or lacks the requested object."""

    code = "git"


class DivergedError(HistoryError):
    """Two records of one site exist, and neither descends from the other."""

    code = "diverged_records"


class LimitError(ReconcilerError):
    """A plan exceeds a safety limit. Nothing was written."""

    code = "limit"
    exit_code = ExitCode.LIMIT


class NoBaseError(ReconcilerError):
    """A rule needs a base, and there is none."""

    code = "no_base"


class InterruptedRunError(ReconcilerError):
    """A signal ended the run. Nothing was written."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__("Interrupted. Nothing was written.")
        self.exit_code = exit_code


class JournalError(ReconcilerError):
    """The journal of an apply can't be written, or belongs to another plan."""

    code = "journal"


class GithubError(ReconcilerError):
    """GitHub's API failed, or the workflow lacks required information."""

    code = "github"


class GithubRefusal(GithubError):
    """GitHub rejected the token for this request."""

    code = "github_refused"


class LostAnswerError(GithubError):
    """The answer to a GitHub request was lost. The request may have taken effect."""

    code = "github_no_answer"


class OutputError(ReconcilerError):
    """The output can't be written, for example because the disk is full."""

    code = "output"


class SandboxError(ReconcilerError):
    """The sandbox can't be started or seeded."""

    code = "sandbox"


class StoreError(ReconcilerError):
    """The shop's API failed or rejected a request."""

    code = "shop"


class TokenError(StoreError):
    """The token is missing or malformed. The text never contains it."""

    code = "token"


class ListingError(StoreError):
    """A listing of products or orders keeps changing, never ends, or contradicts itself."""

    code = "unstable_listing"


class OutageError(StoreError):
    """The shop failed, or answered 429, too often in a row."""

    code = "outage"


class StoppedError(StoreError):
    """The run was stopped while a request waited its turn. Nothing was sent."""

    code = "stopped"


class TransportError(StoreError):
    """No complete answer arrived. The request may have taken effect."""

    code = "no_answer"


class ConnectionRefused(TransportError):
    """No connection could be made, so nothing was sent."""

    code = "no_connection"


class AnswerError(StoreError):
    """An answer can't be parsed as the requested resource."""

    code = "bad_answer"


class TooLongError(AnswerError):
    """An answer is larger than any that this API sends. A retry would bring it again."""

    code = "answer_too_long"


class RefusedError(StoreError):
    """The shop rejected the request. `status` is the HTTP status."""

    code = "refused"

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotAuthorized(RefusedError):
    """The token is invalid (401) or lacks a scope (403)."""

    code = "not_authorized"


class NotFound(RefusedError):
    """The site, collection, or SKU does not exist (404)."""

    code = "not_found"


class NotValid(RefusedError):
    """The request is not valid (400 and other 4xx)."""

    code = "not_valid"


class EcommerceOff(RefusedError):
    """Ecommerce is not enabled on this site (409). A retry does not help."""

    code = "ecommerce_off"


class Throttled(RefusedError):
    """Too many requests (429). `retry_after` is the requested wait in seconds, or None."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message, 429)
        self.retry_after = retry_after


class ServerFault(RefusedError):
    """The shop failed (5xx). The request may have taken effect.

    `retry_after` is the wait in seconds that a 503 requested, or None.
    """

    code = "server_error"

    def __init__(self, message: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(message, status)
        self.retry_after = retry_after
