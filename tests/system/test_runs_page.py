"""The grid of runs and the page of one run, in a real browser on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.app import mount
from spy.config import load
from spy.domain.act import Do
from spy.domain.verdict import State
from spy.store.engine import writing
from spy.web.app import create
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.pictures import keep
from tests.support.served import Served

pytestmark = pytest.mark.browser

HISTORY = 120
"""Closed runs below 398600: more than the browser keeps or asks for at once."""
GRID_MS = 30_000
"""The grid is a large script, and this machine may be busy."""


@dataclass
class Site:
    store: FilledStore
    served: Served
    page: Page
    complaints: list[str]
    asked: list[str]
    """Bodies of the requests for rows."""

    def open(self, path: str = "/runs") -> Page:
        self.page.goto(self.served.url + path)
        self.page.locator("#page h1").wait_for()
        if path.startswith("/runs"):
            self.page.locator("#runs-count").filter(has_text="run").wait_for(timeout=GRID_MS)
        return self.page

    def row(self, run: int):
        """The part of a run's row that scrolls."""
        return self.page.locator(f'.ag-center-cols-container [row-id="{run}"]')

    def cell(self, run: int, field: str):
        return self.page.locator(f'[row-id="{run}"] [col-id="{field}"]')


@pytest.fixture
def site(chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    for number in range(398600 - HISTORY, 398600):
        store.run(number, "cosmics" if number % 10 == 0 else "collisions", era="Run2026C", fill=number // 10)
        store.decide(number, State.READY)
        store.close_run(number)
    app = create(load(), store.engine, lambda: NOW, [mount])
    with Served(app) as served:
        page = chromium.new_page(viewport={"width": 1500, "height": 900})
        made = Site(store, served, page, [], [])
        page.on("console", lambda message: made.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        page.on("request", lambda request: _note(made.asked, request.post_data or ""))
        yield made
        page.close()
    store.close()


def _note(asked: list[str], body: str) -> None:
    if "getRowsRequest" in body and "startRow" in body:
        asked.append(body)


# --- cells ----------------------------------------------------------------------------------------------------------


def test_each_cell_is_a_colour_a_sign_and_a_word_and_its_tooltip_tells_why_with_the_values(site):
    page = site.open()
    cell = site.cell(398602, "SiStripBadStrip_pcl")
    expect(cell).to_have_text("✕ blocked")
    expect(cell).to_have_class(re.compile(r"\bblocked\b"))
    expect(site.cell(398606, "SiStripBadStrip_pcl")).to_have_text("… waiting")
    expect(site.cell(398607, "SiStripBadStrip_pcl")).to_have_text("–")
    cell.hover()
    expect(page.locator(".ag-tooltip")).to_have_text(
        "SiStripBadStrip_pcl: calibration blocked: placement (missing)", timeout=GRID_MS
    )
    keep(page, "runs-tooltip")
    assert site.complaints == []


def test_an_advisory_product_stands_in_brackets_and_says_that_it_holds_nothing_back(site):
    site.open("/runs?detector=pixel")
    cell = site.cell(398602, "SiPixelLA_pcl")
    expect(cell).to_have_text("(? unknown)")
    expect(cell).to_have_class(re.compile(r"\bunknown\b"))
    cell.click()
    expect(site.page.locator("#runs-told")).to_contain_text("advisory: it holds nothing back")


# --- windows --------------------------------------------------------------------------------------------------------


def test_only_the_rows_that_are_looked_at_are_asked_for(site):
    page = site.open()
    expect(page.locator("#runs-count")).to_have_text(f"{HISTORY + 8} runs")
    expect(site.cell(398602, "verdict")).to_have_text("✕ blocked")
    spans = {re.search(r'"startRow":(\d+),"endRow":(\d+)', body).groups() for body in site.asked}  # type: ignore[union-attr]
    assert spans == {("0", "50")}
    seen = page.locator(".ag-body-viewport").first.evaluate("seen => seen.clientHeight / 34")
    assert page.locator(".ag-center-cols-container .ag-row").count() <= seen + 4, "rows out of sight cost as much"
    page.locator(".ag-body-viewport").first.evaluate("seen => seen.scrollTo(0, seen.scrollHeight)")
    lowest = 398600 - HISTORY
    expect(site.cell(lowest, "run")).to_have_text(str(lowest), timeout=GRID_MS)
    expect(site.row(398602)).to_have_count(0)
    assert site.complaints == []


def test_what_is_decided_meanwhile_appears_and_the_cell_in_focus_stays(site):
    page = site.open()
    site.cell(398605, "verdict").click()
    site.store.decide(398602, State.READY)
    expect(site.cell(398602, "verdict")).to_have_text("✓ ready", timeout=GRID_MS)
    expect(site.cell(398605, "verdict")).to_have_class(re.compile("ag-cell-focus"))
    assert page.url.endswith("/runs")


# --- filters in the address -----------------------------------------------------------------------------------------


def test_a_filter_is_in_the_address_and_survives_reload_back_and_another_tab(site):
    page = site.open()
    made_anew: list[str] = []
    page.on("request", lambda sent: made_anew.append("") if "runs-grid.columnDefs" in (sent.post_data or "") else None)
    page.get_by_label("blocked").check()
    expect(page.locator("#runs-count")).to_have_text("1 run")
    expect(page).to_have_url(re.compile(r"/runs\?state=blocked$"))
    page.get_by_label("unknown").check()
    expect(page).to_have_url(re.compile(r"/runs\?state=blocked,unknown$"))
    page.reload()
    expect(page.locator("#runs-count")).to_have_text("1 run", timeout=GRID_MS)
    expect(page.get_by_label("unknown")).to_be_checked()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/runs\?state=blocked$"))
    expect(page.get_by_label("unknown")).not_to_be_checked()
    page.go_back()
    expect(page.locator("#runs-count")).to_have_text(f"{HISTORY + 8} runs")
    expect(page.get_by_label("blocked")).not_to_be_checked()
    assert made_anew == [], "no filter of runs changes the columns"
    assert site.complaints == []


def test_every_filter_of_an_address_counts_and_is_shown(site):
    site.store.act(Do.ACKNOWLEDGE, 398590, "I look at it", until=NOW + timedelta(hours=1))
    query = "era=Run2026C&class=cosmics&fill=39859&state=ready&person=shifter@example.invalid&detector=ECAL"
    page = site.open(f"/runs?{query}")
    expect(page.locator("#runs-count")).to_have_text("1 run")
    expect(site.cell(398590, "class")).to_have_text("cosmics")
    for name, value in (("era", "Run2026C"), ("class", "cosmics"), ("detector", "ECAL"), ("person", "shifter@")):
        expect(page.locator(f"#runs-{name}")).to_contain_text(value)
    expect(page.locator("#runs-fill")).to_have_value("39859")
    expect(page.locator('.ag-header-cell[col-id="SiStripBadStrip_pcl"]')).to_have_count(0)
    page.get_by_role("link", name="All runs").click()
    expect(page.locator("#runs-count")).to_have_text(f"{HISTORY + 8} runs")
    expect(page.locator('.ag-header-cell[col-id="SiStripBadStrip_pcl"]')).to_have_count(1)
    expect(page.locator("#runs-fill")).to_have_value("")
    assert site.complaints == []


def test_a_filter_is_chosen_from_what_the_runs_have(site):
    page = site.open()
    page.locator("#runs-era").click()
    page.get_by_role("dialog", name="Era").get_by_text("Run2026C").click()
    expect(page.locator("#runs-count")).to_have_text(f"{HISTORY} runs")
    page.locator("#runs-fill").fill("39850")
    page.locator("#runs-fill").press("Enter")
    expect(page.locator("#runs-count")).to_have_text("10 runs")
    expect(page).to_have_url(re.compile(r"/runs\?era=Run2026C&fill=39850$"))
    keep(page, "runs-filtered")


NONSENSE = {
    "fill=abc": "Fill 'abc' is no number",
    "state=broken": "No state is called 'broken'",
    "colour=red": "'colour', which is no filter",
    "era=<img src=x onerror=alert(1)>": "No run is like this",
    "fill=" + "9" * 40: "is no number",
}


def test_an_address_that_asks_for_nonsense_says_so_and_runs_no_script(site):
    for query, said in NONSENSE.items():
        page = site.open(f"/runs?{query}")
        expect(page.locator("#runs-count")).to_contain_text(said)
    assert site.complaints == []


# --- keys -----------------------------------------------------------------------------------------------------------


def test_arrow_keys_move_enter_opens_the_run_and_back_returns_to_the_same_filters(site):
    page = site.open("/runs?class=collisions")
    site.cell(398606, "verdict").click()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#runs-told")).to_contain_text("Run 398602, Why: ")
    expect(page.locator("#runs-told")).to_contain_text("upload_result (failed)")
    page.keyboard.press("Enter")
    expect(page.locator("#sentence")).to_contain_text("Run 398602: SiStripBadStrip_pcl: upload blocked")
    assert page.url.endswith("/run/398602")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/runs\?class=collisions$"))
    expect(site.cell(398602, "verdict")).to_have_text("✕ blocked", timeout=GRID_MS)
    assert site.complaints == []


def test_a_click_on_the_number_opens_the_run(site):
    page = site.open()
    page.get_by_role("link", name="398603").click()
    expect(page.locator("#sentence")).to_contain_text("Run 398603")
    assert site.complaints == []


# --- what fails -----------------------------------------------------------------------------------------------------


def test_a_grid_that_fails_says_so_the_rest_works_and_it_comes_back_by_itself(site):
    whole = _outcomes(site.store, 398599, "[1]")
    page = site.open("/services")
    page.get_by_role("link", name="Runs").click()
    expect(page.locator("#trouble")).to_contain_text("The grid of runs failed", timeout=GRID_MS)
    expect(page.locator("#banner")).to_contain_text("LIVE")
    expect(page.locator("html")).to_have_attribute("data-age", "fresh")
    _outcomes(site.store, 398599, whole)
    expect(site.cell(398599, "verdict")).to_have_text("✓ ready", timeout=GRID_MS)
    expect(page.locator("#trouble")).to_be_empty()


def _outcomes(store: FilledStore, run: int, text: str) -> str:
    """Put another text into a stored decision; what was there."""
    with writing(store.engine) as connection:
        old = connection.exec_driver_sql(f"SELECT outcomes FROM decision WHERE run = {run}").scalar()
        connection.exec_driver_sql("UPDATE decision SET outcomes = ? WHERE run = ?", (text, run))
    return str(old)


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_the_grid_fits_a_phone_and_a_screen_in_light_and_dark(site, scheme, width):
    site.page.emulate_media(color_scheme=scheme)
    site.page.set_viewport_size({"width": width, "height": 800})
    page = site.open()
    expect(site.cell(398602, "verdict")).to_have_text("✕ blocked")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    colour = page.locator(".ag-root-wrapper").evaluate("grid => getComputedStyle(grid).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", colour)[:3])) < 384) == (scheme == "dark"), colour
    keep(page, f"runs-{scheme}-{width}")
