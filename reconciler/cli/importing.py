"""`reconciler import`: what a shop has and no file declares → YAML."""

import re
import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import click

from reconciler.atomic_files import replace_files
from reconciler.cli.console import print_error, print_text
from reconciler.cli.editing import Working, load_working, say_finding
from reconciler.cli.options import PARALLELISM, TOKEN_FILE, Options, shared_options
from reconciler.cli.stages import Access, list_and_match, make_progress, open_store, until_signal
from reconciler.contract import schema_file
from reconciler.desired.editor.generate import (
    SETTINGS,
    LeftOut,
    Newcomer,
    Place,
    adopt,
    choose_places,
    sort_out,
)
from reconciler.desired.editor.serialize import LANGUAGE_SERVER, quote
from reconciler.desired.files import SETTINGS_FILE, find_stores, is_store_name, read_files
from reconciler.desired.loader import build_desired
from reconciler.errors import AnswerError, InputError, NotAuthorized, NotFound, Problem, UsageError
from reconciler.git.repository import open_repository
from reconciler.model import Listing, LiveSku, Stock
from reconciler.plan.match import Matches
from reconciler.records.records import ref_of
from reconciler.render.sanitize import safe_text
from reconciler.render.wording import count
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import fetch_categories, fetch_stocks

SHOWN = 20


class Found(NamedTuple):
    """What the shop has: all that it lists, and what no file declares."""

    listing: Listing
    matches: Matches
    candidates: tuple[LiveSku, ...]
    stocks: Mapping[str, Stock]
    categories: Mapping[str, str]


@click.command("import")
@click.option("--site", metavar="ID", help="The site of a new store, which --store names.")
@click.option(
    "--sku",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only SKUs whose code is like this, such as 'TEE-*'; may be given again.",
)
@click.option(
    "--pin",
    is_flag=True,
    help="Declare SKUs without a code of their own too, by the store's id.",
)
@PARALLELISM
@TOKEN_FILE
@shared_options
@click.pass_obj
def command(
    options: Options,
    site: str | None,
    globs: tuple[str, ...],
    pin: bool,
    parallelism: int,
    token_file: Path | None,
) -> int:
    """Write the YAML of SKUs that the shop has and no file declares yet.

    For a new store, with --site and --store, its store.yaml too. What is declared already is not
    touched: a second import adds what is new where it belongs. Nothing is written to the shop.
    """
    working = _begin(options, site.lower()) if site else _go_on(options)
    access = Access(token_file, parallelism)
    with open_store(options, working.desired.settings, access) as client:
        found = until_signal(access, lambda: _read(options, working, client, access, globs))
    declared = working.desired.declared
    newcomers, left_out = sort_out(
        found.candidates, found.listing.skus, found.stocks, declared, pin=pin
    )
    _say_left_out(left_out)
    if globs and not found.candidates:
        raise UsageError("no SKU that is new is called like that; nothing was imported")
    if not newcomers:
        print_error("Nothing to import: every SKU that can be declared is declared.")
        return 0
    name = working.desired.settings.name
    folder = options.store_folder(name).as_posix()
    places = choose_places(newcomers, _siblings(working, found), found.categories, folder)
    schema, schemas = _find_schemas(options)
    contents = adopt(working.desired, working.files, newcomers, places, f"{schema}/{_INVENTORY}")
    begun = {path: text for path, text in working.files.items() if path == working.made}
    before = {path: text for path, text in working.files.items() if path != working.made}
    replace_files({**schemas, **begun, **contents}, before)
    _say(options, name, newcomers, places)
    return 0


def _begin(options: Options, site: str) -> Working:
    """Return a new store that declares nothing yet; raise UsageError where it cannot be begun."""
    if len(options.store) != 1 or not is_store_name(options.store[0]):
        raise UsageError("name the new store with --store: a-z, 0-9 and -, like --store shop")
    name = options.store[0]
    folder = options.store_folder(name)
    if (folder / SETTINGS_FILE).exists():
        raise UsageError(f"{folder} is a store already; leave --site out to add what is new")
    if not re.fullmatch(r"[0-9a-f]{24}", site):
        raise UsageError(f"--site {site} is no site's id: those are 24 of 0-9 and a-f")
    problems: list[Problem] = []
    others = find_stores(options.inventory, problems) if _any_in(options.inventory) else []
    if problems:
        raise InputError(problems)
    for other in others:
        if other == name:
            continue
        known = load_working(options, other, may_be_empty=True).desired.settings
        if known.site_id == site:
            raise UsageError(
                f"the site {site} is the store {other} already; import with --store {other}"
            )
    schema, _ = _find_schemas(options)
    head = LANGUAGE_SERVER.format(schema=f"{schema}/store.schema.json")
    text = head + SETTINGS.format(site_id=quote(site))
    settings = (folder / SETTINGS_FILE).as_posix()
    there = dict(read_files(folder, problems)) if folder.exists() else {}
    files = {settings: text.encode(), **there}
    desired = build_desired(name, folder.as_posix(), files.items(), problems, may_be_empty=True)
    return Working(files, desired, made=settings)


