"""Alerts, deliveries and calibrations in a real browser, on a store filled by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.app import mount
from spy.config import load
from spy.domain.act import Do
from spy.web.app import create
from tests.support.browser import browser
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import Served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture
def night(tmp_path):
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    yield store
    store.close()


@pytest.fixture
def open_page(night, chromium):
    with Served(create(load(), night.engine, lambda: NOW, [mount])) as served:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

        def open_page(path):
            page.goto(served.url + path)
            page.locator("#page h1").wait_for()
            return page

        yield open_page
        page.close()
        assert complaints == []


def test_alerts_say_what_needs_a_person_and_whether_somebody_takes_care(night, open_page):
    page = open_page("/alerts")
    expect(page.locator("#sentence")).to_contain_text("nobody takes care of")
    expect(page.locator("main")).to_contain_text("398602")
    expect(page.locator("main")).to_contain_text("upload_result (failed)")
    night.act(Do.ACKNOWLEDGE, 398602, "calling the strip expert")
    page = open_page("/alerts")
    expect(page.locator("main")).to_contain_text("shifter@example.invalid since")
    page.locator("text=I am on it").first.click()
    expect(page.locator("#act-chunk")).to_have_value("398602")
    page = open_page("/")
    expect(page.locator("#taken-care")).to_contain_text("shifter@example.invalid since")


def test_deliveries_tell_how_far_each_message_came(night, open_page):
    night.message(398602, "mail", "crew@example.invalid", "pending", error="relay says 451 later")
    page = open_page("/deliveries")
    expect(page.locator("main")).to_contain_text("relay says 451 later")
    expect(page.locator("main")).to_contain_text("acked")
    page.locator("main a.run").first.click()
    page.locator("#page h1").wait_for()
    expect(page.locator("#sentence")).to_contain_text("Run 3986")


def test_each_calibration_says_whom_to_ask_and_shows_its_numbers(open_page):
    page = open_page("/products")
    expect(page.locator("main")).to_contain_text("strip-calib@example.invalid")
    page.locator("main a", has_text="SiStripBadStrip_pcl").first.click()
    expect(page.locator("h2").first).to_contain_text("bad_strips")
    expect(page.locator("h2").first).to_contain_text("unknown")
