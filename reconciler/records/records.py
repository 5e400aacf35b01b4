"""Records: what git keeps of each apply, in a chain of commits at `refs/reconciler/<site id>`.

An intent goes in before the first write, a receipt after the last. The tree of a record holds
`record.json`; `applied.yaml`, the settled levels; `released.yaml`, the levels of SKUs that no file
declares any more; `shop.json`, what the shop had of each SKU then; and `ledger.json`, the events
that were dealt with. An intent also has `intended.yaml` and `intended-ledger.json`, what would hold
if all of it came about. The parents of a record are the record before and the commit that was
applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from reconciler.errors import HeldError, HistoryError, PushError
from reconciler.git.remotes import push_ref
from reconciler.git.repository import Repository, shown_remote
from reconciler.model import INFINITE, SettledSku, Stock, Target, finite
from reconciler.model.codec import as_data, dump_json, load_noun, parse_json
from reconciler.records.ledgers import INTENDED_LEDGER_FILE, LEDGER_FILE

APPLIED_FILE: Final = "applied.yaml"
INTENDED_FILE: Final = "intended.yaml"
RELEASED_FILE: Final = "released.yaml"
SHOP_FILE: Final = "shop.json"
RECORD_FILE: Final = "record.json"
FILES: Final = (
    RECORD_FILE,
    APPLIED_FILE,
    INTENDED_FILE,
    RELEASED_FILE,
    SHOP_FILE,
    LEDGER_FILE,
    INTENDED_LEDGER_FILE,
)
FORMAT: Final = 1
MAX_BYTES: Final = 64 * 1024 * 1024


_Hex = Annotated[str, Meta(pattern=r"\A[0-9a-f]{40,64}\Z")]


class RecordKind(StrEnum):
    """Whether a record says what an apply is about to do, or what it did."""

    INTENT = "intent"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """One action of a recorded plan; `result` is '' as long as it is only meant.

    One that events asked for has a `correction`: the units that it adds. `at` is when it was dealt
    with, by the shop's own time.
    """

    sku: str
    target: Target
    before: Stock
    after: Stock
    result: str = ""
    correction: int | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The content of `record.json`.

    `run` is different for each apply, `previous` the record before, `source` the commit applied,
    `by` who ran it. `planned_at` is the plan's time of creation; an intent has a time at which it
    expires. `consumed` are the ids of all observations that were dealt with so far, `files` the
    names of the other files that the record has, `read_at` the shop's own time when the plan read
    it.
    """

    kind: RecordKind
    run: str
    store: str
    site_id: str
    source: _Hex
    previous: _Hex | None
    fingerprint: str
    planned_at: str
    expires_at: datetime | None
    tool_version: str
    actions: tuple[RecordedAction, ...]
    by: str = ""
    consumed: tuple[_Hex, ...] = ()
    files: tuple[str, ...] = ()
    read_at: str = ""

    @property
    def is_intent(self) -> bool:
        """Whether the apply has not ended, as far as this record knows."""
        return self.kind is RecordKind.INTENT


def ref_of(site_id: str) -> str:
    """Return the ref that keeps the records of a site."""
    return f"refs/reconciler/{site_id}"


class _ShopRow(NamedTuple):
    """One SKU in `shop.json`: short, since there are thousands."""

    sku_id: str
    had: int | float | str | None
    at: str
    level_at: str = ""


def dump_shop(shop: Mapping[str, SettledSku]) -> str:
    """Return what the shop had of each SKU as the text of `shop.json`, a line for each."""
    rows = {
        key: _ShopRow(one.sku_id, _dump_had(one.had), one.at, one.level_at)
        for key, one in sorted(shop.items())
    }
    lines = ",\n".join(
        f"{dump_json(key, indent=None)}: {dump_json(row, indent=None)}" for key, row in rows.items()
    )
    return f"{{\n{lines}\n}}\n"


def _dump_had(had: Stock | None) -> int | float | str | None:
    return "infinite" if had == INFINITE else had.quantity if had else None


def parse_shop(commit: str, content: bytes) -> dict[str, SettledSku]:
    """Return what the `shop.json` of the record *commit* says of each SKU.

    Raises:
        HistoryError: It can't be read.
    """
    try:
        rows = load_noun(parse_json(content.decode()), dict[str, _ShopRow])
        return {
            key: SettledSku(key, row.sku_id, _load_had(row.had), row.at, row.level_at)
            for key, row in rows.items()
        }
    except ValueError as error:
        raise HistoryError(
            f"{SHOP_FILE} of the record {commit} can't be read: {error}. If the shop has what is"
            " committed: reconciler base set HEAD"
        ) from None


def _load_had(had: int | float | str | None) -> Stock | None:
    if isinstance(had, str):
        if had != "infinite":
            raise ValueError(f"{had!a} is no stock")
        return INFINITE
    return None if had is None else finite(had)


