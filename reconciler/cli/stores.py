"""`reconciler stores`: which stores there are, for people or for a CI matrix. Asks nobody."""

import json

import click

from reconciler.cli.console import print_text
from reconciler.cli.loading import load_desired
from reconciler.cli.options import Options, shared_options
from reconciler.cli.workflow import put_outputs
from reconciler.model.codec import dump_json
from reconciler.render.wording import count


@click.command("stores")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github-matrix"]),
    default="text",
    show_default=True,
    help="How to print them; github-matrix is one line for a job's strategy.",
)
@shared_options
@click.pass_obj
def command(options: Options, format_: str) -> int:
    """List the stores in the inventory folder."""
    names = options.stores()
    if format_ == "github-matrix":
        matrix = json.dumps({"store": names}, separators=(",", ":"))
        print_text(f"{matrix}\n")
        put_outputs(matrix=matrix)
        return 0
    states = [load_desired(options, name) for name in names]
    stores = [
        {
            "name": state.settings.name,
            "site_id": state.settings.site_id,
            "backend": state.settings.backend,
            "rule": state.settings.rule,
            "skus": len(state.declared),
        }
        for state in states
    ]
    if format_ == "json":
        print_text(dump_json(stores) + "\n")
        return 0
    width = max(len(name) for name in names)
    for store in stores:
        skus = count(int(str(store["skus"])), "SKU")
        print_text(f"{store['name']:<{width}}  site {store['site_id']}  {store['rule']}  {skus}\n")
    return 0
