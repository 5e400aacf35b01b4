"""`import`: write YAML for SKUs of the shop that no file declares."""

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from reconciler.app.connect import Connection, open_store
from reconciler.app.context import StoreContext, resolve_stores
from reconciler.app.editing import WorkingCopy, load_working_copy
from reconciler.app.editor_schemas import INVENTORY_SCHEMA, STORE_SCHEMA, find_schemas
from reconciler.app.reporter import Reporter
from reconciler.app.snapshot import left_alone, list_and_match, read_needed, until_signal
from reconciler.app.validating import find_hint
from reconciler.atomic_files import replace_files
from reconciler.desired.editor.generate import (
    SETTINGS,
    LeftOut,
    Newcomer,
    Place,
    choose_places,
    generate_files,
    partition_importable,
)
from reconciler.desired.editor.serialize import LANGUAGE_SERVER, quote
from reconciler.desired.files import SETTINGS_FILE, find_stores, is_store_name, read_files
from reconciler.desired.loader import build_desired
from reconciler.errors import AnswerError, InputError, NotAuthorized, NotFound, Problem, UsageError
from reconciler.git.remotes import list_remotes
from reconciler.git.repository import open_repository
from reconciler.model import Listing, LiveSku, Seen, Stock
from reconciler.plan.match import Matches
from reconciler.render.wording import count
from reconciler.webflow.client import StoreClient
from reconciler.webflow.fetch import fetch_categories

SHOWN = 20


class Undeclared(Struct, frozen=True):
    """The listing of the shop, and the stocks of undeclared SKUs, read *at* a time."""

    listing: Listing
    matches: Matches
    candidates: tuple[LiveSku, ...]
    stocks: Mapping[str, Stock]
    categories: Mapping[str, str]
    at: datetime


class ImportRequest(Struct, frozen=True):
    """The options of an import: *globs* for codes, and whether SKUs without a code are included."""

    globs: Sequence[str] = ()
    pin: bool = False


def import_skus(
    context: StoreContext,
    working: WorkingCopy,
    request: ImportRequest,
    connection: Connection,
    reporter: Reporter,
) -> None:
    """Write YAML for SKUs of the shop that no file declares yet.

    Raises:
        UsageError: No SKU matches the request.
        EditError: A file can't be written. Nothing was changed.
    """
    with open_store(context, working.desired.settings, connection) as client:
        undeclared = until_signal(
            connection, lambda: _read(working, client, connection, reporter, request.globs)
        )
    newcomers, left_out = partition_importable(
        undeclared.candidates,
        undeclared.listing.skus,
        undeclared.stocks,
        working.desired.declared,
        pin=request.pin,
    )
    _say_left_out(left_out, reporter)
    if request.globs and not undeclared.candidates:
        raise UsageError("No new SKU matches. Nothing was imported.")
    if not newcomers:
        rest = "every other SKU is declared" if left_out else "every SKU is declared"
        reporter.say(f"Nothing to import: {rest}.")
        return
    places = choose_places(
        newcomers,
        _siblings(working, undeclared),
        undeclared.categories,
        context.folder.as_posix(),
    )
    _write(context, working, undeclared, newcomers, places)
    _say_imported(context, newcomers, places, reporter)
    if hint := find_hint(working.desired, context.folder):
        reporter.notice(hint)


def _write(
    context: StoreContext,
    working: WorkingCopy,
    undeclared: Undeclared,
    newcomers: Sequence[Newcomer],
    places: Mapping[str, Place],
) -> None:
    """Write the newcomers into files, and an observation of their stocks."""
    schemas = find_schemas(context.inventory)
    schema = f"{schemas.folder}/{INVENTORY_SCHEMA}"
    contents = generate_files(working.desired, working.files, newcomers, places, schema)
    new = working.new_settings
    begun = {path: text for path, text in working.files.items() if path == new}
    before = {path: text for path, text in working.files.items() if path != new}
    seen = {one.sku: Seen(one.stock, one.live.sku_id) for one in newcomers}
    observed = working.observe(seen, undeclared.at)
    replace_files({**schemas.missing, **begun, **contents, **observed}, before)


def begin_store(inventory: Path, names: Sequence[str], site: str) -> WorkingCopy:
    """Return a new, empty store; raise UsageError if it can't be created."""
    if len(names) != 1 or not is_store_name(names[0]):
        raise UsageError(
            "Name the new store with --store. A name consists of a-z, 0-9, and -, like --store"
            " shop."
        )
    context = StoreContext(names[0], inventory)
    folder = context.folder
    if (folder / SETTINGS_FILE).exists():
        raise UsageError(f"{folder} is already a store. Leave out --site to add new SKUs.")
    if not re.fullmatch(r"[0-9a-f]{24}", site):
        raise UsageError(f"--site {site} is not a site id: 24 characters of 0-9 and a-f.")
    _refuse_known_site(inventory, context.name, site)
    head = LANGUAGE_SERVER.format(schema=f"{find_schemas(inventory).folder}/{STORE_SCHEMA}")
    text = head + SETTINGS.format(site_id=quote(site))
    settings = (folder / SETTINGS_FILE).as_posix()
    problems: list[Problem] = []
    there = dict(read_files(folder, problems)) if folder.exists() else {}
    files = {settings: text.encode(), **there}
    desired = build_desired(
        context.name, folder.as_posix(), files.items(), problems, may_be_empty=True
    )
    return WorkingCopy(files, desired, new_settings=settings)


