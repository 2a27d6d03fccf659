"""The page of one run in a real browser, on what a real agent did in the simulated world."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from spy.store.engine import writing
from tests.support.browser import point_at
from tests.support.pictures import keep
from tests.support.story_page import opened, page_of, played

pytestmark = pytest.mark.browser

RUN = 398600
CHART_MS = 30_000
"""Plotly is a large script, and this machine may be busy."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    with played("keep_back", tmp_path_factory.mktemp("steps")) as steps:
        yield steps


@pytest.fixture
def site(steps, chromium):
    with page_of(steps, chromium, viewport={"width": 1400, "height": 900}) as site:
        yield site


def test_the_course_of_a_run_is_a_picture_and_the_same_as_a_table(site):
    page = opened(site, f"/run/{RUN}")
    marks = page.locator("#timeline .scatterlayer path.point")
    expect(marks.first).to_be_visible(timeout=CHART_MS)
    page.get_by_text(re.compile(r"As a table: \d+ entries")).click()
    table = page.get_by_role("table", name="Timeline")
    rows = table.locator("tbody tr")
    assert marks.count() == rows.count()
    for told in ("data taking", "express", "harvest", "upload", "interval", "verdict", "release", "keep_back"):
        expect(table).to_contain_text(told)
    expect(table.locator("tr", has_text="prompt reconstruction was released")).to_have_count(1)
    keep(page, "run-timeline")
    assert site[2] == []


def test_a_mark_of_the_picture_tells_what_it_was(site):
    page = opened(site, f"/run/{RUN}")
    mark = page.locator("#timeline .scatterlayer path.point").last
    expect(mark).to_be_visible(timeout=CHART_MS)
    point_at(page, mark)
    expect(page.locator("#timeline .hoverlayer")).to_contain_text("UTC")


def test_every_vote_says_its_values_and_how_old_they_were(site):
    page = opened(site, f"/run/{RUN}")
    run = page.get_by_role("table", name="The run itself")
    first = run.locator("tr", has_text="tier0-answers")
    expect(first).to_contain_text("first_safe_run =")
    expect(first).to_contain_text(re.compile(r"tier0, seen .* old when it was judged"))


def test_two_revisions_are_compared_and_the_choice_is_in_the_address(site):
    page = opened(site, f"/run/{RUN}")
    last = int(page.locator("#compare-to").input_value())
    assert (page.locator("#compare-from").input_value(), last > 2) == (str(last - 1), True)
    page.locator("#compare-from").select_option("1")
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(rf"/run/{RUN}\?from=1&to={last}$"))
    page.locator("#page h1").wait_for()
    expect(page.locator("#compared")).to_contain_text("Revision 1,")
    turned = page.get_by_role("table", name="Votes that turned")
    expect(turned.locator("tr", has_text="run-ended")).to_contain_text("ready")
    page.reload()
    page.locator("#page h1").wait_for()
    expect(page.locator("#compare-from")).to_have_value("1")
    keep(page, "run-compared")
    assert site[2] == []


def test_a_revision_that_is_none_is_one_of_the_last_two(site):
    for query in ("?from=x&to=999999", "?from=" + "9" * 30 + "&to=<script>"):
        page = opened(site, f"/run/{RUN}{query}")
        last = page.locator("#compare-to option").count()
        expect(page.locator("#compare-to")).to_have_value(str(last))
        expect(page.locator("#compare-from")).to_have_value(str(last - 1))
    assert site[2] == []


def test_the_page_leads_to_the_sources_and_to_everything_as_json(site):
    page = opened(site, f"/run/{RUN}")
    for name, start in (
        ("OMS", "https://cmsoms.cern.ch/"),
        ("DQM GUI", "https://cmsweb.cern.ch/dqm/"),
        ("Tier0", "https://cmsweb.cern.ch/t0wmadatasvc/"),
    ):
        link = page.get_by_role("link", name=name, exact=True)
        expect(link).to_have_attribute("href", re.compile(rf"^{re.escape(start)}.*{RUN}$"))
    page.get_by_text("Uploads and tags of each calibration").click()
    links = page.get_by_role("table", name="Links of each calibration")
    strip = links.locator("tr", has_text="SiStripBadStrip_pcl")
    expect(strip.get_by_role("link", name="Conditions browser")).to_have_attribute("href", re.compile("_prompt$"))
    expect(strip.get_by_role("link", name="Upload log")).to_have_attribute("href", re.compile(r"fileHash=\w{40}$"))
    for link in page.locator(".sources a[href^='/api/']").all():
        answer = page.request.get(site[0] + str(link.get_attribute("href")))
        assert answer.status == 200, link.text_content()
        assert answer.headers["content-type"] == "application/json"


def test_a_part_that_fails_names_itself_and_the_other_parts_are_there(site, steps):
    """An older word of a fact cannot be read: only the timeline reads old ones."""
    first = f"SELECT min(id) FROM evidence WHERE run = {RUN} AND name = 'stream_done'"
    with writing(steps.store) as connection:
        old = connection.exec_driver_sql(f"SELECT id, value FROM evidence WHERE id = ({first})").one()
        connection.exec_driver_sql("UPDATE evidence SET value = ? WHERE id = ?", ('{"broken":1}', old.id))
    try:
        page = opened(site, f"/run/{RUN}")
        expect(page.locator("#page [role=alert]")).to_have_text(
            "✕ The timeline failed: the log of the server has the reason. The rest of the page goes on."
        )
        expect(page.get_by_role("table", name="The run itself")).to_contain_text("run-ended")
        expect(page.locator("#compared")).to_contain_text("Revision")
    finally:
        with writing(steps.store) as connection:
            connection.exec_driver_sql("UPDATE evidence SET value = ? WHERE id = ?", (old.value, old.id))


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_the_page_of_a_run_fits_a_phone_and_a_screen_in_light_and_dark(site, scheme, width):
    site[1].emulate_media(color_scheme=scheme)
    site[1].set_viewport_size({"width": width, "height": 800})
    page = opened(site, f"/run/{RUN}")
    expect(page.locator("#timeline .scatterlayer path.point").first).to_be_visible(timeout=CHART_MS)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    keep(page, f"run-{scheme}-{width}")
