"""A client → the listing of a store, and the stock of the SKUs that a plan needs."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from reconciler.errors import ListingError, NotFound, StoreError
from reconciler.live.answers import parse_collections, parse_products
from reconciler.model import Listing, LiveSku, Stock, Target

Parsed = TypeVar("Parsed")

PAGE = 100
MAX_PRODUCTS = 1_000_000
LISTING_TRIES = 3


class Client(Protocol):
    """What fetching needs of a client."""

    def read(
        self, path: str, parse: Callable[[Any], Parsed], params: dict[str, int] | None = None
    ) -> Parsed:
        """Return what *parse* makes of the JSON that a GET of *path* answers."""

    def read_stock(self, target: Target) -> Stock:
        """Return the live stock of one SKU."""


def fetch_listing(client: Client, site_id: str, collection_id: str | None) -> Listing:
    """Return every SKU that the store lists; raise ListingError for one that kept shifting.

    Paging by offset is no snapshot: a product that is added or removed meanwhile shifts the
    pages, so a listing counts only when it is as long as it says and names nothing twice.
    """
    if collection_id is None:
        collection_id = _find_collection(client, site_id)
    for _ in range(LISTING_TRIES):
        skus = _list_once(client, site_id)
        if skus is not None:
            return Listing(collection_id, skus)
    raise ListingError(
        f"the store's list of products changed during each of {LISTING_TRIES} readings,"
        " or is not as long as it says; run again when nobody edits products"
    )


def _find_collection(client: Client, site_id: str) -> str:
    found = client.read(f"/sites/{quote(site_id, safe='')}/collections", parse_collections)
    if found is None:
        raise ListingError(
            "the site has no SKU collection; enable ecommerce, or name it as sku_collection_id"
        )
    return found


def _list_once(client: Client, site_id: str) -> tuple[LiveSku, ...] | None:
    """Return all SKUs, or None where the pages do not add up."""
    path = f"/sites/{quote(site_id, safe='')}/products"
    seen: set[str] = set()
    skus: list[LiveSku] = []
    total: int | None = None
    while True:
        page = client.read(path, parse_products, {"limit": PAGE, "offset": len(seen)})
        total = page.total if total is None else total
        if total > MAX_PRODUCTS:
            raise ListingError(
                f"the store says that it has {total} products, more than there can be; is it"
                " Webflow's API that answers?"
            )
        if page.total != total or len(seen.union(page.product_ids)) < len(seen) + len(
            page.product_ids
        ):
            return None
        seen.update(page.product_ids)
        skus += page.skus
        if len(seen) >= total:
            return tuple(skus) if len(seen) == total else None
        if not page.product_ids:
            return None


def fetch_stocks(
    client: Client,
    collection_id: str,
    skus: Iterable[LiveSku],
    parallelism: int,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Stock]:
    """Return the stock of each of *skus* by its id, read *parallelism* at a time.

    A SKU that is gone by now is left out; when all are, the collection is the wrong one, which
    raises ListingError. The first other failure ends the reading and names the SKU. *progress*
    is called with how many are done.
    """

    def read(sku: LiveSku) -> Stock | None:
        try:
            return client.read_stock(Target(collection_id, sku.sku_id))
        except NotFound:
            return None
        except StoreError as error:
            error.add_note(f"while reading the stock of {sku.code or sku.sku_id}")
            raise

    stocks: dict[str, Stock] = {}
    wanted = tuple(skus)
    pool = ThreadPoolExecutor(parallelism)
    try:
        for done, (sku, stock) in enumerate(zip(wanted, pool.map(read, wanted), strict=True), 1):
            if stock is not None:
                stocks[sku.sku_id] = stock
            progress(done)
    finally:
        pool.shutdown(cancel_futures=True)
    if wanted and not stocks:
        raise ListingError(
            "the store knows the stock of none of the SKUs that it lists; check sku_collection_id"
        )
    return stocks
