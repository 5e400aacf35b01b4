"""`report`: a shop over time, from git, its records, and with `--live` the shop itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Final

from reconciler.app.base import load_base
from reconciler.app.context import StoreContext
from reconciler.app.memory import refresh_record
from reconciler.app.reporter import Reporter
from reconciler.app.stores import load_store
from reconciler.desired.mentions import Mention, MentionKind, find_mentions
from reconciler.errors import UsageError
from reconciler.git.file_versions import read_blobs, read_versions
from reconciler.git.repository import Repository, open_repository
from reconciler.model import (
    Day,
    DesiredState,
    Overview,
    PastApply,
    Point,
    PointKind,
    Stock,
    Timeline,
    format_time,
)
from reconciler.records.base import path_below_top
from reconciler.records.batches import LANDED
from reconciler.records.chain import PastAction, read_past_actions

# Sales are averaged over the last four weeks.
RATE_DAYS: Final = 28
_DONE: Final = frozenset({"applied", LANDED})
_LEFT: Final = frozenset({"moved", "failed", "unknown", "not_tried", ""})

Points = dict[str, list[Point]]


def read_overview(context: StoreContext, reporter: Reporter, now: datetime) -> Overview:
    """Return what git and the records know of a store.

    Raises:
        UsageError: There is no git repository.
        HistoryError: git can't be read.
    """
    desired = load_store(context)
    settings = desired.settings
    repository = open_repository(context.inventory)
    if repository is None:
        raise UsageError(
            "A report reads git, and this folder is in no repository. Work in a clone."
        )
    refresh_record(repository, settings, reporter)
    base = load_base(context, settings, None, None, repository).base
    actions = list(read_past_actions(repository, settings.site_id))
    points = _read_files(repository, context)
    keys = {one.sku_id: one.sku for one in base.shop.values()} if base else {}
    _join_former_keys(points, actions, keys, desired)
    _add_written(points, actions, keys)
    return Overview(
        settings.name,
        settings.site_id,
        format_time(now),
        repository.find_commit("HEAD") or "",
        tuple(_make_timelines(desired, points, now)),
        tuple(_list_applies(repository, actions)),
        tuple(sum_days(_written_units(actions))),
    )


def _read_files(repository: Repository, context: StoreContext) -> Points:
    """Return what the files declared and observed, each time that it changed, by key."""
    folder = path_below_top(repository, context.folder)
    versions = [
        one
        for one in read_versions(repository, context.folder)
        if one.path.endswith((".yaml", ".yml")) and not one.path.endswith("/store.yaml")
    ]
    repository.fetch_missing("HEAD", paths=(folder,), walk=True)
    contents = read_blobs(repository, (one.blob for one in versions if one.blob))
    files: dict[str, dict[str, Stock]] = {}
    points: Points = {}
    for _, of_commit in groupby(versions, key=lambda one: one.commit):
        touched: set[str] = set()
        at = ""
        for one in of_commit:
            mentions = find_mentions(one.path, folder, contents.get(one.blob, b""), None)
            levels = dict(_levels(mentions))
            touched |= files.get(one.path, {}).keys() | levels.keys()
            files[one.path], at = levels, one.at
            _add_observed(points, mentions)
        declared = {key: stock for levels in files.values() for key, stock in levels.items()}
        for key in touched:
            _add(points, key, Point(at, PointKind.DECLARED, _units(declared.get(key))))
    return points


def _levels(mentions: Iterable[Mention]) -> Iterator[tuple[str, Stock]]:
    for one in mentions:
        if one.kind is MentionKind.LEVEL and one.stock is not None:
            yield one.key, one.stock


def _add_observed(points: Points, mentions: Iterable[Mention]) -> None:
    for one in mentions:
        if one.kind in {MentionKind.OBSERVATION, MentionKind.COUNT} and one.stock is not None:
            _add(points, one.key, Point(one.at, PointKind.OBSERVED, _units(one.stock)))


def _add(points: Points, key: str, point: Point) -> None:
    """Add *point*, unless it repeats the last one of its kind."""
    ones = points.setdefault(key, [])
    last = next((one for one in reversed(ones) if one.kind is point.kind), None)
    if last is None or last.units != point.units:
        ones.append(point)


def _units(stock: Stock | None) -> int | float | None:
    return stock.quantity if stock is not None else None


def _join_former_keys(
    points: Points, actions: Iterable[PastAction], keys: Mapping[str, str], desired: DesiredState
) -> None:
    """Move the points of former keys to the key that each SKU has now.

    *keys* are the present keys by SKU id. A former key that names another SKU now keeps its points.
    """
    former = {one.write.sku: keys.get(one.write.sku_id, "") for one in actions}
    for old, new in former.items():
        if new and old in points and old not in desired.declared and old not in keys.values():
            # Where the old key ends, the line goes on under the new one.
            kept = [one for one in points.pop(old) if one[1:] != (PointKind.DECLARED, None)]
            points[new] = kept + points.get(new, [])


def _add_written(points: Points, actions: Iterable[PastAction], keys: Mapping[str, str]) -> None:
    """Add the stock before and after each write, by the key that each SKU has now."""
    for one in actions:
        if one.result in _DONE:
            key = keys.get(one.write.sku_id, one.write.sku)
            ones = points.setdefault(key, [])
            ones.append(Point(one.at, PointKind.OBSERVED, _units(one.write.before)))
            ones.append(Point(one.at, PointKind.WRITTEN, _units(one.write.after)))


def _make_timelines(
    desired: DesiredState, points: Mapping[str, Sequence[Point]], now: datetime
) -> Iterator[Timeline]:
    """Yield the timelines of all SKUs that the files name now."""
    keys = desired.declared.keys() | {one.sku for one in desired.events}
    since = format_time(now - timedelta(days=RATE_DAYS))
    for key in sorted(keys):
        ones = sorted(points.get(key, ()), key=lambda one: one.at)
        known = [one for one in ones if one.kind is not PointKind.DECLARED]
        units = known[-1].units if known else None
        entry = desired.declared.get(key)
        low = entry.terms.low if entry else None
        yield Timeline(key, tuple(ones), "", low, units, _rate(known, since))


def _rate(known: Sequence[Point], since: str) -> float | None:
    """Return how many units a day went out between what is known of the shop since a time."""
    recent = [one for one in known if one.at >= since]
    gone = sum(
        max(0, before.units - after.units)
        for before, after in pairwise(recent)
        if after.kind is PointKind.OBSERVED and before.units is not None and after.units is not None
    )
    return gone / RATE_DAYS if gone else None


def _list_applies(repository: Repository, actions: Sequence[PastAction]) -> Iterator[PastApply]:
    """Yield the applies that wrote or tried to, newest first."""
    applies = [list(ones) for _, ones in groupby(actions, key=lambda one: one.run)]
    subjects = _read_subjects(repository, {ones[0].source for ones in applies})
    for ones in reversed(applies):
        last = ones[-1]
        changed = sum(one.result in _DONE for one in ones)
        left = sum(one.result in _LEFT for one in ones)
        subject = subjects.get(last.source, "")
        yield PastApply(last.at, last.source, last.by, subject, changed, left)


def _read_subjects(repository: Repository, commits: Iterable[str]) -> dict[str, str]:
    """Return the subjects of *commits* that are here."""
    known = [one for one in commits if one]
    if not known:
        return {}
    given = "".join(f"{one}\n" for one in known).encode()
    how = ("log", "--no-walk=unsorted", "--ignore-missing", "--format=%H %s", "--stdin")
    lines = repository.run(*how, given=given).decode("utf-8", "replace").splitlines()
    return dict(line.partition(" ")[::2] for line in lines)


def _written_units(actions: Iterable[PastAction]) -> Iterator[tuple[str, int]]:
    """Yield when applies put units in (below 0: took them out), and how many."""
    for one in actions:
        before, after = _units(one.write.before), _units(one.write.after)
        if one.result in _DONE and isinstance(before, int) and isinstance(after, int):
            yield one.at, after - before


def sum_days(units: Iterable[tuple[str, int]]) -> Iterator[Day]:
    """Yield how much came in and went out each day, from times and units (below 0: out)."""
    came_in, went_out = Counter[str](), Counter[str]()
    for at, number in units:
        (came_in if number > 0 else went_out)[at[:10]] += abs(number)
    for day in sorted(came_in.keys() | went_out.keys()):
        yield Day(day, came_in[day], went_out[day])
