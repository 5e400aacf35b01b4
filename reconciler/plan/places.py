"""SKUs that a plan deals with × the listing → their products, if looking those up is cheaper."""

import math
from collections.abc import Collection

from reconciler.model import Listing, Place

# New products on each page of a listing (`webflow/fetch`): it begins with the last one before.
NEW_PER_PAGE = 99


def find_places(sku_ids: Collection[str], listing: Listing) -> tuple[Place, ...]:
    """Return the products of *sku_ids*, or nothing where the whole listing takes no more requests.

    So it is where one of them is not listed, too: only the listing tells what became of it.
    """
    pages = math.ceil(len({sku.product_id for sku in listing.skus}) / NEW_PER_PAGE)
    if len(sku_ids) > pages * NEW_PER_PAGE:
        return ()
    found = {sku.sku_id: sku.product_id for sku in listing.skus if sku.sku_id in sku_ids}
    products = set(found.values())
    if len(found) < len(sku_ids) or "" in products or len(products) >= pages:
        return ()
    return tuple(Place(sku_id, product_id) for sku_id, product_id in sorted(found.items()))
