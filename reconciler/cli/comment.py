"""`reconciler comment`: a plan or a report as the one comment of its store on a pull request."""

import os
from pathlib import Path

import click

from reconciler.apply.report_file import load_report
from reconciler.cli.console import print_text
from reconciler.cli.options import Options, shared_options
from reconciler.cli.show import as_report, read_file
from reconciler.cli.stages import open_github
from reconciler.github.actions_context import read_head, read_pull_request
from reconciler.github.sticky_comment import marker_of, put_comment
from reconciler.plan.plan_file import load_plan
from reconciler.render.markdown import COMMENT_LIMIT, render_plan, render_report


@click.command("comment")
@click.argument("file", type=click.Path(path_type=Path), metavar="PLANFILE|REPORT")
@click.option(
    "--pr",
    type=click.IntRange(1),
    metavar="N",
    help="The pull request.  [default: the one that the workflow's event is about]",
)
@shared_options
@click.pass_obj
def command(options: Options, file: Path, pr: int | None) -> int:
    """Create or update the one comment that a store has on a pull request.

    Asks GitHub with GITHUB_TOKEN, heeding GITHUB_API_URL, GITHUB_REPOSITORY and
    GITHUB_EVENT_PATH, which Actions sets.
    """
    content = read_file(file)
    report = as_report(content)
    # Which push it is about: a later one that cannot be planned leaves this comment as it is.
    about = read_head(os.environ)
    foot = f"\nAt commit {about}.\n" if about and pr is None else ""
    github = open_github()  # what is missing is said before anything is read
    pull_request = pr or read_pull_request(os.environ)
    if report is None:
        plan = load_plan(str(file), content)
        store = plan.store
        text = render_plan(plan, COMMENT_LIMIT - len(marker_of(store)) - len(foot))
    else:
        loaded = load_report(str(file), report)
        store = loaded.store
        text = render_report(loaded, COMMENT_LIMIT - len(marker_of(store)) - len(foot))
    with github:
        address = put_comment(github, pull_request, store, text + foot)
    if not options.quiet:
        print_text(f"{address}\n")
    return 0
