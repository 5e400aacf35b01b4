"""Compare the adjustments in the files with the settled ones, and describe the changes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from reconciler.model import Event, EventChange, EventVerb, SettledEvent


class Compared(NamedTuple):
    """The changes, and a missing adjustment that was settled long ago, if any."""

    changes: tuple[EventChange, ...]
    tidied_up: SettledEvent | None


def compare(present: Sequence[Event], put_in: Sequence[SettledEvent], long_ago: str) -> Compared:
    """Return the adjustments that were added, removed, or corrected since they were put in.

    An adjustment with the same time is the same one in any file. So renaming, moving, or splitting
    a file changes nothing. Neither does `adjust --close`, which folds adjustments settled before
    *long_ago* (UTC, ISO 8601).
    """
    left, gone = _without_folded(*_without_same(present, put_in), long_ago)
    by_file = {one.name: one for one in gone}
    changes: list[EventChange] = []
    for one in left:
        earlier = by_file.pop(one.file.name, None)
        if earlier is not None:
            gone.remove(earlier)
        was = earlier.units if earlier else None
        units = one.units - (was or 0)
        if units:
            verb = EventVerb.ADJUSTED if was is None else EventVerb.EDITED
            at = one.file.written_at
            changes.append(EventChange(verb, units, one.reason, at, one.source, was))
    for old in gone:
        reason = old.reason or old.name.rpartition("/")[2]
        changes.append(EventChange(EventVerb.TAKEN_BACK, -old.units, reason, old.at, None, None))
    tidied_up = next((old for old in gone if old.settled_at < long_ago), None)
    return Compared(tuple(changes), tidied_up)


def _without_same(
    present: Sequence[Event], put_in: Sequence[SettledEvent]
) -> tuple[list[Event], list[SettledEvent]]:
    """Return both without equal entries: same file, time, and units, or same sum at one time."""
    same = Counter((one.file.name, one.at, one.units) for one in present)
    same &= Counter((one.name, one.at, one.units) for one in put_in)
    taken, given = same.copy(), same.copy()
    left, gone = [], []
    for one in present:
        key = (one.file.name, one.at, one.units)
        if taken[key]:
            taken[key] -= 1
        else:
            left.append(one)
    for old in put_in:
        key = (old.name, old.at, old.units)
        if given[key]:
            given[key] -= 1
        else:
            gone.append(old)
    sums: dict[str, int] = defaultdict(int)
    moments = {one.at for one in left} & {old.at for old in gone}
    for one in left:
        sums[one.at] += one.units
    for old in gone:
        sums[old.at] -= old.units
    moved = {at for at in moments if not sums[at]}
    return [one for one in left if one.at not in moved], [o for o in gone if o.at not in moved]


def _without_folded(
    left: list[Event], gone: list[SettledEvent], long_ago: str
) -> tuple[list[Event], list[SettledEvent]]:
    """Return both without what `adjust --close` folded into the sum of one file."""
    sums: dict[str, int] = defaultdict(int)
    for one in left:
        if one.at < long_ago:
            sums[one.file.name] += one.units
    for folded in ([old for old in gone if old.settled_at < long_ago], gone):
        units = sum(old.units for old in folded)
        file = next((name for name, in_file in sums.items() if in_file == units), None)
        if folded and not units:
            return left, [old for old in gone if old not in folded]  # these cancel out
        if folded and file is not None:
            kept = [one for one in left if one.file.name != file]
            return kept, [old for old in gone if old not in folded]
    return left, gone
