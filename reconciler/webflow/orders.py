"""Read the orders of a shop since a time with few requests.

The API pages by offset and filters by status only. It has no filter by time, and the order of the
pages is not documented. So the direction is detected from the pages, and as long as they are sorted
by time, pages with older orders are not read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import islice, pairwise
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from reconciler.errors import ListingError
from reconciler.model import Order
from reconciler.webflow.order_answers import OrderPage, parse_orders

Parsed = TypeVar("Parsed")
Found = TypeVar("Found")

PAGE = 100
TRIES = 3
MAX_ORDERS = 1_000_000
# More new orders than this during one reading mean an endless list.
MAX_ARRIVED = 10_000
_SHIFTING = (
    f"The shop's list of orders changed during {TRIES} attempts, or its total is wrong. Run again."
)
_GROWING = "The shop's list of orders grows faster than it can be read. Run again later."


class Client(Protocol):
    """The part of the client that is used here."""

    def read(
        self,
        path: str,
        parse: Callable[[Any], Parsed],
        params: Mapping[str, int | str] | None = None,
    ) -> Parsed:
        """Return what *parse* makes of the JSON that a GET of *path* answers."""


class _Direction(Enum):
    """The order of the pages. UNKNOWN if their times don't show it."""

    NEWEST_FIRST = "newest first"
    OLDEST_FIRST = "oldest first"
    UNKNOWN = "unknown"


class _ShiftedError(Exception):
    """Two pages don't fit together, or not to the total."""


class _Walk(NamedTuple):
    """Orders of consecutive pages by id, and the totals of the first and the last page."""

    orders: dict[str, Order]
    first_total: int
    last_total: int


Stop = Callable[[Mapping[str, Order], OrderPage], bool]


