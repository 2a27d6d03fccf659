"""What each reader chooses for the own browser: look and clock; and that every page fits a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.app import mount
from spy.config import load
from spy.domain.verdict import State
from spy.web.app import create
from tests.support.filled_store import NOW, FilledStore
from tests.support.served import Served

pytestmark = pytest.mark.browser

EVERY_PAGE = (
    *("/", "/run/398602", "/run/1", "/services", "/act?do=waive&chunk=398602", "/acts", "/trends?days=30", "/shift"),
    *("/products", "/products?name=SiStripBadStrip_pcl", "/alerts", "/deliveries"),
)
CHART_MS = 30_000
DARK, LIGHT = "rgb(16, 21, 27)", "rgb(246, 247, 249)"


@pytest.fixture
def url(night: FilledStore) -> Iterator[str]:
    with Served(create(load(), night.engine, lambda: NOW, [mount])) as served:
        yield served.url


@pytest.fixture
def person(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser with storage of its own."""
    context = chromium.new_context(color_scheme="light")
    yield context
    context.close()


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.locator("#page h1").wait_for()
    return page


def back_of(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_a_look_is_chosen_once_for_all_tabs_and_visits(person, url):
    page, other = opened(person.new_page(), url), opened(person.new_page(), url)
    assert back_of(page) == LIGHT
    page.get_by_label("Look").select_option("dark")
    assert back_of(page) == DARK
    expect(other.locator("html")).to_have_attribute("data-look", "dark")
    expect(other.get_by_label("Look")).to_have_value("dark")
    page.reload()
    assert back_of(page) == DARK
    expect(page.get_by_label("Look")).to_have_value("dark")
    page.get_by_label("Look").select_option("auto")
    assert back_of(page) == LIGHT
    page.emulate_media(color_scheme="dark")
    assert back_of(page) == DARK


def test_the_wall_reads_in_large_type_and_dark(person, url):
    page = opened(person.new_page(), url)
    page.set_viewport_size({"width": 1920, "height": 1080})
    size = "parseFloat(getComputedStyle(document.querySelector('#sentence')).fontSize)"
    before = page.evaluate(size)
    page.get_by_label("Look").select_option("wall")
    assert page.evaluate(size) > 1.4 * before
    assert back_of(page) == DARK


def test_a_chosen_look_is_there_before_any_other_script_runs(person, url):
    page = person.new_page()
    page.add_init_script("localStorage.setItem('spy-look', 'dark')")
    page.route("**/_dash-component-suites/**", lambda route: route.abort())
    page.goto(url)
    assert back_of(page) == DARK


@pytest.mark.parametrize("value", ["", "neon", "<script>"])
def test_a_choice_that_there_is_not_is_none(person, url, value):
    page = person.new_page()
    page.add_init_script(f"localStorage.setItem('spy-look', '{value}'); localStorage.setItem('spy-clock', '{value}')")
    opened(page, url)
    expect(page.get_by_label("Look")).to_have_value("auto")
    expect(page.get_by_label("Times")).to_have_value("utc")


def test_geneva_time_reaches_tables_sentences_and_figures_and_stays(person, url):
    page = opened(person.new_page(), url)
    lock, sentence, axis = page.locator(".facts time").first, page.locator("#next-step"), page.locator(".xtitle")
    expect(lock).to_have_text("03 Jun 00:00")
    expect(sentence).to_contain_text("2026-06-03 00:00 UTC")
    expect(axis).to_have_text("UTC", timeout=CHART_MS)
    page.get_by_label("Times").select_option("geneva")
    expect(lock).to_have_text("03 Jun 02:00")
    expect(lock).to_have_attribute("title", "2026-06-03T00:00:00Z")
    expect(sentence).to_contain_text("2026-06-03 02:00 CEST")
    expect(axis).to_have_text("Geneva time", timeout=CHART_MS)
    page.reload()
    expect(sentence).to_contain_text("2026-06-03 02:00 CEST")
    expect(page.locator(".xtitle")).to_have_text("Geneva time", timeout=CHART_MS)
    page.get_by_label("Times").select_option("utc")
    expect(lock).to_have_text("03 Jun 00:00")
    expect(sentence).to_contain_text("2026-06-03 00:00 UTC")


def test_what_is_decided_meanwhile_comes_on_the_chosen_clock(person, url, night):
    page = opened(person.new_page(), f"{url}/run/398602")
    page.get_by_label("Times").select_option("geneva")
    expect(page.locator("html")).to_have_attribute("data-live", "pushed")
    night.decide(398602, State.BLOCKED, "again")
    newest = page.get_by_role("table", name="Revisions of the verdict").locator("tbody tr").first
    expect(newest).to_contain_text("again", timeout=CHART_MS)
    expect(newest.locator("time")).to_have_text("01 Jun 13:30")


SAID = {
    "<p><time datetime='2026-06-03T00:00:00Z'>03 Jun 00:00</time> UTC, in 36 h</p>": "03 Jun 02:00 CEST, in 36 h",
    "<p>since 31 Dec 2026 23:30 UTC</p>": "since 01 Jan 2027 00:30 CET",
    "<p>From 2026-06-01 12:00 to 2026-06-02 12:00 UTC</p>": "From 2026-06-01 14:00 to 2026-06-02 14:00 CEST",
    "<p><code>2026-01-01T12:00:00.5Z</code></p>": "2026-01-01T13:00:00.5+01:00",
    "<table><tr><th>Begin UTC</th></tr></table>": "Begin Geneva time",
    "<p>398602 at 12:00</p>": "398602 at 12:00",
    "<pre>2026-06-01 12:00 UTC</pre>": "2026-06-01 12:00 UTC",
}


def test_every_way_in_which_a_page_tells_a_time_is_known(person, url):
    page = opened(person.new_page(), url)
    page.get_by_label("Times").select_option("geneva")
    for html, text in SAID.items():
        page.evaluate("html => { document.querySelector('#trouble').innerHTML = html; }", html)
        expect(page.locator("#trouble")).to_have_text(text)
    page.evaluate("html => { document.querySelector('#trouble').innerHTML = html; }", next(iter(SAID)))
    expect(page.locator("#trouble")).to_have_text(SAID[next(iter(SAID))])
    page.get_by_label("Times").select_option("utc")
    expect(page.locator("#trouble")).to_have_text("03 Jun 00:00 UTC, in 36 h")


@pytest.mark.parametrize("path", ["/run/398602", "/shift?hours=72", "/trends?days=30"])
def test_no_utc_is_left_where_geneva_is_chosen(person, url, path):
    page = person.new_page()
    page.add_init_script("localStorage.setItem('spy-clock', 'geneva')")
    opened(page, url + path)
    # What is typed into the fields of a period stands in the address, and so stays in UTC and says so.
    text = page.locator("main").evaluate(
        "main => { main.querySelectorAll('pre, .period').forEach(e => e.remove()); return main.innerText; }"
    )
    assert "UTC" not in text
    assert "00Z" not in text


def test_the_text_for_the_logbook_stays_in_utc_and_says_so(person, url):
    page = person.new_page()
    page.add_init_script("localStorage.setItem('spy-clock', 'geneva')")
    opened(page, f"{url}/shift")
    expect(page.locator("#logbook")).to_contain_text("2026-06-01 04:00 to 2026-06-01 12:00 UTC")


def test_a_form_is_read_in_the_dark_too(person, url):
    page = person.new_page()
    page.add_init_script("localStorage.setItem('spy-look', 'dark')")
    opened(page, f"{url}/act")
    colour = "getComputedStyle(document.querySelector('#act-do strong')).color"
    assert page.evaluate(colour) == page.evaluate("getComputedStyle(document.body).color")


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_never_scrolls_sideways_on_a_phone(person, url, path):
    page = person.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#age")).to_be_in_viewport()
