"""The script that people write first, with Webflow's own SDK and its own retries.

Called with an address, the collection of the SKUs, and a JSON file of units by the shop's SKU ids,
it sets each SKU that has another number. It prints how many answers were 429, and why it stopped,
as JSON. It is given the ids, because version 2.0 of the SDK takes an image of a SKU for text, and
so can't read a list of products that have any.
"""

import json
import sys
from pathlib import Path

import httpx
from webflow import Webflow
from webflow.core.api_error import ApiError
from webflow.environment import WebflowEnvironment

from benchmarks.shops import TOKEN


def set_stock(client: Webflow, collection_id: str, desired: dict[str, int]) -> None:
    """Set the stock of each SKU that has another number."""
    for sku_id, units in desired.items():
        stock = client.inventory.list(collection_id, sku_id)
        if stock.quantity != units:
            client.inventory.update(collection_id, sku_id, inventory_type="finite", quantity=units)


def main(address: str, collection_id: str, file: str) -> None:
    """Run the script, and print what it met."""
    refused = 0

    def look(response: httpx.Response) -> None:
        nonlocal refused
        refused += response.status_code == httpx.codes.TOO_MANY_REQUESTS

    http = httpx.Client(event_hooks={"response": [look]}, timeout=60, follow_redirects=True)
    where = WebflowEnvironment(base=address, data_api=address, content_delivery_api=address)
    client = Webflow(access_token=TOKEN, environment=where, httpx_client=http)
    stopped = ""
    try:
        set_stock(client, collection_id, json.loads(Path(file).read_text("utf-8")))
    except ApiError as error:
        stopped = f"HTTP {error.status_code}"
    print(json.dumps({"refused": refused, "stopped": stopped}))


if __name__ == "__main__":
    main(*sys.argv[1:])
