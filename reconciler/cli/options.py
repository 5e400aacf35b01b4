"""The options that every command takes, before or after its name."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import click

from reconciler.atomic_files import make_folder, write_text
from reconciler.desired.files import find_stores
from reconciler.errors import InputError, Problem, ReconcilerError, UsageError

ColorWhen = Literal["auto", "always", "never"]
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@dataclass(slots=True)
class Options:
    """What was said on the command line for all commands."""

    inventory: Path = Path("inventory")
    store: tuple[str, ...] = ()
    all_stores: bool = False
    quiet: bool = False
    verbose: bool = False
    color: ColorWhen = "auto"

    def stores(self) -> list[str]:
        """Return the stores that are meant: all, if none was named."""
        problems: list[Problem] = []
        known = find_stores(self.inventory, problems)
        if problems:
            raise InputError(problems)
        for name in self.store:
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
                raise UsageError(f"there is no store {name} in {self.inventory}; {hint}")
        return list(dict.fromkeys(self.store)) or known

    @property
    def means_several(self) -> bool:
        """Whether several stores are meant, one after the other."""
        return self.all_stores or len(set(self.store)) > 1

    def one_store(self) -> str:
        """Return the one store that is meant; raise UsageError for several."""
        names = self.stores()
        if self.all_stores:
            raise UsageError("this takes one store at a time; name it with --store")
        if len(names) > 1:
            raise UsageError(
                f"there are several stores: {', '.join(names)};"
                " name one with --store, or take --all-stores"
            )
        return names[0]

    def store_folder(self, name: str) -> Path:
        """Return the folder of the store *name*."""
        return self.inventory / name

    def state_folder(self, *parts: str) -> Path:
        """Return a folder, made if need be, below `.reconciler/`, which git does not see."""
        state = self.inventory.absolute().parent / ".reconciler"
        folder = state.joinpath(*parts)
        try:
            make_folder(folder)
            ignore = state / ".gitignore"
            if not os.path.lexists(ignore):
                write_text(ignore, "*\n")
        except OSError as error:
            raise ReconcilerError(f"cannot keep anything in {state}: {error.strerror}") from None
        return folder


class Duration(NamedTuple):
    """A length of time in seconds, and as it was written."""

    seconds: float
    text: str


class _DurationType(click.ParamType[Any]):
    """A number with s, m or h behind it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the Duration that *value* is; fail for what is none."""
        found = re.fullmatch(r"([0-9]{1,6})([smh])", str(value))
        if found is None or not int(found[1]):
            self.fail(f"{value} is no time; write one like 90s, 10m or 2h", param, ctx)
        return Duration(int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]], str(value))


DURATION = _DurationType()


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Put *value* where all commands find it, if it was given."""
    options = context.ensure_object(Options)
    if parameter.name == "store":
        options.store += value
    elif value not in (None, False) and parameter.name is not None:
        setattr(options, parameter.name, value)


_COLOR = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    expose_value=False,
    callback=_keep,
    help="Whether to colour what is printed.",
)
_VERBOSE = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Say everything.",
)
_QUIET = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Say nothing but results and errors.",
)


def _complete_store(context: click.Context, _: click.Parameter, word: str) -> list[str]:
    """Return the stores that begin with *word*, for the shell."""
    options = context.find_object(Options) or Options()
    return [name for name in find_stores(options.inventory, []) if name.startswith(word)]


_STORE = click.option(
    "--store",
    shell_complete=_complete_store,
    multiple=True,
    metavar="NAME",
    expose_value=False,
    callback=_keep,
    help="The store that is meant; may be left out where there is only one.",
)
_ALL_STORES = click.option(
    "--all-stores",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="All stores, one after the other; the worst exit code wins.",
)
_INVENTORY = click.option(
    "--inventory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    expose_value=False,
    callback=_keep,
    help="The folder that holds the stores.  [default: inventory]",
)


def shared_options(function: Decorated) -> Decorated:
    """Add the shared options to a command or to the group."""
    for option in (_COLOR, _VERBOSE, _QUIET, _ALL_STORES, _STORE, _INVENTORY):
        function = option(function)
    return function


TOKEN_FILE = click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the token from a file instead of the variable.",
)
PARALLELISM = click.option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="How many requests may be under way at once.",
)
BASE = click.option(
    "--base",
    metavar="REF",
    help="What was applied last: a record or any commit.  [default: the store's last record]",
)
PLAN_FORMAT = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown", "github"]),
    help="How to print it: github marks the lines of a pull request.  [default: text]",
)
