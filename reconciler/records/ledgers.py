"""The file `ledger.json` of a record: the settled events of each SKU, a line for each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from reconciler.errors import HistoryError
from reconciler.model import MAX_QUANTITY, Correction, SettledEvent, SkuLedger
from reconciler.model.codec import dump_json, load_noun, parse_json
from reconciler.records.shards import split_rows
from reconciler.records.stocks import START_OVER

LEDGER_FILE: Final = "ledger.json"

_TIME = r"\A([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z)?\Z"
_Time = Annotated[str, Meta(pattern=_TIME)]
_Text = Annotated[str, Meta(max_length=1000)]
# A sum of many adjustments may be larger than any one.
_Units = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Counted = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]


class LedgerRow(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One SKU in `ledger.json`."""

    sku_id: _Text
    keys: tuple[_Text, ...]
    counted_at: _Time = ""
    counted: _Counted | None = None
    put_in: _Units = 0
    events: tuple[tuple[_Text, _Time, bool, _Units, _Time, bool, _Text, _Text], ...] = ()
    corrections: tuple[tuple[_Time, _Units], ...] = ()
    short: Annotated[int, Meta(ge=0, le=2**53)] = 0
    set_id: _Text = ""


def dump_ledgers(ledgers: Iterable[SkuLedger]) -> dict[str, str]:
    """Return the text of `ledger.json`, split into several files for a large shop."""
    ordered = sorted(ledgers, key=lambda one: (one.sku_id, one.keys))
    rows = {one.sku_id or f"no id: {one.keys}": as_row(one) for one in ordered}
    return {path: _write(part.values()) for path, part in split_rows(LEDGER_FILE, rows).items()}


def _write(rows: Iterable[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(dump_json(row, indent=None) for row in rows) + "\n]\n"


def as_row(ledger: SkuLedger) -> dict[str, Any]:
    """Return the JSON of a ledger, without empty fields."""
    row = {
        "sku_id": ledger.sku_id,
        "keys": ledger.keys,
        "counted_at": ledger.counted_at,
        "counted": ledger.counted,
        "put_in": ledger.put_in,
        "events": ledger.events,
        "corrections": ledger.corrections,
        "short": ledger.short,
        "set_id": ledger.set_id,
    }
    needed = {"sku_id", "keys", "counted"}
    return {name: value for name, value in row.items() if value or name in needed}


def _check(row: LedgerRow) -> None:
    """Raise ValueError for an inconsistent row."""
    if bool(row.counted_at) != (row.counted is not None):
        raise ValueError("a count lacks its time or its number")
    for at in (row.counted_at, *(one[1] for one in row.events)):
        if at:
            datetime.fromisoformat(at)


def parse_ledgers(commit: str, contents: Iterable[bytes]) -> tuple[SkuLedger, ...]:
    """Return the ledgers of the record *commit*.

    Raises:
        HistoryError: One can't be read.
    """
    try:
        rows = [
            row
            for content in contents
            for row in load_noun(parse_json(content.decode()), tuple[LedgerRow, ...])
        ]
        named = [row.sku_id for row in rows if row.sku_id]
        if len(set(named)) < len(named):
            raise ValueError("a SKU occurs twice")
        return tuple(map(load_ledger, rows))
    except ValueError as error:
        raise HistoryError(
            f"Can't read {LEDGER_FILE} of the record {commit}: {error}. {START_OVER}"
        ) from None


def load_ledger(row: LedgerRow) -> SkuLedger:
    """Return the ledger of *row*; raise ValueError if it is inconsistent."""
    _check(row)
    return SkuLedger(
        sku_id=row.sku_id,
        keys=row.keys,
        counted_at=row.counted_at,
        counted=row.counted,
        put_in=row.put_in,
        events=tuple(SettledEvent(*one) for one in row.events),
        corrections=tuple(Correction(*one) for one in row.corrections),
        short=row.short,
        set_id=row.set_id,
    )
