"""Alerts, deliveries and calibrations in a real browser, on a store filled by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from dashboard.app import mount
from spy.config import load
from spy.domain.act import Do
from spy.web.app import create
from tests.support.filled_store import NOW
from tests.support.served import Served

pytestmark = pytest.mark.browser


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


def test_deliveries_of_one_status_say_when_they_are_tried_next_and_why_they_were_not_taken(night, open_page):
    night.message(398602, "mail", "crew@example.invalid", "pending", error="relay says 451 later")
    page = open_page("/deliveries")
    expect(page.locator("#sentence")).to_contain_text("1 of 3 messages wait for an answer, 0 were refused.")
    page.locator("main .buttons a", has_text="pending").click()
    expect(page.locator("#sentence")).to_contain_text("1 of 1 messages wait")
    expect(page.locator("main tbody tr")).to_have_count(1)
    expect(page.locator("main tbody tr")).to_contain_text("due now")
    page.go_back()
    expect(page.locator("main tbody tr")).to_have_count(3)
    expect(page.locator("main tbody tr", has_text="acked").first).to_contain_text("never")
    page = open_page("/deliveries?status=<script>")
    expect(page.locator("main tbody tr")).to_have_count(3)


def test_services_say_whom_to_call_how_they_answer_and_why_something_is_unknown(night, open_page):
    night.look("dqm", problem="503 <script>alert(1)</script>", ago=timedelta(0))
    page = open_page("/services")
    expect(page.locator("#sentence")).to_have_text("4 of 8 services need a look.")
    row = page.locator("tbody tr", has=page.locator("th", has_text="dqm"))
    expect(row.first).to_contain_text("dqm-operators@example.invalid")
    expect(row.first).to_contain_text("failing")
    expect(row.first).to_contain_text("50.0 % (1 of 2)")
    expect(row.first).to_contain_text("503 <script>alert(1)</script>")
    oms = page.locator("tbody tr", has=page.locator("th", has_text="oms-operators"))
    expect(oms).to_contain_text("01 Jun 11:59")
    expect(oms).to_contain_text("it tells no time of its own")
    never = page.locator("tbody tr", has=page.locator("th", has_text="runregistry"))
    expect(never).to_contain_text("never asked")
    expect(never).to_contain_text("no agent has asked it yet")


def test_an_act_is_extended_and_ended_by_keyboard_alone(night, open_page):
    night.act(Do.KEEP_BACK, 398603, "strip noise", until=NOW + timedelta(hours=5))
    page = open_page("/acts")
    page.get_by_role("link", name="Extend or end act 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Keep back: run 398603")
    page.locator("#change-why").focus()
    for typed in ("not understood yet", "12h", "sam@example.invalid"):
        page.keyboard.insert_text(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#change-answer")).to_contain_text("Done: act 2, signed sam@example.invalid")
    page.get_by_role("link", name="All acts").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("not understood yet")
    expect(page.locator("main")).to_contain_text("02 Jun 00:00")
    page.get_by_role("link", name="Extend or end act 2").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Keep back: run 398603")
    page.locator("#change-why").focus()
    page.keyboard.insert_text("the noise is understood")
    page.locator("#change-end").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#change-answer")).to_contain_text("Done: act 3")
    page = open_page("/acts")
    expect(page.locator("main")).to_contain_text("Nothing is in force.")
    expect(page.locator("main table").first).to_contain_text("the noise is understood")


def test_an_act_that_cannot_be_changed_is_answered_in_a_sentence(night, open_page):
    night.act(Do.SILENCE, 398602, "known", until=NOW + timedelta(hours=5))
    page = open_page("/act?change=1")
    page.click("#change-extend")
    expect(page.locator("#change-answer")).to_contain_text("Say until when it is to last.")
    page.fill("#change-until", "soon")
    page.fill("#change-why", "x")
    page.fill("#change-who", "sam")
    page.press("#change-who", "Tab")
    page.click("#change-extend")
    expect(page.locator("#change-answer")).to_contain_text("Not possible")
    page = open_page("/act?change=77")
    expect(page.locator("h1")).to_have_text("This act cannot be changed")


def test_calibrations_say_what_is_missing_late_or_odd_and_what_is_drawn(night, open_page):
    page = open_page("/products")
    expect(page.locator("#sentence")).to_contain_text("Calibrations: 6 missing, 0 late, 0 odd.")
    expect(page.locator("#trouble tbody tr").first).to_contain_text("398606")
    strip = page.locator("#trouble tbody tr", has_text="398602")
    expect(strip).to_contain_text("SiStripBadStrip_pcl: calibration blocked")
    expect(page.locator("main")).to_contain_text("the distribution itself is not at hand")


def test_each_calibration_says_whom_to_ask_and_shows_its_numbers(open_page):
    page = open_page("/products")
    expect(page.locator("main")).to_contain_text("strip-calib@example.invalid")
    page.locator("main a", has_text="SiStripBadStrip_pcl").first.click()
    expect(page.locator("h2").first).to_contain_text("bad_strips")
    expect(page.locator("h2").first).to_contain_text("unknown")
