"""`reconciler validate`: all checks that need no store."""

import click

from reconciler.cli.console import print_text
from reconciler.cli.options import Options, shared_options
from reconciler.desired.build import build_desired
from reconciler.desired.files import read_files
from reconciler.errors import InputError, Problem
from reconciler.render.rows import count
from reconciler.render.safe import safe_text


@click.command("validate")
@shared_options
@click.pass_obj
def command(options: Options) -> int:
    """Check every YAML file, and say of each problem where it is and what to write instead.

    Nothing is asked of the store. Exits 65 when there are problems.
    """
    problems: list[Problem] = []
    skus = 0
    names = options.stores()
    for name in names:
        folder = options.store_folder(name)
        try:
            skus += len(build_desired(name, folder.as_posix(), read_files(folder)).declared)
        except InputError as error:
            problems.extend(error.problems)
    for problem in problems:
        print_text(f"{safe_text(str(problem))}\n")
    if problems:
        print_text(f"{count(len(problems), 'problem')} found.\n")
        return InputError.exit_code
    print_text(f"{count(skus, 'SKU')} in {count(len(names), 'store')}: everything is in order.\n")
    return 0
