"""The files `batch.json` and `doubt.json` of a record: announced writes and their results.

A run announces each batch before its first write. So a crashed run leaves in doubt only what it
announced and did not report.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from reconciler.errors import HistoryError
from reconciler.model import Declared, Pending, Pin, Recovered, Rule, Stock, Terms, format_time
from reconciler.model.codec import dump_json, load_noun, parse_json
from reconciler.records.ledgers import LedgerRow, as_row, load_ledger
from reconciler.records.stocks import START_OVER, ShortStock, lengthen, shorten

BATCH_FILE: Final = "batch.json"
DOUBT_FILE: Final = "doubt.json"

LANDED: Final = "landed"
SKIPPED: Final = "skipped"

_Text = Annotated[str, Meta(max_length=1000)]
_TIME = r"\A([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z)?\Z"
_Time = Annotated[str, Meta(pattern=_TIME)]


class RecordedAction(Struct, frozen=True):
    """The result of one action, by the id of its SKU.

    `result` is '' if a run crashed before reporting it, and LANDED or SKIPPED once a write in doubt
    is resolved. `at` is the time of the result, by the shop's clock. `before` and `after` are None
    if they are as announced. A correction can meet another stock.
    """

    sku_id: str
    result: str = ""
    at: str = ""
    before: Stock | None = None
    after: Stock | None = None


def resolve(recovered: Recovered) -> tuple[RecordedAction, ...]:
    """Return the results of resolved writes in doubt, as they are recorded."""
    landed = (RecordedAction(sku_id, LANDED) for sku_id in recovered.landed)
    return (*landed, *(RecordedAction(sku_id, SKIPPED) for sku_id in recovered.skipped))


class Batch(Struct, frozen=True):
    """The next writes, their deadline by the shop's clock, and the results of earlier writes.

    A receipt has only results, and no deadline. `unlocked_by` is who ran `base unlock`.
    """

    deadline: datetime | None
    writes: tuple[Pending, ...] = ()
    results: tuple[RecordedAction, ...] = ()
    unlocked_by: str = ""


class _Level(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The level that a write applies. `stock` is unset if it equals the stock after."""

    rule: Rule
    stock: ShortStock | UnsetType = UNSET
    id: _Text = ""
    code: _Text = ""


class _Write(Struct, omit_defaults=True, forbid_unknown_fields=True):
    sku: _Text
    sku_id: _Text
    before: ShortStock
    after: ShortStock
    read_at: _Time = ""
    read_until: _Time = ""
    sent_by: _Time = ""
    level: _Level | None = None
    correction: int | None = None
    ledger: LedgerRow | None = None


