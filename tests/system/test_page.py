"""What a person sees in a real browser, on a real server and a store filled by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import unfolded
from dashboard.app import mount
from spy.config import load
from spy.domain.act import Do
from spy.domain.errors import StoreError
from spy.domain.subject import of_run
from spy.domain.verdict import State
from spy.store import notes
from spy.web.app import create
from tests.support.filled_store import NOW, REQUIRED, FilledStore, a_night
from tests.support.served import Served

pytestmark = pytest.mark.browser

SENTENCE = "Run 398602 holds 3 ready runs: SiStripBadStrip_pcl: upload blocked: upload_result (failed)."


@dataclass
class Site:
    store: FilledStore
    served: Served
    page: Page
    complaints: list[str]
    """Of the browser: refused by the content security policy, errors in scripts, failed requests."""
    now: datetime = NOW

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.served.url + path)
        self.page.locator("#page h1").wait_for()
        return self.page

    def refreshed(self) -> None:
        """Wait for the next answer of the server."""
        with self.page.expect_response("**/_dash-update-component"):
            pass


@pytest.fixture
def site(chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    made: list[Site] = []
    app = create(load(), store.engine, lambda: made[0].now, [mount])
    with Served(app) as served:
        page = chromium.new_page()
        page.clock.install()
        made.append(Site(store, served, page, []))
        page.on("console", lambda message: made[0].complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: made[0].complaints.append(str(error)))
        yield made[0]
        page.close()
    store.close()


def test_the_first_page_says_what_is_wrong_what_comes_next_and_whom_to_call(site):
    page = site.open()
    expect(page.locator("#sentence")).to_have_text(SENTENCE)
    expect(page.locator("#next-step")).to_contain_text("must find out why and repair it, by 2026-06-03 00:00 UTC")
    expect(page.locator("#last-moment")).to_have_text("03 Jun 00:00 UTC, in 36.0 h: then Tier0 locks run 398602")
    expect(page.locator("#taken-care")).to_have_text("nobody said so yet")
    expect(page.locator("#whom")).to_have_text("strip-calib@example.invalid")
    expect(page.locator("#banner")).to_contain_text("LIVE")
    expect(page.locator("#banner")).to_contain_text("Tier0 switch on")
    expect(page.locator("#age")).to_have_text("data 20 s old")
    assert site.complaints == []


def test_the_state_leads_to_what_it_means_and_what_to_do(site):
    page = site.open()
    page.get_by_role("link", name="What does this mean?").click()
    expect(page.locator("#page")).to_contain_text("When a run is blocked")
    expect(page.locator("#page")).to_contain_text("Call the people whom the page names")
    assert page.url.endswith("/help?about=blocked")
    assert site.complaints == []


def test_each_cell_of_the_grid_is_a_sign_a_word_and_a_reason(site):
    page = site.open()
    run = page.locator("tr", has=page.get_by_role("rowheader", name="398602"))
    cell = run.locator("td.cell").nth(REQUIRED.index("SiStripBadStrip_pcl"))
    expect(cell).to_have_text("✕blocked")
    expect(cell.locator("a")).to_have_attribute(
        "title", "SiStripBadStrip_pcl\nSiStripBadStrip_pcl: calibration blocked: placement (missing)"
    )
    expect(run.locator("td.cell").first).to_have_text("✓ready")
    expect(run.locator("td.advisory")).to_contain_text("1 unknown")


def test_a_click_on_a_run_shows_its_reason_the_values_seen_and_what_happened(site):
    page = site.open()
    page.get_by_role("link", name="398602").first.click()
    expect(page.locator("#sentence")).to_contain_text("Run 398602: SiStripBadStrip_pcl: upload blocked")
    assert page.url.endswith("/run/398602")
    strip = page.locator("section", has=page.get_by_role("heading", name="SiStripBadStrip_pcl")).last
    expect(strip).to_contain_text("placement = missing")
    expect(page.get_by_role("table", name="Revisions of the verdict")).to_contain_text("calibration waiting")
    expect(page.get_by_role("table", name="Messages")).to_contain_text("strip-calib@example.invalid")
    page.go_back()
    expect(page.locator("#sentence")).to_have_text(SENTENCE)
    assert site.complaints == []


def test_the_page_of_a_run_opens_by_its_address_and_an_unknown_one_says_so(site):
    page = site.open("/run/398601")
    expect(page.get_by_role("table", name="Moves of the release")).to_contain_text("locked by Tier0")
    expect(page.locator("html")).to_have_attribute("data-age", "fresh")
    expect(site.open("/run/123456").locator("#page")).to_contain_text("never followed this run")
    assert site.complaints == []


def test_what_is_no_page_is_not_found(site):
    answer = site.page.request.get(site.served.url + "/nothing")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_what_is_decided_meanwhile_appears_and_what_was_unfolded_stays_so(site):
    page = site.open("/run/398602")
    page.get_by_text("facts in evidence").click()
    expect(page.get_by_role("table", name="Evidence")).to_be_visible()
    site.store.decide(398602, State.READY)
    page.clock.run_for(6000)
    expect(page.locator("#sentence")).to_have_text("Run 398602: every calibration that it needs is in place")
    expect(page.get_by_role("table", name="Evidence")).to_be_visible()


def test_the_facts_of_a_run_come_when_they_are_unfolded_by_mouse_or_key_and_are_told_anew_while_they_are_open(site):
    page = site.open("/run/398602")
    page.locator("#changed").wait_for()
    expect(page.locator("#evidence td")).to_have_count(0)
    page.locator("#evidence summary").press("Enter")
    facts = page.get_by_role("table", name="Evidence")
    expect(facts.locator("tr", has_text="last_lumi")).to_contain_text("462")
    expect(page.locator("#evidence summary")).to_contain_text(f"All {facts.locator('tbody tr').count()} facts")
    expect(page.locator("#evidence summary")).to_be_focused()
    site.store.look("oms", site.store.fact(of_run("prod", 398602), "last_lumi", 463))
    page.clock.run_for(6000)
    expect(facts.locator("tr", has_text="last_lumi")).to_contain_text("463")
    assert site.complaints == []


def test_facts_that_cannot_be_read_are_named_as_what_failed_and_come_when_they_can_again(site, monkeypatch):
    page = site.open("/run/398602")
    page.locator("#changed").wait_for()
    # The page as a whole reads the same rows: of a broken store nobody could unfold anything.
    with monkeypatch.context() as broken:
        broken.setattr(unfolded, "facts_of_run", fails)
        page.locator("#evidence summary").click()
        expect(page.locator("#trouble")).to_contain_text("The table of facts failed")
        expect(page.locator("#banner")).to_contain_text("LIVE")
    page.clock.run_for(6000)
    expect(page.get_by_role("table", name="Evidence")).to_be_visible()
    expect(page.locator("#trouble")).to_be_empty()


def fails(*_told: object) -> None:
    raise StoreError("store: cannot read: no such thing")


def test_the_page_turns_old_when_the_agent_is_silent(site):
    page = site.open()
    expect(page.locator("html")).to_have_attribute("data-age", "fresh")
    site.now = NOW + timedelta(minutes=12)
    page.clock.run_for(16_000)
    expect(page.locator("html")).to_have_attribute("data-age", "old")
    expect(page.locator("#age")).to_contain_text("OLD: data 12 min old, nothing here can be trusted")
    expect(page.locator("#sentence")).to_have_text("No data for 12 min: nothing shown here can be trusted.")


def test_the_browser_itself_turns_the_page_old_when_the_server_is_dead(site):
    page = site.open()
    expect(page.locator("html")).to_have_attribute("data-age", "fresh")
    site.served.stop()
    page.clock.run_for(30_000)
    expect(page.locator("#age")).to_contain_text("the server does not answer")
    page.clock.run_for(timedelta(minutes=5).seconds * 1000)
    expect(page.locator("html")).to_have_attribute("data-age", "old")
    expect(page.locator("#age")).to_contain_text("nothing here can be trusted")
    stripes = page.evaluate("getComputedStyle(document.body).backgroundImage")
    assert "repeating-linear-gradient" in stripes


def test_shadow_and_the_switch_are_said_in_the_banner(site):
    site.store.note(notes.MODE, "shadow")
    site.store.services(prompt_enabled=False)
    banner = site.open().locator("#banner")
    expect(banner).to_contain_text("SHADOW: nothing is sent")
    expect(banner).to_contain_text("Tier0 switch OFF")


def test_an_act_in_force_is_shown_with_who_and_why_and_a_script_in_it_is_inert(site):
    site.store.act(Do.KEEP_BACK, 398603, "<img src=x onerror=alert(1)>")
    page = site.open()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    expect(page.locator("main")).to_contain_text("keep_back 398603 by shifter@example.invalid")
    assert site.complaints == []


def test_a_failing_service_is_named_in_the_banner_and_on_its_page(site):
    site.store.look("dqm", problem="503 Service Unavailable", ago=timedelta(0))
    page = site.open("/services")
    expect(page.locator("#banner")).to_contain_text("dqm not answering")
    expect(page.get_by_role("row", name="dqm")).to_contain_text("503 Service Unavailable")


def test_a_store_that_cannot_be_read_makes_the_page_old_and_keeps_what_was_there(site, tmp_path):
    page = site.open()
    site.store.drop("probe")
    page.clock.run_for(16_000)
    expect(page.locator("html")).to_have_attribute("data-age", "old")
    expect(page.locator("#age")).to_contain_text("store: cannot read")
    expect(page.locator("#sentence")).to_have_text(SENTENCE)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_a_phone_and_a_screen_in_light_and_dark(site, scheme, width):
    site.page.emulate_media(color_scheme=scheme)
    site.page.set_viewport_size({"width": width, "height": 800})
    page = site.open()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#sentence")).to_be_in_viewport()
