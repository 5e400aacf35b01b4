"""`reconciler validate`: check the YAML offline."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from reconciler.app.stores import stores_for_path
from reconciler.app.validating import check_folder
from reconciler.cli.params import GlobalFlags, shared_options
from reconciler.cli.streams import print_error, print_text, problem_lines
from reconciler.desired.files import find_stores, refuse_repositories_beside_stores
from reconciler.desired.valid import MOST_SHOWN
from reconciler.errors import InputError, Problem
from reconciler.model.codec import dump_json
from reconciler.render.github_annotations import render_problems
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]…", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "github", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@shared_options
@click.pass_obj
def command(flags: GlobalFlags, paths: tuple[Path, ...], format_: str) -> int:
    """Check all YAML files, and explain each problem.

    PATH is the folder of a store, or a file in it. Exits with 65 if there are problems. This
    command does not contact the shop.
    """
    problems: list[Problem] = []
    skus = 0
    folders = _folders(flags, paths, problems)
    for folder in folders:
        checked = check_folder(folder, None if format_ == "json" else MOST_SHOWN)
        skus += checked.skus
        problems.extend(checked.problems)
        if checked.hint and not flags.quiet:
            print_error(safe_text(checked.hint))
    if format_ == "json":
        _print_json(problems, skus, folders)
    else:
        _print_text(problems, skus, folders, github=format_ == "github")
    return InputError.exit_code if problems else 0


def _folders(flags: GlobalFlags, paths: Iterable[Path], problems: list[Problem]) -> list[Path]:
    """Return the folders of the selected stores, each once."""
    if not paths and flags.store:
        return [context.folder for context in flags.stores()]
    if not paths:
        return [flags.inventory / name for name in find_stores(flags.inventory, problems)]
    folders: dict[Path, Path] = {}
    for path in paths:
        try:
            for folder in stores_for_path(path):
                folders.setdefault(folder.resolve(), folder)
        except InputError as error:
            problems.extend(error.problems)
    for inventory in {folder.resolve().parent for folder in folders.values()}:
        refuse_repositories_beside_stores(inventory, problems)
    return list(folders.values())


def _print_text(problems: list[Problem], skus: int, folders: list[Path], *, github: bool) -> None:
    plain = (line for problem in problems for line in problem_lines(problem))
    for line in render_problems(problems) if github else plain:
        print_text(f"{line}\n")
    if problems:
        found = sum(problem.stands_for for problem in problems)
        print_text(f"{count(found, 'problem')} found.\n")
    else:
        where = count(len(folders), "store")
        print_text(f"{count(skus, 'SKU')} in {where}: no problems found.\n")


def _as_json(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON, which lists all problems without a summary."""
    return {name: value for name, value in problem._asdict().items() if name != "stands_for"}


def _print_json(problems: list[Problem], skus: int, folders: list[Path]) -> None:
    found = {
        "problems": [_as_json(problem) for problem in problems],
        "skus": skus,
        "stores": [folder.name for folder in folders],
    }
    print_text(dump_json(found) + "\n")
