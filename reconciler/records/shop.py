"""The file `shop.json` of a record: what the shop had when each level was settled."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from reconciler.errors import HistoryError
from reconciler.model import SettledSku
from reconciler.model.codec import dump_json, load_noun, parse_json
from reconciler.records.shards import split_rows
from reconciler.records.stocks import START_OVER, ShortStock, lengthen, shorten

SHOP_FILE: Final = "shop.json"


class _Row(NamedTuple):
    """One SKU: its id in the shop, its stock (null: as declared), and the time.

    The last field is left out if False, as for almost all SKUs.
    """

    sku_id: str
    had: ShortStock
    at: str
    level_at: str = ""
    is_anew: bool = False


def dump_shop(shop: Mapping[str, SettledSku]) -> dict[str, str]:
    """Return the text of `shop.json`, split into several files for a large shop."""
    rows = {
        key: _Row(
            one.sku_id,
            None if one.had is None else shorten(one.had),
            one.at,
            one.level_at,
            one.is_anew,
        )
        for key, one in sorted(shop.items())
    }
    return {path: _write(part) for path, part in split_rows(SHOP_FILE, rows).items()}


def _write(rows: Mapping[str, _Row]) -> str:
    lines = (
        f"{dump_json(key, indent=None)}: {dump_json(row if row.is_anew else row[:-1], indent=None)}"
        for key, row in rows.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def parse_shop(commit: str, contents: Iterable[bytes]) -> dict[str, SettledSku]:
    """Return the settled SKUs of the record *commit*, by key.

    Raises:
        HistoryError: One can't be read.
    """
    shop = {}
    try:
        for content in contents:
            rows = load_noun(parse_json(content.decode()), dict[str, _Row])
            for key, row in rows.items():
                had = None if row.had is None else lengthen(row.had)
                shop[key] = SettledSku(key, row.sku_id, had, row.at, row.level_at, row.is_anew)
    except ValueError as error:
        raise HistoryError(
            f"Can't read {SHOP_FILE} of the record {commit}: {error}. {START_OVER}"
        ) from None
    return shop
