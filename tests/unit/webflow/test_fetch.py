"""Listings that shift, end early, or have a wrong total."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.errors import ListingError, NotAuthorized, NotFound, StoppedError
from reconciler.model import LiveSku, Stock, Target, finite
from reconciler.webflow.fetch import confirm_listing, fetch_listing, fetch_stocks


def _item(number: int) -> dict[str, Any]:
    return {
        "product": {"id": f"p{number}"},
        "skus": [{"id": f"s{number}", "fieldData": {"sku": f"S{number}"}}],
    }


class Pages:
    """A client that returns scripted pages of products: (numbers, total)."""

    def __init__(self, *pages: tuple[range, int]) -> None:
        self.pages = list(pages)
        self.offsets: list[int] = []

    def read(
        self, path: str, parse: Callable[[Any], Any], params: dict[str, int] | None = None
    ) -> Any:
        if path.endswith("/collections"):
            return parse({"collections": []})
        assert params is not None
        self.offsets.append(params["offset"])
        numbers, total = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        return parse({"items": [_item(n) for n in numbers], "pagination": {"total": total}})

    def read_stock(self, target: Target) -> Stock:
        if target.sku_id == "gone":
            raise NotFound("gone", 404)
        return finite(1)


def test_fetch_listing_reads_all_pages() -> None:
    """Each page starts with the last product of the page before."""
    client = Pages((range(100), 250), (range(99, 199), 250), (range(198, 250), 250))

    assert len(fetch_listing(client, "site", "c").skus) == 250
    assert client.offsets == [0, 99, 198]


@pytest.mark.parametrize("second", [range(100, 150), range(98, 150)])
def test_fetch_listing_shift_with_same_total_is_repeated(second: range) -> None:
    """One product is removed and one is added, so the pages don't fit together."""
    whole = [(range(100), 150), (range(99, 150), 150)]
    client = Pages((range(100), 150), (second, 150), *whole)

    assert len(fetch_listing(client, "site", "c").skus) == 150
    assert client.offsets == [0, 99, 0, 99]


def test_confirm_listing_needs_two_equal_readings() -> None:
    """It runs before a SKU is reported as missing."""
    first = fetch_listing(Pages((range(3), 3)), "site", "c")
    client = Pages((range(4), 4), (range(4), 4))

    assert len(confirm_listing(client, "site", first).skus) == 4
    assert client.offsets == [0, 0]
    with pytest.raises(ListingError):
        confirm_listing(Pages(*[(range(n), n) for n in range(5, 9)]), "site", first)


def test_fetch_listing_shift_once_is_repeated() -> None:
    """A product is deleted between two pages. The next reading is complete."""
    client = Pages(
        (range(100), 150), (range(100, 150), 149), (range(100), 149), (range(99, 149), 149)
    )

    assert len(fetch_listing(client, "site", "c").skus) == 149


@pytest.mark.parametrize(
    "pages",
    [
        [(range(100), 300), (range(99, 199), 300), (range(0), 300)] * 3,
        [(range(100), 150), (range(50), 150)] * 3,
        [(range(100), 10**9)] * 3,
    ],
    ids=["ends early", "repeats", "never ends"],
)
def test_fetch_listing_inconsistent_raises(pages: list[tuple[range, int]]) -> None:
    """Covers too few products, duplicates, and an endless listing."""
    with pytest.raises(ListingError):
        fetch_listing(Pages(*pages), "site", "c")


def test_fetch_listing_without_sku_collection_names_setting() -> None:
    """The message contains the setting to add."""
    with pytest.raises(ListingError, match="sku_collection_id"):
        fetch_listing(Pages((range(0), 0)), "site", None)


def test_fetch_listing_empty_shop_is_valid() -> None:
    """A shop may have no products."""
    assert fetch_listing(Pages((range(0), 0)), "site", "c").skus == ()


def test_fetch_stocks_leaves_out_deleted_sku() -> None:
    """The other SKUs are read."""
    skus = [LiveSku(name, name, "", archived=False) for name in ("a", "gone", "b")]

    assert fetch_stocks(Pages((range(0), 0)), "c", skus, 2) == {"a": finite(1), "b": finite(1)}


def test_fetch_stocks_wrong_collection_raises() -> None:
    """If the shop knows no SKU at all, the setting is wrong, not the YAML."""
    with pytest.raises(ListingError, match="sku_collection_id"):
        fetch_stocks(Pages((range(0), 0)), "c", [LiveSku("gone", "A", "", archived=False)], 2)


def test_fetch_stocks_first_failure_stops() -> None:
    """No further SKU is read, even while a slow one is pending."""

    class Failing(Pages):
        def read_stock(self, target: Target) -> Stock:
            self.offsets.append(0)
            if target.sku_id == "slow":
                time.sleep(0.2)
                return finite(1)
            raise NotAuthorized("no", 401)

    client = Failing()
    skus = [LiveSku(name, name, "", archived=False) for name in ("slow", *map(str, range(500)))]
    with pytest.raises(NotAuthorized):
        fetch_stocks(client, "c", skus, 4)

    assert len(client.offsets) <= 8


def test_fetch_stocks_after_stop_raises() -> None:
    """The reason to stop is checked before each SKU."""
    client = Pages()
    skus = [LiveSku(str(n), str(n), "", archived=False) for n in range(50)]
    with pytest.raises(StoppedError, match="interrupted"):
        fetch_stocks(client, "c", skus, 4, stopped=lambda: "interrupted")
