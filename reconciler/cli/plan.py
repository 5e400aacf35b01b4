"""`reconciler plan`: what apply would change, and why. Writes nothing to the store."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.atomic_files import make_folder, write_text
from reconciler.cli.basing import History, at_fork, declared_at, load_history
from reconciler.cli.console import print_error, print_lines, print_text
from reconciler.cli.loading import load_desired
from reconciler.cli.options import (
    BASE,
    PARALLELISM,
    PLAN_FORMAT,
    TOKEN_FILE,
    Options,
    shared_options,
)
from reconciler.cli.several import for_each_store
from reconciler.cli.stages import (
    Access,
    Scope,
    make_offline_plan,
    make_plan,
    open_store,
)
from reconciler.cli.workflow import put_outputs, summarise
from reconciler.errors import InputError, ReconcilerError, UsageError
from reconciler.model import Plan
from reconciler.plan.plan_file import dump_plan
from reconciler.plan.reference import select
from reconciler.records.base import refuse_old_commit
from reconciler.render.github_annotations import MAX_ANNOTATIONS
from reconciler.render.github_annotations import render_plan as render_annotations
from reconciler.render.markdown import render_plan as render_markdown
from reconciler.render.terminal import render_plan

CHANGES_PENDING = 2
STDIO = Path("-")


@click.command("plan")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the plan for apply; - is stdout.",
)
@PLAN_FORMAT
@BASE
@click.option(
    "--changed-since",
    metavar="REF",
    help="Read only SKUs whose declaration differs from the one at REF.",
)
@click.option("--offline", is_flag=True, help="Compare with the base, and ask no store.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options,
    out: Path | None,
    format_: str | None,
    base: str | None,
    changed_since: str | None,
    offline: bool,
    detailed_exitcode: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Read the live stock and show what apply would change.

    Exits 65 when the YAML names SKUs that the store does not have or cannot tell apart.
    """
    if offline and changed_since:
        raise UsageError("--offline reads nothing, so --changed-since has nothing to leave out")
    if out == STDIO and format_ not in {None, "json"}:
        raise UsageError(
            f"--out - prints the plan as JSON, and --format {format_} prints it too. Name a file"
            " with --out, or leave one of them out."
        )
    format_ = format_ or "text"
    access = Access(token_file, parallelism)
    asked = Asked(base, changed_since, offline, format_, detailed_exitcode)
    changes: list[int] = []
    if options.means_several:
        code = for_each_store(
            options, lambda one: _plan(one, out_of(out, one.one_store()), asked, access, changes)
        )
    else:
        code = _plan(options, out, asked, access, changes)
    put_outputs(changes=sum(changes), plan_file=out or "")
    return code


class Asked(NamedTuple):
    """What is asked of a plan."""

    base: str | None
    changed_since: str | None
    offline: bool
    format_: str
    detailed_exitcode: bool


def out_of(folder: Path | None, name: str) -> Path | None:
    """Return the file of the store *name* in *folder*, which is made if need be."""
    if folder is None:
        return None
    if folder == STDIO:
        raise UsageError("several stores need a folder each of their files goes to, not -")
    try:
        make_folder(folder)
    except OSError as error:
        raise ReconcilerError(f"{folder} cannot be a folder: {error.strerror}") from None
    return folder / f"{name}.json"


def _plan(
    options: Options, out: Path | None, asked: Asked, access: Access, changes: list[int]
) -> int:
    """Plan one store, add how much would change, and return the exit code."""
    scope = _load_scope(options, asked)
    plan = make_offline_plan(scope) if asked.offline else _ask(options, scope, access)
    format_ = asked.format_
    if out == STDIO:
        out, format_ = None, "json"
    if out is not None:
        save_text(dump_plan(plan), out, "the plan")
    print_plan(plan, format_, options)
    if out is not None and not options.quiet and not asked.offline:
        flags = f" --base {asked.base}" if asked.base else ""
        flags += " --record" if plan.provenance.base else ""
        flags += "".join(f" --allow {violation.limit}" for violation in plan.violations)
        print_error(f"Saved to {out}. To carry it out: reconciler apply {out}{flags}")
    code = plan_exit_code(plan, detailed=asked.detailed_exitcode)
    summarise(partial(render_markdown, plan))
    changes.append(len(plan.actions))
    return code


def _load_scope(options: Options, asked: Asked) -> Scope:
    """Return what the plan is to be made of."""
    desired = load_desired(options, options.one_store())
    history = load_history(options, desired.settings, asked.base, None)
    if asked.offline:
        history = at_fork(history)
    wanted = None
    if asked.changed_since is not None:
        wanted = frozenset(select(desired.declared, declared_at(history, asked.changed_since)))
    if not options.quiet:
        _say_what_is_odd(history)
    return Scope(desired, history, wanted)


def _say_what_is_odd(history: History) -> None:
    """Say that there is no base, or that apply would refuse what is checked out."""
    if history.base is None:
        print_error(f"No base is known, so neither is why stock differs. {history.why_not}")
    if history.repository is not None and history.last is not None:
        try:
            refuse_old_commit(history.repository, history.head, history.last)
        except ReconcilerError as error:
            print_error(f"Note: apply would refuse this: {error}")


def _ask(options: Options, scope: Scope, access: Access) -> Plan:
    """Return the plan, for which the store is asked."""
    scope.require_base()
    with open_store(options, scope.desired.settings, access) as client:
        return make_plan(options, scope, client, access)


def print_plan(plan: Plan, format_: str, options: Options, annotated_stores: int = 1) -> None:
    """Print *plan* on stdout in the format `text`, `json`, `markdown` or `github`.

    A step shows ten annotations, which *annotated_stores* share.
    """
    if format_ == "json":
        print_text(dump_plan(plan))
    elif format_ == "markdown":
        print_text(render_markdown(plan))
    elif format_ == "github":
        share = max(1, MAX_ANNOTATIONS // annotated_stores)
        print_text("".join(f"{line}\n" for line in render_annotations(plan, share)))
    else:
        print_lines(render_plan(plan, verbose=options.verbose), options)


def plan_exit_code(plan: Plan, *, detailed: bool) -> int:
    """Return 65 for a plan with errors, 2 for pending changes if that was asked for, else 0."""
    if plan.errors:
        return InputError.exit_code
    return CHANGES_PENDING if detailed and plan.actions else 0


def save_text(text: str, path: Path, what: str) -> None:
    """Write *text* to a file, whole or not at all; a pipe or a device is written as it is."""
    try:
        write_text(path, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReconcilerError(
            f"Can't save {what} to {path}: {reason}. Name another file."
        ) from None