def _refuse_known_site(inventory: Path, name: str, site: str) -> None:
    """Raise UsageError if another store has this site already."""
    problems: list[Problem] = []
    others = find_stores(inventory, problems) if _has_entries(inventory) else []
    if problems:
        raise InputError(problems)
    for other in others:
        if other == name:
            continue
        known = load_working_copy(StoreContext(other, inventory), may_be_empty=True)
        if known.desired.settings.site_id == site:
            raise UsageError(f"The site {site} already has the store {other}. Use --store {other}.")


def _has_entries(folder: Path) -> bool:
    return folder.is_dir() and any(not one.name.startswith(".") for one in folder.iterdir())


def require_stores(inventory: Path) -> None:
    """Raise UsageError if there is no store yet, with the way to begin one."""
    if not _has_entries(inventory):
        raise UsageError(
            f"There is no store in {inventory} yet. Create one with --site ID --store NAME."
        )


def _read(
    working: WorkingCopy,
    client: StoreClient,
    connection: Connection,
    reporter: Reporter,
    globs: Collection[str],
) -> Undeclared:
    """Read the listing of the shop, and the stocks of undeclared SKUs."""
    listing, matches = list_and_match(working.desired, client, connection)
    for finding in matches.findings:
        if finding.kind.is_error:
            reporter.say(left_alone(finding))
    wanted = tuple(
        live
        for live in matches.not_managed
        if not globs or any(fnmatchcase(live.code, glob) for glob in globs)
    )
    candidates = tuple(live for live in wanted if not live.archived)
    if archived := len(wanted) - len(candidates):
        reporter.notice(f"{count(archived, 'SKU')} of archived products: left out.")
    site_id = working.desired.settings.site_id
    try:
        categories = fetch_categories(client, site_id) if candidates else {}
    except (NotAuthorized, NotFound, AnswerError):
        categories = {}
        reporter.say(
            "Can't read the categories (scope cms:read), so files are named after products."
        )
    at = client.now()
    stocks = read_needed(client, listing, candidates, connection, reporter)
    return Undeclared(listing, matches, candidates, stocks, categories, at)


def _siblings(working: WorkingCopy, undeclared: Undeclared) -> dict[str, Place]:
    """Return where candidates belong of whose product something is declared, by their ids.

    That is after the SKU that the shop lists before them, else after the product's last.
    """
    declared = working.desired.declared
    names = {live.sku_id: sku for sku, live in undeclared.matches.live.items()}
    last: dict[str, Place] = {}
    places: dict[str, Place] = {}
    for live in undeclared.listing.skus:
        if name := names.get(live.sku_id):
            last[live.product_id] = Place(declared[name].terms.path, name)
        elif live.product_id in last:
            places[live.sku_id] = last[live.product_id]
    ends = {
        one.sku_id: last[one.product_id] for one in undeclared.candidates if one.product_id in last
    }
    return ends | places


def _say_left_out(left_out: list[LeftOut], reporter: Reporter) -> None:
    for live, reason, _ in left_out[:SHOWN]:
        reporter.say(f"Left out: {live.name or live.code} ({live.sku_id}): {reason}.")
    if len(left_out) > SHOWN:
        reporter.say(f"and {len(left_out) - SHOWN} more.")
    if any(one.can_be_pinned for one in left_out):
        reporter.say("Pass --pin to declare SKUs whose code can't be a key by the shop's id.")


def _say_imported(
    context: StoreContext,
    newcomers: list[Newcomer],
    places: Mapping[str, Place],
    reporter: Reporter,
) -> None:
    """Print how many SKUs went to which file, and the next commands."""
    for path in sorted({place.path for place in places.values()}):
        many = sum(places[one.sku].path == path for one in newcomers)
        reporter.result(f"  {path}: {count(many, 'SKU')}")
    reporter.result(f"{count(len(newcomers), 'SKU')} imported.")
    reporter.notice(_next_commands(context))


def _next_commands(context: StoreContext) -> str:
    """Return the next commands."""
    name, inventory = context.name, context.inventory.as_posix()
    flags = "" if inventory == "inventory" else f" --inventory {shlex.quote(inventory)}"
    if len(resolve_stores(context.inventory)) > 1:
        flags += f" --store {name}"
    repository = open_repository(context.folder)
    begin = "  git init\n" if repository is None else ""
    push = "  git push\n" if repository and list_remotes(repository) else ""
    return (
        f"\nLook at it, and then:\n{begin}  git add {shlex.quote(inventory)}\n"
        f"  git commit -m 'Import {name}'\n{push}"
        f"  reconciler plan{flags}      # nothing to change\n"
        "and after the merge, on the main branch:\n"
        f"  reconciler apply{flags}"
    )