class _Result(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The result of a write, without its stocks if they are as announced.

    `write` is the index among all announced writes of the run, from 0. A write of an earlier run
    has `sku_id` instead.
    """

    result: _Text
    write: int | None = None
    sku_id: _Text = ""
    at: _Time = ""
    before: ShortStock | UnsetType = UNSET
    after: ShortStock | UnsetType = UNSET


class _Batch(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """`read` are the times of the read for all writes without times of their own.

    `first` is the number of writes that the run announced before.
    """

    deadline: datetime | None = None
    read: tuple[_Time, _Time] = ("", "")
    writes: tuple[_Write, ...] = ()
    results: tuple[_Result, ...] = ()
    unlocked_by: _Text = ""
    first: Annotated[int, Meta(ge=0)] = 0


def dump_batch(batch: Batch, announced: Sequence[str] = ()) -> str:
    """Return the text of `batch.json`, a line for each SKU.

    *announced* are the SKU ids that the run announced before, in order. A result refers to its
    write by the index there, because random ids don't compress.
    """
    parts = []
    reads = {(write.read_at, write.read_until) for write in batch.writes}
    read = reads.pop() if len(reads) == 1 else ("", "")
    if announced and (batch.writes or batch.results):
        parts.append(f'"first": {len(announced)}')
    if batch.deadline is not None:
        parts.append(f'"deadline": "{batch.deadline:%Y-%m-%dT%H:%M:%S.%fZ}"')
    if batch.writes:
        parts.append(f'"read": {dump_json(read, indent=None)}')
        parts.append(f'"writes": {_list(_as_write(one, read) for one in batch.writes)}')
    if batch.results:
        places = {sku_id: place for place, sku_id in enumerate(announced)}
        parts.append(f'"results": {_list(_as_result(one, places) for one in batch.results)}')
    if batch.unlocked_by:
        parts.append(f'"unlocked_by": {dump_json(batch.unlocked_by)}')
    return "{" + ",\n".join(parts) + "}\n"


def dump_doubt(writes: Iterable[Pending]) -> str:
    """Return the text of `doubt.json`: writes in doubt."""
    return _list(map(_as_write, sorted(writes, key=lambda one: one.sku_id))) + "\n"


def _list(rows: Iterable[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(dump_json(row, indent=None) for row in rows) + "\n]"


def _as_write(write: Pending, read: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """Return the JSON of a write, without its times if they are those of the batch."""
    level, pin = write.declared, write.declared.terms.pin if write.declared else None
    row: dict[str, Any] = {
        "sku": write.sku,
        "sku_id": write.sku_id,
        "before": shorten(write.before),
        "after": shorten(write.after),
    }
    if (write.read_at, write.read_until) != read:
        row |= {"read_at": write.read_at, "read_until": write.read_until}
    if write.sent_by:
        row["sent_by"] = write.sent_by
    if level is not None:
        row["level"] = {"rule": level.rule.value}
        if level.stock != write.after:
            row["level"]["stock"] = shorten(level.stock)
        if pin:
            row["level"] |= {"id": pin.id, "code": pin.code}
    if write.correction is not None:
        row["correction"] = write.correction
    if write.ledger is not None:
        row["ledger"] = as_row(write.ledger)
    return row


def _as_result(action: RecordedAction, places: Mapping[str, int]) -> dict[str, Any]:
    place = places.get(action.sku_id)
    row: dict[str, Any] = {"sku_id": action.sku_id} if place is None else {"write": place}
    row["result"] = action.result
    if action.at:
        row["at"] = action.at
    stocks = {"before": action.before, "after": action.after}
    return row | {name: shorten(stock) for name, stock in stocks.items() if stock is not None}


def parse_batch(commit: str, content: bytes, announced: dict[int, str] | None = None) -> Batch:
    """Return the `batch.json` of the record *commit*.

    *announced* are the SKU ids that the run announced before, by place. This call adds those of
    this batch. A shallow clone may lack the first batches. Results of their writes are left out.

    Raises:
        HistoryError: It can't be read.
    """
    known = {} if announced is None else announced
    try:
        batch = load_noun(parse_json(content.decode()), _Batch)
        found = (_load_result(row, batch.first, known) for row in batch.results)
        results = tuple(one for one in found if one is not None)
        writes = tuple(_load_write(row, batch.read) for row in batch.writes)
        deadline = _load_deadline(batch)
    except (ValueError, OverflowError) as error:
        raise _unreadable(BATCH_FILE, commit, error) from None
    if writes:
        for place in [one for one in known if one >= batch.first]:
            del known[place]
        known.update((batch.first + place, one.sku_id) for place, one in enumerate(writes))
    return Batch(deadline, writes, results, batch.unlocked_by)


def parse_doubt(commit: str, content: bytes) -> tuple[Pending, ...]:
    """Return the `doubt.json` of the record *commit*; raise HistoryError if it can't be read."""
    try:
        rows = load_noun(parse_json(content.decode()), tuple[_Write, ...])
        return tuple(_load_write(row, ("", "")) for row in rows)
    except ValueError as error:
        raise _unreadable(DOUBT_FILE, commit, error) from None


def _unreadable(name: str, commit: str, error: Exception) -> HistoryError:
    return HistoryError(f"Can't read {name} of the record {commit}: {error}. {START_OVER}")


def _load_deadline(batch: _Batch) -> datetime | None:
    if batch.deadline is None:
        return None
    if batch.deadline.tzinfo is None:
        raise ValueError("the deadline has no time zone")
    return batch.deadline.astimezone(UTC)


def _load_write(row: _Write, read: tuple[str, str]) -> Pending:
    level, after = None, lengthen(row.after)
    if row.level is not None:
        pin = Pin(row.level.id, row.level.code) if row.level.id else None
        stock = after if isinstance(row.level.stock, UnsetType) else lengthen(row.level.stock)
        level = Declared(row.sku, stock, Terms(row.level.rule, pin, ""), 0)
    ledger = load_ledger(row.ledger) if row.ledger is not None else None
    read_at, read_until = row.read_at or read[0], row.read_until or read[1]
    _check_times(read_at, read_until, row.sent_by)
    return Pending(
        row.sku,
        row.sku_id,
        lengthen(row.before),
        after,
        read_at,
        read_until,
        level,
        row.correction,
        ledger,
        row.sent_by,
    )


def _check_times(*times: str) -> None:
    """Raise ValueError for a time outside of the years 2000 to 2200."""
    for at in filter(None, times):
        if not _YEARS[0] <= datetime.fromisoformat(at).year <= _YEARS[1]:
            raise ValueError(f"the time {at} is out of range")


_YEARS: Final = (2000, 2200)


def _load_result(row: _Result, first: int, announced: Mapping[int, str]) -> RecordedAction | None:
    """Return a result; None if its write was announced in a commit that is not here."""
    _check_times(row.at)
    if (row.write is None) is not bool(row.sku_id):
        raise ValueError("a result must name one write")
    sku_id: str | None = row.sku_id
    if row.write is not None:
        if not 0 <= row.write < first:
            raise ValueError(f"write {row.write} was not announced")
        sku_id = announced.get(row.write)
    if sku_id is None:
        return None
    stocks = (row.before, row.after)
    before, after = (None if isinstance(one, UnsetType) else lengthen(one) for one in stocks)
    return RecordedAction(sku_id, row.result, row.at, before, after)


def parse_run(contents: Iterable[tuple[str, bytes]]) -> tuple[Batch, ...]:
    """Return the batches of one run, oldest first, from pairs of commit and `batch.json`.

    Raises:
        HistoryError: One can't be read.
    """
    announced: dict[int, str] = {}
    return tuple(parse_batch(commit, content, announced) for commit, content in contents)


class Progress(Struct, frozen=True):
    """The progress of a run: its last deadline, its open writes, and its finished ones."""

    deadline: datetime | None
    open: tuple[Pending, ...]
    done: tuple[tuple[Pending, RecordedAction], ...]


def sum_up(batches: Sequence[Batch]) -> Progress:
    """Return the progress of a run that announced *batches*, oldest first."""
    announced: dict[str, Pending] = {}
    results: dict[str, RecordedAction] = {}
    deadline = None
    for batch in batches:
        results |= {one.sku_id: one for one in batch.results}
        until = format_time(batch.deadline) if batch.deadline else ""
        for write in batch.writes:
            announced[write.sku_id] = write._replace(sent_by=until)
            results.pop(write.sku_id, None)
        deadline = batch.deadline or deadline
    done = tuple((announced[i], one) for i, one in results.items() if i in announced)
    known = {write.sku_id for write, _ in done}
    return Progress(deadline, tuple(w for i, w in announced.items() if i not in known), done)
