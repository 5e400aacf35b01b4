"""What a record says of events: the file `ledger.json`, a line for each SKU of the shop."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from reconciler.errors import HistoryError
from reconciler.model import MAX_QUANTITY, Correction, SettledEvent, SkuLedger
from reconciler.model.codec import dump_json, load_noun, parse_json

LEDGER_FILE: Final = "ledger.json"
INTENDED_LEDGER_FILE: Final = "intended-ledger.json"

_TIME = r"\A([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z)?\Z"
_Time = Annotated[str, Meta(pattern=_TIME)]
_Text = Annotated[str, Meta(max_length=1000)]
# A sum of many adjustments may be larger than any one.
_Units = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_Counted = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]


class _Row(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One SKU in `ledger.json`."""

    sku_id: _Text
    keys: tuple[_Text, ...]
    counted_at: _Time = ""
    counted: _Counted | None = None
    put_in: _Units = 0
    events: tuple[tuple[_Text, _Time, bool, _Units, _Time, bool, _Text, _Text], ...] = ()
    corrections: tuple[tuple[_Time, _Units], ...] = ()
    doubt_at: _Time = ""


def dump_ledgers(ledgers: Iterable[SkuLedger]) -> str:
    """Return the text of `ledger.json`."""
    rows = sorted(ledgers, key=lambda one: (one.sku_id, one.keys))
    lines = (dump_json(_as_row(one), indent=None) for one in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _as_row(ledger: SkuLedger) -> dict[str, Any]:
    """Return what a ledger says, without what it does not say."""
    row = {
        "sku_id": ledger.sku_id,
        "keys": ledger.keys,
        "counted_at": ledger.counted_at,
        "counted": ledger.counted,
        "put_in": ledger.put_in,
        "events": ledger.events,
        "corrections": ledger.corrections,
        "doubt_at": ledger.doubt_at,
    }
    needed = {"sku_id", "keys", "counted"}
    return {name: value for name, value in row.items() if value or name in needed}


def _check(rows: Iterable[_Row]) -> None:
    """Raise ValueError for rows that contradict themselves or each other."""
    seen: set[str] = set()
    for row in rows:
        if row.sku_id in seen:
            raise ValueError("a SKU stands in it twice")
        seen |= {row.sku_id} - {""}
        if bool(row.counted_at) != (row.counted is not None):
            raise ValueError("a count has no time, or no number")
        for at in (row.counted_at, row.doubt_at, *(one[1] for one in row.events)):
            if at:
                datetime.fromisoformat(at)


def parse_ledgers(commit: str, content: bytes) -> tuple[SkuLedger, ...]:
    """Return the ledgers in the `ledger.json` of the record *commit*.

    Raises:
        HistoryError: It can't be read.
    """
    try:
        rows = load_noun(parse_json(content.decode()), tuple[_Row, ...])
        _check(rows)
    except ValueError as error:
        raise HistoryError(
            f"{LEDGER_FILE} of the record {commit} can't be read: {error}. If the shop has what is"
            " committed: reconciler base set HEAD"
        ) from None
    return tuple(
        SkuLedger(
            sku_id=row.sku_id,
            keys=row.keys,
            counted_at=row.counted_at,
            counted=row.counted,
            put_in=row.put_in,
            events=tuple(SettledEvent(*one) for one in row.events),
            corrections=tuple(Correction(*one) for one in row.corrections),
            doubt_at=row.doubt_at,
        )
        for row in rows
    )
