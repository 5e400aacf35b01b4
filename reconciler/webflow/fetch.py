"""Read the listing of a shop, and the stock of the SKUs that a plan needs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from reconciler.errors import ListingError, NotFound, StoppedError, StoreError
from reconciler.model import Listing, LiveSku, Stock, Target
from reconciler.webflow.answers import (
    Page,
    parse_category_collection,
    parse_collections,
    parse_items,
    parse_product,
    parse_products,
)
from reconciler.workers import map_in_threads

Parsed = TypeVar("Parsed")

PAGE = 100
MAX_PRODUCTS = 1_000_000
LISTING_TRIES = 3
_SHIFTING = (
    f"The shop's list of products changed during {LISTING_TRIES} attempts, or its total is"
    " wrong. Run again when no products are being edited."
)


class Client(Protocol):
    """The part of the client that is used here."""

    def read(
        self, path: str, parse: Callable[[Any], Parsed], params: dict[str, int] | None = None
    ) -> Parsed:
        """Return what *parse* makes of the JSON that a GET of *path* answers."""

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU."""


def fetch_listing(
    client: Client, site_id: str, collection_id: str | None, parallelism: int = 1
) -> Listing:
    """Return all SKUs of the shop. Reads up to *parallelism* pages at a time.

    Paging by offset is no snapshot: a product that is added or removed between two requests shifts
    the pages. So a listing is valid only if its pages fit together and match its total.

    Raises:
        ListingError: The listing kept changing.
    """
    if collection_id is None:
        collection_id = _find_collection(client, site_id)
    for _ in range(LISTING_TRIES):
        listed = _list_once(client, site_id, parallelism)
        if listed is not None:
            return Listing(collection_id, listed.skus, tuple(listed.malformed.values()))
    raise ListingError(_SHIFTING)


def confirm_listing(
    client: Client, site_id: str, listing: Listing, parallelism: int = 1
) -> Listing:
    """Read the listing again until two in a row have the same SKUs, and return it.

    Used before a SKU is reported as missing: an edit during the listing may hide it.

    Raises:
        ListingError: The listing kept changing.
    """
    for _ in range(LISTING_TRIES):
        again = fetch_listing(client, site_id, listing.collection_id, parallelism)
        if set(again.skus) == set(listing.skus):
            return again
        listing = again
    raise ListingError(_SHIFTING)


def fetch_products(
    client: Client,
    site_id: str,
    collection_id: str | None,
    product_ids: Sequence[str],
    parallelism: int,
) -> Listing:
    """Return the SKUs of some products, without those of deleted products.

    For a few changes in a large shop, this takes fewer requests than the whole listing.
    """
    if collection_id is None:
        collection_id = _find_collection(client, site_id)
    site = f"/sites/{quote(site_id, safe='')}"

    def read(product_id: str) -> tuple[LiveSku, ...]:
        try:
            return client.read(f"{site}/products/{quote(product_id, safe='')}", parse_product)
        except NotFound:
            return ()

    found = map_in_threads(read, product_ids, parallelism)
    return Listing(collection_id, tuple(sku for skus in found for sku in skus))


def _find_collection(client: Client, site_id: str) -> str:
    found = client.read(f"/sites/{quote(site_id, safe='')}/collections", parse_collections)
    if found is None:
        raise ListingError(
            "The site has no SKU collection. Enable ecommerce, or set sku_collection_id."
        )
    return found


def fetch_categories(client: Client, site_id: str) -> dict[str, str]:
    """Return the names of the shop's categories by id, or nothing if it has none."""
    site = f"/sites/{quote(site_id, safe='')}"
    collection = client.read(f"{site}/collections", parse_category_collection)
    names: dict[str, str] = {}
    if collection is None:
        return names
    path = f"/collections/{quote(collection, safe='')}/items"
    while True:
        page, total = client.read(path, parse_items, {"limit": PAGE, "offset": len(names)})
        before = len(names)
        names |= page
        if len(names) >= total or len(names) == before:  # for display only
            return names


def _list_once(client: Client, site_id: str, parallelism: int) -> Page | None:
    """Return all products as one page, or None if the pages don't fit together.

    Each page starts with the last product of the page before. So a shift is noticed even if one
    product is removed, another one is added, and the total stays the same.
    """
    path = f"/sites/{quote(site_id, safe='')}/products"

    def read(offset: int) -> tuple[int, Page]:
        return offset, client.read(path, parse_products, {"limit": PAGE, "offset": offset})

    _, first = read(0)
    if first.total > MAX_PRODUCTS:
        raise ListingError(
            f"The shop claims to have {first.total} products, which is impossible. Check that"
            " WEBFLOW_API_URL is Webflow's API."
        )
    has = len(first.product_ids)
    step = max(1, has - 1)  # a page may be shorter than requested
    offsets = range(step, first.total - 1, step) if 0 < has < first.total else range(0)
    pages = {0: first}
    for offset, page in map_in_threads(read, offsets, parallelism):
        if page.total != first.total:
            return None
        pages[offset] = page
    return _join([pages[offset] for offset in sorted(pages)])


def _join(pages: Sequence[Page]) -> Page | None:
    """Return *pages* as one, in order, or None if they don't fit together."""
    product_ids = [*pages[0].product_ids]
    skus = [*pages[0].skus]
    for page in pages[1:]:
        shared, new = page.product_ids[:1], page.product_ids[1:]
        if shared != tuple(product_ids[-1:]) or not new:
            return None
        product_ids += new
        skus += [sku for sku in page.skus if sku.product_id != shared[0]]
    total = pages[0].total
    if not len(set(product_ids)) == len(product_ids) == total:
        return None
    malformed = {product: name for page in pages for product, name in page.malformed.items()}
    return Page(tuple(product_ids), tuple(skus), total, malformed)


def fetch_stocks(
    client: Client,
    collection_id: str,
    skus: Iterable[LiveSku],
    parallelism: int,
    progress: Callable[[int], None] = lambda _: None,
    stopped: Callable[[], str | None] = lambda: None,
) -> dict[str, Stock]:
    """Return the stock of *skus* by id. Reads up to *parallelism* at a time.

    Deleted SKUs are left out. *progress* is called with the number of SKUs that are done.

    Raises:
        ListingError: The shop knows none of *skus*, so the collection is wrong.
        StoppedError: *stopped* returned a reason.
        StoreError: Another read failed. A note names its SKU.
    """
    wanted = tuple(skus)
    stocks: dict[str, Stock] = {}

    def read(sku: LiveSku) -> tuple[str, Stock | None]:
        if reason := stopped():
            raise StoppedError(reason)
        try:
            return sku.sku_id, client.read_stock(Target(collection_id, sku.sku_id))
        except NotFound:
            return sku.sku_id, None
        except StoreError as error:
            error.add_note(f"While reading the stock of {sku.code or sku.sku_id}.")
            raise

    for done, (sku_id, stock) in enumerate(map_in_threads(read, wanted, parallelism), 1):
        if stock is not None:
            stocks[sku_id] = stock
        progress(done)
    if wanted and not stocks:
        raise ListingError("The shop has no stock for any SKU it lists. Check sku_collection_id.")
    return stocks
