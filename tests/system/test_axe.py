"""No page breaks WCAG 2.2 at level AA as far as a machine can tell: light, dark, on the wall, on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from dashboard.app import mount
from dashboard.paths import PAGES
from spy.web.app import create
from tests.support.axe import breaches
from tests.support.busy_night import a_busy_night, careful
from tests.support.filled_store import NOW, FilledStore
from tests.support.served import Served

pytestmark = pytest.mark.browser

SHOWN = {
    "/": "#now-frontier .main-svg",
    "/runs": '.ag-center-cols-container [row-id="398602"]',
    "/runs?state=blocked,unknown&class=collisions": '.ag-center-cols-container [row-id="398602"]',
    "/run/398602": "#timeline .main-svg",
    "/run/1": "h1",
    "/services": "th:has-text('runregistry')",
    "/act?do=keep_back&chunk=398604": "#act-do",
    "/act?change=2": "#change-end",
    "/acts": "button:has-text('Agree')",
    "/trends?days=30": "#trend-frontier .main-svg",
    "/products": "#trouble tbody tr",
    "/products?name=SiStripBadStrip_pcl": ".chart .main-svg",
    "/alerts": "text=calling the strip expert",
    "/deliveries": "text=relay says 451",
    "/shift?hours=72": "#logbook",
    "/help": "h2",
}
"""Every page, and what is there once it is whole."""
ON_THE_WALL = ("/", "/runs", "/run/398602")
WIDE: ViewportSize = {"width": 1400, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PART_MS = 60_000
"""Plotly and the grid are large scripts, and this machine may be busy."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledStore]:
    store = a_busy_night(f"sqlite:///{tmp_path_factory.mktemp('axe') / 'spy.db'}", careful())
    yield store
    store.close()


@pytest.fixture
def url(night: FilledStore) -> Iterator[str]:
    with Served(create(careful(), night.engine, lambda: NOW, [mount])) as served:
        yield served.url


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport=WIDE, reduced_motion="reduce")
    page.set_default_timeout(PART_MS)
    yield page
    page.close()


def opened(page: Page, url: str, path: str) -> None:
    """Whole, and unfolded: what is folded away is not looked at."""
    page.goto(url + path)
    page.locator("#page h1").wait_for()
    page.locator(SHOWN[path]).first.wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")


def in_every_look(page: Page, path: str = "") -> dict[str, list[str]]:
    """What is wrong, by look; the wall's colours are those of the dark."""
    found = {}
    for look in ("light", "dark", *(["wall"] if path in ON_THE_WALL else [])):
        page.get_by_label("Look").select_option(look)
        found[look] = breaches(page)
    page.get_by_label("Look").select_option("light")
    page.set_viewport_size(PHONE)
    found["phone"] = breaches(page)
    return {look: wrong for look, wrong in found.items() if wrong}


def test_every_page_is_looked_at():
    assert {path.partition("?")[0] for path in SHOWN} >= {"/", "/run/398602", *PAGES}


@pytest.mark.parametrize("path", SHOWN)
def test_a_page_breaks_no_rule_in_any_look(page, url, path):
    opened(page, url, path)
    assert in_every_look(page, path) == {}


def test_what_an_act_would_do_and_why_it_is_not_possible_break_no_rule(page, url):
    opened(page, url, "/act?do=keep_back&chunk=398604")
    page.click("#act-preview")
    expect(page.locator("#act-answer")).to_contain_text("nothing was done yet")
    assert in_every_look(page) == {}
    page.click("#act-perform")
    expect(page.locator("#act-answer")).to_contain_text("Not possible")
    assert in_every_look(page) == {}


def test_an_open_menu_breaks_no_rule_and_says_what_is_chosen_of_what(page, url):
    path = "/runs?state=blocked,unknown&class=collisions"
    opened(page, url, path)
    menu = page.get_by_role("button", name="Class collisions")
    menu.press("Enter")
    expect(page.get_by_role("dialog", name="Class").get_by_role("radio", name="collisions")).to_be_checked()
    assert in_every_look(page) == {}


def test_a_name_that_is_missing_and_text_too_pale_are_found(page, url):
    opened(page, url, "/help")
    page.evaluate("document.querySelector('#page').innerHTML = '<h1>x</h1><p class=pale>text</p><button></button>'")
    page.add_style_tag(content=".pale { color: #aaaaaa; background: #ffffff; }")
    assert {breach.partition(" at ")[0] for breach in breaches(page)} == {"button-name", "color-contrast"}
