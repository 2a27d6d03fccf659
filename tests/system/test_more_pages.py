"""Trends, frontier, shift log in a real browser, on what a real agent did in the simulated world."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.app import mount
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.web.app import create
from tests.support.browser import browser
from tests.support.served import Served
from tests.support.tree import ROOT

pytestmark = pytest.mark.browser


CHART_MS = 30_000
"""Plotly is a large script, and this machine may be busy."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    played = Steps(Scenario.load(ROOT / "tests/scenarios/overtaken_run.toml"), tmp_path_factory.mktemp("steps"))
    played.play()
    played.at = played.scenario.until
    yield played
    played.close()


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture
def site(steps, chromium):
    """Address of a page on the end of a story, a tab, and what the browser complained about."""
    with Served(create(steps.config, steps.store, lambda: steps.at, [mount])) as served:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield served.url, page, complaints
        page.close()


def opened(site, path):
    url, page, _ = site
    page.goto(url + path)
    page.locator("#page h1").wait_for()
    return page


def test_trends_tell_hours_causes_and_runs_and_hand_them_out_as_csv(site):
    page = opened(site, "/trends?days=30")
    expect(page.locator("#sentence")).to_contain_text("earlier than by Tier0's fixed delay")
    expect(page.locator(".chart .bars path").first).to_be_visible(timeout=CHART_MS)
    page.locator("#causes-table summary").click()
    expect(page.locator("#causes-table td").first).not_to_be_empty()
    with page.expect_download() as download:
        page.click("#trends-csv")
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("run,class,end,")
    assert len(lines) > 1
    assert site[2] == []


def test_the_frontier_tells_at_a_click_what_a_run_waited_for(site):
    page = opened(site, "/trends?days=30")
    point = page.locator("#trend-frontier .point").first
    expect(point).to_be_visible(timeout=CHART_MS)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#trend-frontier-told")).to_contain_text("Run 3986")
    page.locator("#trend-frontier-table summary").click()
    expect(page.locator("#trend-frontier-table tbody tr").first).to_contain_text("h ")
    assert site[2] == []


def test_the_shift_log_is_text_for_the_logbook_and_a_note_for_the_next_crew_stands_on_now(site):
    page = opened(site, "/shift?hours=72")
    expect(page.locator("#logbook")).to_contain_text("overtaken")
    page.fill("#handover-text", "ask Eve about run 398600 <script>alert(1)</script>")
    page.fill("#handover-who", "sam@example.invalid")
    page.click("#handover-leave")
    expect(page.locator("#handover-answer")).to_contain_text("Left for the next crew")
    page.locator("nav >> text=Now").click()
    expect(page.locator(".handover")).to_contain_text("ask Eve about run 398600 <script>alert(1)</script>")
    assert site[2] == []


@pytest.mark.parametrize("query", ["?days=x", "?days=-1", "?days=99999999999999999999", "?days=", "?other=1"])
def test_a_period_that_is_none_is_a_week_or_the_longest(site, query):
    page = opened(site, f"/trends{query}")
    expect(page.locator("#sentence")).to_contain_text("From 20")