class OrderReader:
    """Reads the orders of one site that were accepted at or after *since*.

    *since* is a UTC time in the format of `format_time`. Orders without a readable time count as
    new if they are listed among new orders, or at the old end of the list.
    """

    def __init__(self, client: Client, site_id: str, since: str) -> None:
        self._client = client
        self._path = f"/sites/{quote(site_id, safe='')}/orders"
        self._since = since
        self._direction = _Direction.UNKNOWN
        self._known: set[str] | None = None
        self._total = 0
        self._last_id = ""

    def read(self) -> tuple[Order, ...]:
        """Return the orders since then, and all refunded orders, each once.

        Raises:
            ListingError: The list keeps changing, is endless, or does not match its total.
        """
        orders = _retried(self._read_since)
        walk = _retried(lambda: self._walk_all("refunded"))
        refunded = {o.id: o for o in walk.orders.values() if o.status == "refunded"}
        self._known = {*orders, *refunded}
        wanted = {key: order for key, order in orders.items() if self._is_wanted(order)}
        return tuple((wanted | refunded).values())

    def read_new(self) -> tuple[Order, ...]:
        """Return the orders that arrived after the last read. Reads only the newest pages.

        Raises:
            ListingError: As for `read`.
        """
        if self._known is None:
            return self.read()
        known = self._known
        found = _retried(lambda: self._read_added(known))
        new = {key: order for key, order in found.items() if key not in known}
        known.update(new)
        return tuple(filter(self._is_wanted, new.values()))

    def _is_wanted(self, order: Order) -> bool:
        return not order.accepted_at or order.accepted_at >= self._since

    def _is_older(self, order: Order) -> bool:
        return not self._is_wanted(order)

    def _read_since(self) -> dict[str, Order]:
        """Return at least the orders since then, with as few pages as possible."""
        first = self._get(0)
        size = len(first.orders)
        if size == first.total:
            self._learn(_direction(first.orders), first.total, first.orders)
            return _by_id(first.orders)
        end = first.total - size
        rest = self._walk(end)  # one page, or more if orders arrived since the first
        last = OrderPage((*rest.orders.values(),), rest.last_total)
        if not last.orders:
            raise _ShiftedError
        direction = _direction(_by_id((*first.orders, *last.orders)).values())
        found = None
        if direction is _Direction.NEWEST_FIRST:
            found = self._read_newest_first(first, last)
        elif direction is _Direction.OLDEST_FIRST:
            found = self._read_oldest_first(first, last, end)
        return self._read_everything() if found is None else found

    def _read_newest_first(self, first: OrderPage, last: OrderPage) -> dict[str, Order] | None:
        """Return the orders on the first pages, or None if they are not sorted by time."""
        if not last.orders[0].accepted_at:  # more orders without a time may come before it
            return None
        walk = self._walk(
            0, page=first, stops=lambda _, page: any(map(self._is_older, page.orders))
        )
        if not _fits(_Direction.NEWEST_FIRST, walk.orders.values()):
            return None
        self._learn(_Direction.NEWEST_FIRST, walk.first_total, first.orders)
        return walk.orders | _without_time(last)

    def _read_oldest_first(
        self, first: OrderPage, last: OrderPage, end: int
    ) -> dict[str, Order] | None:
        """Return the orders on the last pages, or None if they are not sorted by time."""
        if not first.orders[-1].accepted_at:
            return None
        start = self._find_start(first, last, end)
        if start is None:
            return None
        walk = self._walk(start, page=None if start else first, is_strict=True)
        if start and not any(map(self._is_older, _first_of(walk))):
            raise _ShiftedError
        if not _fits(_Direction.OLDEST_FIRST, walk.orders.values()):
            return None
        self._learn(_Direction.OLDEST_FIRST, walk.last_total, [*walk.orders.values()])
        return walk.orders | _without_time(first)

    def _find_start(self, first: OrderPage, last: OrderPage, end: int) -> int | None:
        """Return the offset, as late as possible, before all orders since then.

        *first* and *last* are the pages at offset 0 and *end*, oldest first. Returns None if a page
        in between is not sorted by time. Steps grow from the end, because most orders are old.
        """
        if not all(map(self._is_older, filter(_has_time, first.orders))):
            return 0
        low, high, step = len(first.orders) - 1, end + len(last.orders), PAGE
        offset, page = end, last
        while True:
            if not _fits(_Direction.OLDEST_FIRST, page.orders):
                return None
            older = [n for n, order in enumerate(page.orders) if self._is_older(order)]
            if older:
                low = max(low, offset + older[-1])
            else:
                high = offset
            if low >= high:
                raise _ShiftedError
            if high - low <= PAGE or (older and older[-1] < len(page.orders) - 1):
                return low
            step *= 2
            offset = max(high - step, (low + high) // 2)
            page = self._get(offset)
            if not page.orders:
                raise _ShiftedError

    def _read_everything(self) -> dict[str, Order]:
        """Return all orders of a list that is not sorted by time."""
        walk = self._walk_all()
        self._learn(_Direction.UNKNOWN, walk.first_total, ())
        return walk.orders

    def _read_added(self, known: set[str]) -> Mapping[str, Order]:
        """Return orders of the newest pages, with all that arrived after *known* were read."""
        if self._direction is _Direction.OLDEST_FIRST:
            walk = self._walk(self._total - 1, is_strict=True)
            is_joined = [order.id for order in _first_of(walk)] == [self._last_id]
            if is_joined and _fits(self._direction, walk.orders.values()):
                self._learn(self._direction, walk.last_total, [*walk.orders.values()])
                return walk.orders
            return self._read_since()
        walk = self._walk(0, stops=lambda seen, page: self._is_explained(known, seen, page))
        if self._direction is _Direction.UNKNOWN:
            is_same = walk.first_total == self._total and known.issuperset(walk.orders)
            return {} if is_same else self._read_since()
        if not _fits(self._direction, walk.orders.values()):
            return self._read_since()
        self._learn(self._direction, walk.first_total, ())
        return walk.orders

    def _is_explained(self, known: set[str], seen: Mapping[str, Order], page: OrderPage) -> bool:
        """Whether *seen* has as many new orders as the total grew by, up to a known order."""
        if self._direction is _Direction.UNKNOWN:
            return True
        is_met = any(order.id in known for order in page.orders)
        new = sum(order_id not in known for order_id in seen)
        is_older = any(map(self._is_older, page.orders))
        return is_met and (is_older or new >= page.total - self._total)

    def _learn(self, direction: _Direction, total: int, orders: Sequence[Order]) -> None:
        """Store where the next reading of new orders starts."""
        self._direction, self._total = direction, total
        self._last_id = orders[-1].id if orders else ""

    def _walk_all(self, status: str = "") -> _Walk:
        """Return all orders with *status*, in any order."""
        walk = self._walk(0, status=status)
        if len(walk.orders) < walk.first_total:
            raise _ShiftedError
        return walk

    def _walk(
        self,
        offset: int,
        *,
        status: str = "",
        page: OrderPage | None = None,
        stops: Stop = lambda *_: False,
        is_strict: bool = False,
    ) -> _Walk:
        """Read from *offset* to the end, or to a page for which *stops* is true.

        Each page starts with the last order of the page before, so that a shift is noticed. New
        orders in front push others to later pages. That is harmless unless *is_strict*, which means
        that no order can arrive in front.
        """
        page = page or self._get(offset, status)
        seen, first_total = _by_id(page.orders), page.total
        while offset + len(page.orders) < page.total and not stops(seen, page):
            if page.total > first_total + MAX_ARRIVED:
                raise ListingError(_GROWING)
            if len(page.orders) < 2:
                raise _ShiftedError
            shared = page.orders[-1].id
            offset += len(page.orders) - 1
            page = self._get(offset, status)
            begins = page.orders[0].id if page.orders else ""
            if begins not in seen or (is_strict and begins != shared):
                raise _ShiftedError
            seen |= _by_id(page.orders)
        return _Walk(seen, first_total, page.total)

    def _get(self, offset: int, status: str = "") -> OrderPage:
        params: dict[str, int | str] = {"limit": PAGE, "offset": offset}
        if status:
            params["status"] = status
        page = self._client.read(self._path, parse_orders, params)
        if page.total > MAX_ORDERS:
            raise ListingError(
                f"The shop claims to have {page.total} orders, which is impossible. Check that"
                " WEBFLOW_API_URL is Webflow's API."
            )
        is_short = not page.orders and offset < page.total
        if is_short or (page.orders and offset + len(page.orders) > page.total):
            raise _ShiftedError
        return page


def _retried(read: Callable[[], Found]) -> Found:
    """Return the result of *read*, repeated while the list shifts."""
    for _ in range(TRIES):
        try:
            return read()
        except _ShiftedError:
            pass
    raise ListingError(_SHIFTING)


def _by_id(orders: Iterable[Order]) -> dict[str, Order]:
    return {order.id: order for order in orders}


def _first_of(walk: _Walk) -> list[Order]:
    """Return a list with the first order of a walk, or an empty one."""
    return list(islice(walk.orders.values(), 1))


def _has_time(order: Order) -> bool:
    return order.accepted_at != ""


def _without_time(page: OrderPage) -> dict[str, Order]:
    return {order.id: order for order in page.orders if not order.accepted_at}


def _direction(orders: Iterable[Order]) -> _Direction:
    """Return how *orders* are sorted. UNKNOWN for equal or unsorted times."""
    times = [order.accepted_at for order in orders if order.accepted_at]
    if len(set(times)) < 2:
        return _Direction.UNKNOWN
    if all(one >= other for one, other in pairwise(times)):
        return _Direction.NEWEST_FIRST
    if all(one <= other for one, other in pairwise(times)):
        return _Direction.OLDEST_FIRST
    return _Direction.UNKNOWN


def _fits(direction: _Direction, orders: Iterable[Order]) -> bool:
    """Return whether *orders* are sorted this way, or have equal times."""
    known = [order for order in orders if order.accepted_at]
    return len({order.accepted_at for order in known}) < 2 or _direction(known) is direction
