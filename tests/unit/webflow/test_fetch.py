"""Listings that shift, end early or lie are not planned on."""

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
    """Answers GETs of products from a list of (numbers, total), one after the other."""

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


def test_pages_are_read_to_the_end() -> None:
    """Each page begins with the last product of the one before, until the total is reached."""
    client = Pages((range(100), 250), (range(99, 199), 250), (range(198, 250), 250))

    assert len(fetch_listing(client, "site", "c").skus) == 250
    assert client.offsets == [0, 99, 198]


@pytest.mark.parametrize("second", [range(100, 150), range(98, 150)])
def test_shift_that_keeps_the_total_is_noticed(second: range) -> None:
    """One product went and another came, so the pages do not meet: the listing is read again."""
    whole = [(range(100), 150), (range(99, 150), 150)]
    client = Pages((range(100), 150), (second, 150), *whole)

    assert len(fetch_listing(client, "site", "c").skus) == 150
    assert client.offsets == [0, 99, 0, 99]


def test_listing_is_confirmed_by_a_second_reading() -> None:
    """Before anything is called missing, two readings in a row must agree."""
    first = fetch_listing(Pages((range(3), 3)), "site", "c")
    client = Pages((range(4), 4), (range(4), 4))

    assert len(confirm_listing(client, "site", first).skus) == 4
    assert client.offsets == [0, 0]
    with pytest.raises(ListingError, match="changed during"):
        confirm_listing(Pages(*[(range(n), n) for n in range(5, 9)]), "site", first)


def test_a_listing_that_shifts_once_is_read_again() -> None:
    """A product deleted between two pages shifts them; the next reading is whole."""
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
def test_a_listing_that_does_not_add_up_is_refused(pages: list[tuple[range, int]]) -> None:
    """Too few, the same twice, or without end: no plan stands on that."""
    with pytest.raises(ListingError, match=r"changed during|impossible"):
        fetch_listing(Pages(*pages), "site", "c")


def test_a_site_without_a_sku_collection_says_what_to_do() -> None:
    """The message names the setting that helps."""
    with pytest.raises(ListingError, match="sku_collection_id"):
        fetch_listing(Pages((range(0), 0)), "site", None)


def test_an_empty_store_is_a_listing() -> None:
    """No products is an answer."""
    assert fetch_listing(Pages((range(0), 0)), "site", "c").skus == ()


def test_a_sku_that_is_gone_is_left_out() -> None:
    """Reading goes on without it."""
    skus = [LiveSku(name, name, "", archived=False) for name in ("a", "gone", "b")]

    assert fetch_stocks(Pages((range(0), 0)), "c", skus, 2) == {"a": finite(1), "b": finite(1)}


def test_a_wrong_collection_is_told_from_missing_skus() -> None:
    """Where no SKU at all is known, the setting is wrong and not the YAML."""
    with pytest.raises(ListingError, match="Check sku_collection_id"):
        fetch_stocks(Pages((range(0), 0)), "c", [LiveSku("gone", "A", "", archived=False)], 2)


def test_the_first_failure_ends_the_reading() -> None:
    """However slow another SKU is, no more are asked for."""

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


def test_reading_ends_when_the_run_does() -> None:
    """A reason to end is met before the next SKU is asked for."""
    client = Pages()
    skus = [LiveSku(str(n), str(n), "", archived=False) for n in range(50)]
    with pytest.raises(StoppedError, match="interrupted"):
        fetch_stocks(client, "c", skus, 4, stopped=lambda: "interrupted")