def parse_record(commit: str, content: bytes) -> Record | None:
    """Return the record in the `record.json` of *commit*, None for another file of that name.

    Raises:
        HistoryError: It is a record that cannot be read, or one of an unknown format.
    """
    try:
        data = parse_json(content) if len(content) <= MAX_BYTES else None
    except ValueError:
        data = None
    if isinstance(data, dict) and not {"format", "kind", "fingerprint"} <= data.keys():
        return None
    if isinstance(data, dict) and data["format"] != FORMAT:
        raise HistoryError(
            f"The record {commit[:7]} has a format that this version does not know."
            " Use the version that wrote it, or a newer one."
        )
    try:
        record = load_noun(data, Record)
        expires_at = record.expires_at
        if record.is_intent and (expires_at is None or expires_at.tzinfo is None):
            raise ValueError("an intent has no time at which it expires - at `$.expires_at`")
        if expires_at is not None:
            expires_at = expires_at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise HistoryError(
            f"The record {commit[:7]} can't be read: {error}. Name another commit with --base."
        ) from None
    return replace(record, expires_at=expires_at)


def make_record(repository: Repository, record: Record, files: dict[str, str], message: str) -> str:
    """Write the commit of *record* with its *files* and return it; no ref points at it yet."""
    record = replace(record, files=tuple(sorted(files)))
    text = dump_json({"format": FORMAT, **as_data(record)}) + "\n"
    contents = {name: content.encode() for name, content in files.items()}
    contents[RECORD_FILE] = text.encode()
    # An empty beginning, so that the log of the first record does not show all files deleted.
    previous = record.previous or repository.make_root("Records begin here.\n")
    return repository.make_commit(contents, [previous, record.source], message)


def begin(repository: Repository, record: Record, commit: str, remote: str | None) -> None:
    """Put an intent into the chain, here and on *remote*, as the only one that begins now.

    Raises HeldError where another apply was faster, HistoryError where it cannot be pushed; then
    it is taken back.
    """
    ref = ref_of(record.site_id)
    if remote is not None:
        _push_intent(repository, remote, commit, ref, dry=True)
    _set(repository, ref, commit, record.previous)
    if remote is not None:
        try:
            _push_intent(repository, remote, commit, ref, dry=False)
        except (HeldError, HistoryError):
            repository.reset_ref(ref, commit, record.previous)
            raise


def _set(repository: Repository, ref: str, commit: str, previous: str | None) -> None:
    try:
        repository.set_ref(ref, commit, previous)
    except HistoryError:
        if repository.find_ref(ref) == previous:
            raise  # it is where it was, so nobody else did anything: a lock is left, say
        raise HeldError(f"another apply has moved {ref} meanwhile; plan again") from None


def _push_intent(repository: Repository, remote: str, commit: str, ref: str, *, dry: bool) -> None:
    try:
        push_ref(repository, remote, commit, ref, dry=dry)
    except HistoryError as error:
        if any(word in str(error) for word in _REJECTED):
            where = shown_remote(remote)
            raise HeldError(
                f"{ref} on {where} has records that are not here: another apply began or ended."
                " Nothing was written. Run it again: it fetches them first"
            ) from None
        raise HistoryError(f"the record cannot be pushed ({error}); nothing was written") from None


_REJECTED = ("[rejected]", "non-fast-forward", "fetch first", "stale info", "cannot lock ref")


def was_rejected(error: Exception) -> bool:
    """Return whether a push failed since what is there is newer."""
    return any(word in str(error) for word in _REJECTED)


def finish(repository: Repository, record: Record, commit: str, remote: str | None) -> None:
    """Put a receipt into the chain; raise PushError, with what mends it, where that fails.

    Raises HeldError where another apply has taken the store over meanwhile.
    """
    ref = ref_of(record.site_id)
    try:
        repository.set_ref(ref, commit, record.previous)
        if remote is not None:
            push_ref(repository, remote, commit, ref)
    except HistoryError as error:
        if repository.find_ref(ref) not in {commit, record.previous}:
            raise HeldError(
                f"another apply has written its record to {ref} meanwhile, so that of this one is"
                " left out"
            ) from None
        if was_rejected(error) and repository.find_ref(ref) == commit:
            # What is on the remote counts; a record beside it would never meet it.
            repository.reset_ref(ref, commit, record.previous)
            raise HeldError(
                f"another apply has recorded on {shown_remote(remote or '.')} since, so the record"
                " of this one is left out. The next apply reads what was written"
            ) from None
        where = shown_remote(remote or ".")
        raise PushError(
            f"the writes are done, and their record could not be added: {error}."
            f" To mend it: git push {where} {commit}:{ref}"
        ) from None
