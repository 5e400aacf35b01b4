"""Find the products of a plan's SKUs, if reading those is cheaper than the whole listing."""

import math
from collections.abc import Collection

from reconciler.model import Listing, Place

# New products per listing page, which starts with the previous one's last (`webflow/fetch`).
NEW_PER_PAGE = 99


def find_places(sku_ids: Collection[str], listing: Listing) -> tuple[Place, ...]:
    """Return the products of *sku_ids*, or nothing if the whole listing takes no more requests.

    The result is also empty if one of the SKUs is not listed, because only the whole listing shows
    what became of it.
    """
    pages = math.ceil(len({sku.product_id for sku in listing.skus}) / NEW_PER_PAGE)
    if len(sku_ids) > pages * NEW_PER_PAGE:
        return ()
    found = {sku.sku_id: sku.product_id for sku in listing.skus if sku.sku_id in sku_ids}
    products = set(found.values())
    if len(found) < len(sku_ids) or "" in products or len(products) >= pages:
        return ()
    return tuple(Place(sku_id, product_id) for sku_id, product_id in sorted(found.items()))
