"""The HTML pages in headless Chromium: complete, harmless, and usable by everyone.

`make test-browser` runs this. It needs Debian's chromium, so `make test` leaves it out.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import samples
from playwright.sync_api import Browser, Page, sync_playwright

from reconciler.render.html.plan_page import render_plan_page
from reconciler.render.html.report_page import render_report_page
from reconciler.render.html.shop_page import render_shop_page

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Debian's Chromium, for all tests of a worker."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(params=[(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")], ids=str)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return an empty tab in each width and color scheme, that collects errors."""
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    tab = context.new_page()
    errors: list[str] = []
    tab.on("console", lambda message: errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
    yield tab
    context.close()
    assert errors == []


def show(tab: Page, folder: Path, text: str) -> None:
    """Write *text* to a file, and open it."""
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    tab.goto(path.as_uri())


PAGES: dict[str, Callable[[], str]] = {
    "plan": lambda: render_plan_page(samples.plan()),
    "report": lambda: render_report_page(samples.report()),
    "shop": lambda: render_shop_page([samples.overview()]),
    "shops": lambda: render_shop_page([samples.overview(), samples.overview(3, 0, "other")]),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_usable_at_each_width(name: str, page: Page, tmp_path: Path) -> None:
    """No sideways scrolling, no script of others, and axe's rules pass."""
    show(page, tmp_path, PAGES[name]())

    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert page.locator("h1").count() == 1
    assert page.locator("script").count() == 1
    violations: list[Any] = Axe().run(page).response["violations"]
    found = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in violations]
    assert found == []


def test_hostile_names_are_text(page: Page, tmp_path: Path) -> None:
    """They show as they are, but for characters that hide or reorder others."""
    show(page, tmp_path, PAGES["plan"]())
    text = page.locator("#changes-table").inner_text()

    assert "</script><script>alert(1)</script>" in text
    assert "\u202e" not in page.content()
    assert page.locator("img").count() == 0
    assert page.locator("table svg").count() == 0


def test_table_sorts_and_filters_by_keyboard(page: Page, tmp_path: Path) -> None:
    """Reached with Tab, used with Enter, and announced."""
    show(page, tmp_path, PAGES["plan"]())
    search = page.get_by_label("Filter")
    search.focus()
    page.keyboard.type("SKU-0000")
    shown = page.locator("#changes-table tbody tr").count()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    head = page.get_by_role("button", name="Units")
    head.focus()
    page.keyboard.press("Enter")
    cells = page.locator("#changes-table tbody td:nth-child(5)").all_inner_texts()
    units = [int(text.replace("Units: ", "")) for text in cells if text.strip("Units: ")]

    assert 0 < shown <= 10
    assert head.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    assert units == sorted(units)


def test_page_without_scripts_is_complete(browser: Browser, tmp_path: Path) -> None:
    """All rows are there, and no control that does nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    text = render_plan_page(samples.plan(900))
    show(page, tmp_path, text)
    rows = page.locator("#changes-table tbody tr")

    assert rows.count() > 200
    assert rows.last.is_visible()
    assert not page.get_by_label("Filter").is_visible()
    context.close()


def test_ten_thousand_rows_show_the_first_and_filter_all(browser: Browser, tmp_path: Path) -> None:
    """The rest is laid out only if somebody wants it."""
    page = browser.new_page()
    show(page, tmp_path, render_plan_page(samples.plan(18_000)))
    total = int(page.locator("#changes-table-controls output").inner_text().split()[-1])
    visible = page.locator("#changes-table tbody:first-of-type tr").count()
    page.get_by_label("Filter").fill("SKU-179")
    found = page.locator("#changes-table tbody:first-of-type tr").count()
    page.get_by_label("Filter").fill("")
    page.get_by_role("button", name="Show all rows").click()

    assert total >= 10_000
    assert visible == 200
    assert 0 < found <= 100
    assert page.locator("#changes-table tbody.rest tr").last.is_visible()
    page.close()


def test_page_prints_on_paper(browser: Browser, tmp_path: Path) -> None:
    """As PDF, with all rows, and without controls."""
    page = browser.new_page()
    show(page, tmp_path, render_plan_page(samples.plan(900)))
    content = page.pdf(format="A4")
    page.emulate_media(media="print")

    assert content.startswith(b"%PDF")
    assert not page.get_by_label("Filter").is_visible()
    assert page.locator("#changes-table tbody.rest tr").first.is_visible()
    page.close()