def _any_in(folder: Path) -> bool:
    """Return whether there is anything in *folder*."""
    return folder.is_dir() and any(not one.name.startswith(".") for one in folder.iterdir())


def _go_on(options: Options) -> Working:
    if not _any_in(options.inventory):
        raise UsageError(
            f"there is no store in {options.inventory} yet; begin one with --site ID --store NAME"
        )
    return load_working(options, options.one_store(), may_be_empty=True)


def _read(
    options: Options,
    working: Working,
    client: StoreClient,
    access: Access,
    globs: tuple[str, ...],
) -> Found:
    """Read what the shop lists, and the stock of what no file declares."""
    settings = working.desired.settings
    listing, matches = list_and_match(working.desired, client)
    for finding in matches.findings:
        if finding.kind.is_error:
            say_finding(finding)
    wanted = tuple(
        live
        for live in matches.not_managed
        if not globs or any(fnmatchcase(live.code, glob) for glob in globs)
    )
    candidates = tuple(live for live in wanted if not live.archived)
    if (archived := len(wanted) - len(candidates)) and not options.quiet:
        print_error(f"{count(archived, 'SKU')} of archived products: left out.")
    try:
        categories = fetch_categories(client, settings.site_id) if candidates else {}
    except (NotAuthorized, NotFound, AnswerError):
        categories = {}
        print_error("The categories cannot be read (the scope cms:read), so files go by product.")
    with make_progress("Reading SKU", len(candidates), client, options) as progress:
        stocks = fetch_stocks(
            client,
            listing.collection_id,
            candidates,
            access.parallelism,
            progress,
            access.ending.reason,
        )
    return Found(listing, matches, candidates, stocks, categories)


def _siblings(working: Working, found: Found) -> dict[str, Place]:
    """Return where candidates belong of whose product something is declared, by their ids.

    That is after the SKU that the shop lists before them, else after the product's last.
    """
    declared = working.desired.declared
    names = {live.sku_id: sku for sku, live in found.matches.live.items()}
    last: dict[str, Place] = {}
    places: dict[str, Place] = {}
    for live in found.listing.skus:
        if name := names.get(live.sku_id):
            last[live.product_id] = Place(declared[name].terms.path, name)
        elif live.product_id in last:
            places[live.sku_id] = last[live.product_id]
    ends = {one.sku_id: last[one.product_id] for one in found.candidates if one.product_id in last}
    return ends | places


_INVENTORY = "inventory.schema.json"


def _find_schemas(options: Options) -> tuple[str, dict[str, bytes]]:
    """Return where schemas are from a store's folder, and those files that are not there yet.

    By them an editor completes keys and marks what is wrong.
    """
    if (options.inventory.parent / "schemas" / _INVENTORY).is_file():
        return "../../schemas", {}
    folder = options.inventory / ".schemas"
    names = (_INVENTORY, "store.schema.json")
    missing = {
        (folder / name).as_posix(): schema_file(name).read_bytes()
        for name in names
        if not (folder / name).exists()
    }
    return "../.schemas", missing


def _say_left_out(left_out: list[LeftOut]) -> None:
    for live, reason, _ in left_out[:SHOWN]:
        print_error(safe_text(f"Left out: {live.name or live.code} ({live.sku_id}): {reason}"))
    if len(left_out) > SHOWN:
        print_error(f"and {len(left_out) - SHOWN} more left out")
    if any(one.can_be_pinned for one in left_out):
        print_error("With --pin, those without a code of their own are declared by the store's id.")


def _say(
    options: Options,
    name: str,
    newcomers: list[Newcomer],
    places: Mapping[str, Place],
) -> None:
    """Print how many SKUs went to which file, and what to do next."""
    for path in sorted({place.path for place in places.values()}):
        many = sum(places[one.sku].path == path for one in newcomers)
        print_text(f"  {safe_text(path)}: {count(many, 'SKU')}\n")
    print_text(f"{count(len(newcomers), 'SKU')} imported.\n")
    if not options.quiet:
        print_error(_next_commands(options, name))


def _next_commands(options: Options, name: str) -> str:
    """Return what to do next: with a base as long as no apply was recorded."""
    inventory = options.inventory.as_posix()
    flags = "" if inventory == "inventory" else f" --inventory {shlex.quote(inventory)}"
    if len(find_stores(options.inventory, [])) > 1:
        flags += f" --store {name}"
    repository = open_repository(options.store_folder(name))
    if repository is None or repository.find_ref(ref_of(name)) is None:
        flags += " --base HEAD"
    push = " --push origin" if repository and repository.has_remote("origin") else ""
    begin = "  git init\n" if repository is None else ""
    return (
        f"\nLook at it, and then:\n{begin}  git add {shlex.quote(inventory)}\n"
        f"  git commit -m 'Import {name}'\n"
        f"  reconciler plan{flags}      # nothing to change\n"
        "and after the merge, on the main branch:\n"
        f"  reconciler apply{flags} --record{push}"
    )
