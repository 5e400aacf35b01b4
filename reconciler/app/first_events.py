"""Describe events without a record: their commits, and how to go on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from reconciler.app.base import KnownBase
from reconciler.errors import HistoryError
from reconciler.git.file_versions import read_versions
from reconciler.model import DesiredState, Event
from reconciler.records.base import path_below_top
from reconciler.render.wording import count

MAX_LISTED = 10


def describe_events(known: KnownBase, desired: DesiredState) -> Iterator[str]:
    """Yield, for each SKU, its events and the commits that brought them, and how to go on."""
    if not desired.events:
        return
    commits = _find_commits(known)
    by_sku: dict[str, list[Event]] = defaultdict(list)
    for one in desired.events:
        by_sku[one.sku].append(one)
    for sku, events in list(by_sku.items())[:MAX_LISTED]:
        events.sort(key=lambda one: one.at)
        yield f"{sku}: {', '.join(_describe(one, commits) for one in events[:MAX_LISTED])}"
    if len(by_sku) > MAX_LISTED:
        yield f"and {count(len(by_sku) - MAX_LISTED, 'SKU')} more"
    yield f"If the shop has none of these yet, {_set_none(known, commits)}"
    yield "If the shop has all of these, commit them and run `reconciler base set HEAD`."


def _set_none(known: KnownBase, commits: Mapping[str, str]) -> str:
    """Return how to say that the shop has no event yet: by the commit before the first one."""
    first = next(iter(commits.values()), "")
    if not first:
        return "run `reconciler base set HEAD` before you commit them."
    if known.repository is not None and known.repository.find_commit(f"{first}~1"):
        return f"run `reconciler base set {first[:7]}~1`."
    return "move them away, commit, run `reconciler base set HEAD`, and restore them."


def _find_commits(known: KnownBase) -> dict[str, str]:
    """Return the commit that brought each event file, by its name below the store's folder."""
    if known.repository is None or known.head is None:
        return {}
    root = f"{path_below_top(known.repository, known.folder)}/"
    commits: dict[str, str] = {}
    try:
        for version in read_versions(known.repository, known.folder / "events"):
            commits.setdefault(version.path.removeprefix(root), version.commit)
    except HistoryError:
        return {}
    return commits


def _describe(event: Event, commits: dict[str, str]) -> str:
    said = f"{event.units} counted" if event.is_count else f"{event.units:+}"
    commit = commits.get(event.file.name, "")
    where = f" in {commit[:7]}" if commit else ", not committed"
    return f"{said} ({event.reason}{where})"
