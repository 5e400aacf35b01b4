"""Options that all or several commands share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import click

from reconciler.app.context import MemoryRequest, StoreContext, resolve_stores
from reconciler.atomic_files import protect_folder
from reconciler.desired.files import find_stores
from reconciler.errors import UsageError

ColorWhen = Literal["auto", "always", "never"]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class GlobalFlags:
    """The options that are valid before and after the command's name."""

    inventory: Path = Path("inventory")
    store: tuple[str, ...] = ()
    all_stores: bool = False
    quiet: bool = False
    verbose: bool = False
    color: ColorWhen = "auto"

    def stores(self) -> list[StoreContext]:
        """Return the named stores, or all if none is named."""
        return resolve_stores(self.inventory, self.store)

    @property
    def means_several(self) -> bool:
        """Whether the command runs for several stores."""
        return self.all_stores or len(set(self.store)) > 1

    def one_store(self) -> StoreContext:
        """Return the selected store. Raises UsageError for several."""
        contexts = self.stores()
        if self.all_stores:
            raise UsageError("This command takes one store. Name it with --store.")
        if len(contexts) > 1:
            names = ", ".join(context.name for context in contexts)
            raise UsageError(f"There are several stores: {names}. Pass --store or --all-stores.")
        return contexts[0]


class Duration(NamedTuple):
    """A duration in seconds, and its text."""

    seconds: float
    text: str


class _DurationType(click.ParamType[Any]):
    """A number with the unit s, m, or h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse a duration, or fail."""
        found = re.fullmatch(r"([0-9]{1,6})([smh])", str(value))
        if found is None or not int(found[1]):
            self.fail(
                (f"{value} is not a duration. Write, for example, 90s, 10m, or 2h."), param, ctx
            )
        return Duration(int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]], str(value))


class _TimeType(click.ParamType[Any]):
    """A date and time. Without an offset, it is in this machine's time zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse a time and add a missing offset, or fail."""
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            at = None
        is_whole = at is not None and len(str(value)) > len("2026-11-27")
        if at is None or not is_whole or not 1970 < at.year < 9999:
            self.fail(f"{value} is not a time. Write, for example, 2026-11-27T09:30.", param, ctx)
        return at if at.tzinfo else at.astimezone()


class _FileType(click.Path):
    """A file. `-`, and the device names of stdin and stdout, are the stream."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or `-` for a stream."""
        path = super().convert(value, param, ctx)
        return Path("-") if str(path) in _STREAMS else path


_STREAMS = frozenset(
    f"{folder}{name}"
    for folder, names in (
        ("/dev/", ("stdin", "stdout", "fd/0", "fd/1")),
        ("/proc/self/fd/", ("0", "1")),
    )
    for name in names
)
FILE = _FileType(path_type=Path)
DURATION = _DurationType()
TIME = _TimeType()


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Store *value* in the global flags, if it is given."""
    flags = context.ensure_object(GlobalFlags)
    if parameter.name == "store":
        flags.store += value
    elif value not in (None, False) and parameter.name is not None:
        setattr(flags, parameter.name, value)
    if parameter.name == "inventory" and value is not None:
        protect_folder(value.parent)  # a checkout may contain hostile links


_COLOR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    expose_value=False,
    callback=_keep,
    help="When to use color.",
)
_VERBOSE = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Print more details.",
)
_QUIET = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Print results and errors only.",
)


def _complete_store(context: click.Context, _: click.Parameter, word: str) -> list[str]:
    """Return the stores that start with *word*."""
    flags = context.find_object(GlobalFlags) or GlobalFlags()
    return [name for name in find_stores(flags.inventory, []) if name.startswith(word)]


_STORE = click.option(
    "--store",
    shell_complete=_complete_store,
    multiple=True,
    metavar="NAME",
    expose_value=False,
    callback=_keep,
    help="Store to use (repeatable). Optional if there is only one.",
)
_ALL_STORES = click.option(
    "--all-stores",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Use all stores, one after the other. The worst exit code wins.",
)
_INVENTORY = click.option(
    "--inventory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    expose_value=False,
    callback=_keep,
    help="Folder of the stores.  [default: inventory]",
)


def shared_options(function: Decorated) -> Decorated:
    """Add the shared options to a command or to the group."""
    for option in (_COLOR, _VERBOSE, _QUIET, _ALL_STORES, _STORE, _INVENTORY):
        function = option(function)
    return function


_TOKEN_FILE = click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the token from a file.",
)
_PARALLELISM = click.option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Maximum number of concurrent requests.",
)
BASE = click.option(
    "--base",
    metavar="REF",
    help="Base to compare with: a record or a commit.  [default: the last record]",
)
READ_ALL = click.option(
    "--read-all",
    is_flag=True,
    help="Also read SKUs that can't change, to find drift.",
)
_MEMORY = (
    click.option(
        "--remote",
        metavar="NAME",
        help="Remote for the record.  [default: the remote of the branch]",
    ),
    click.option("--local", is_flag=True, help="Keep the record in this clone."),
    click.option(
        "--no-record",
        is_flag=True,
        help="Keep no record. Not possible with the rule on_change.",
    ),
)
_OLD_MEMORY = (
    click.option("--record", is_flag=True, help="Record the apply in git (default)."),
    click.option("--push", metavar="REMOTE", help="Same as --remote."),
)


def memory_options(function: Decorated) -> Decorated:
    """Add the options for the place of the record."""
    for option in reversed(_MEMORY[:2]):
        function = option(function)
    return function


def apply_memory_options(function: Decorated) -> Decorated:
    """Add the same options, and their old names."""
    for option in reversed((*_MEMORY, *_OLD_MEMORY)):
        function = option(function)
    return function


def memory_request(
    remote: str | None, *, local: bool, none: bool = False, is_named: bool = False
) -> MemoryRequest:
    """Return the place of the record. Raises UsageError for contradicting options."""
    if local and remote:
        raise UsageError("--local and --remote contradict each other. Leave out one of them.")
    if none and (local or remote or is_named):
        raise UsageError("--no-record contradicts the other record options. Leave them out.")
    return MemoryRequest(remote, local=local, none=none, is_named=is_named or bool(remote))


PLAN_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "html", "github"]),
    help="Output format. github annotates lines of a pull request.  [default: text]",
)


_EVENT = (
    click.option(
        "--at",
        type=TIME,
        metavar="TIME",
        help="Time of the event, for example 2026-11-27T09:30.  [default: now]",
    ),
    click.option(
        "--reason", default="", metavar="TEXT", help=("Reason, for example 'delivery PO-123'.")
    ),
    click.option("--new", is_flag=True, help="Accept SKUs that no file names yet."),
    click.option("--yes", is_flag=True, help="Don't ask for confirmation."),
)


def event_options(function: Decorated) -> Decorated:
    """Add the options of a command that writes an event, and the shared ones."""
    function = shared_options(function)
    for option in reversed(_EVENT):
        function = option(function)
    return function


def shop_options(function: Decorated) -> Decorated:
    """Add the options of a command that contacts the shop, and the shared ones."""
    return _PARALLELISM(_TOKEN_FILE(shared_options(function)))
