"""Trends, frontier, shift log, script of the grid, in a real browser, on what a real agent did in a simulated world."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import point_at
from tests.support.story_page import opened, page_of, played

pytestmark = pytest.mark.browser


SCRIPT = "dash_ag_grid.v"
CHART_MS = 30_000
"""Plotly is a large script, and this machine may be busy."""


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    with played("overtaken_run", tmp_path_factory.mktemp("steps")) as steps:
        yield steps


@pytest.fixture
def site(steps, chromium):
    with page_of(steps, chromium) as site:
        yield site


def test_trends_tell_hours_causes_and_runs_and_hand_them_out_as_csv(site):
    page = opened(site, "/trends?days=30")
    expect(page.locator("#sentence")).to_contain_text("earlier than by Tier0's fixed delay")
    expect(page.locator(".chart .bars path").first).to_be_visible(timeout=CHART_MS)
    page.locator("#causes-table summary").click()
    expect(page.locator("#causes-table td").first).not_to_be_empty()
    with page.expect_download() as download:
        page.click("#csv-runs")
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("run,class,end,")
    assert lines[1].startswith("398600,collisions,2026-06-01T03:00:00+00:00,")
    assert site[2] == []


def test_the_frontier_tells_at_a_click_what_a_run_waited_for(site):
    page = opened(site, "/trends?days=30")
    point = page.locator("#trend-frontier .point").first
    expect(point).to_be_visible(timeout=CHART_MS)
    page.mouse.click(*point_at(page, point))
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


def test_trends_tell_states_votes_and_that_nobody_knows_of_regret(site):
    page = opened(site, "/trends?days=30")
    page.locator("#states-table summary").click()
    expect(page.locator("#states-table")).to_contain_text("overtaken")
    rules = page.locator("table", has_text="Held alone h")
    # From its end at 3 h until Tier0 started it at 51 h 02 the run's calibrations were never all in place.
    expect(rules.locator("tr", has=page.locator("th", has_text="calibration"))).to_contain_text("48.0")
    expect(page.locator("#regret")).to_contain_text("unknown")
    for what in ("causes", "states", "rules", "latencies"):
        with page.expect_download() as download:
            page.click(f"#csv-{what}")
        assert download.value.suggested_filename == f"calibration-readiness-{what}.csv"
        assert len(download.value.path().read_text().splitlines()) > 1
    assert site[2] == []


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_charts_are_saved_as_the_picture_that_was_chosen(site, kind):
    page = opened(site, "/trends?days=30")
    page.click(f"#picture-{kind}")
    expect(page.locator(f"#picture-{kind}.chosen")).to_be_visible(timeout=CHART_MS)
    assert "days=30" in page.url
    expect(page.locator("#chart-causes .bars path").first).to_be_visible(timeout=CHART_MS)
    page.locator("#chart-causes").hover()
    with page.expect_download() as download:
        page.locator("#chart-causes .modebar-btn").first.click()
    assert download.value.suggested_filename == f"causes.{kind}"
    start = download.value.path().read_bytes()[:8]
    assert start == b"\x89PNG\r\n\x1a\n" if kind == "png" else start.startswith(b"<svg")
    assert site[2] == []


def test_any_period_is_chosen_by_keyboard_kept_in_the_address_and_refused_in_a_sentence(site):
    page = opened(site, "/trends?picture=png")
    page.fill("#period-from", "2026-06-01")
    page.fill("#period-to", "2026-06-01T03:30")
    page.press("#period-to", "Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#sentence")).to_contain_text("From 2026-06-01 00:00 to 2026-06-01 03:30 UTC")
    assert "from=2026-06-01&to=2026-06-01T03%3A30" in page.url
    assert "picture=png" in page.url
    page.reload()
    expect(page.locator("#sentence")).to_contain_text("From 2026-06-01 00:00 to 2026-06-01 03:30 UTC")
    page.fill("#period-to", "tomorrow <script>alert(1)</script>")
    page.press("#period-to", "Tab")
    page.click("#period-show")
    expect(page.locator("#page [role=alert]")).to_contain_text("A day is written 2026-06-01")
    expect(page.locator("#sentence")).to_contain_text("From 2026-05-27")
    assert site[2] == []


def test_a_period_typed_fast_keeps_its_letters_in_their_order(site):
    page = opened(site, "/trends")
    for name, typed in (("from", "2026-06-01T01:23"), ("to", "2026-06-01T04:56")):
        page.locator(f"#period-{name}").fill("")
        page.keyboard.type(typed)
        expect(page.locator(f"#period-{name}")).to_have_value(typed)
    page.click("#period-show")
    expect(page.locator("#sentence")).to_contain_text("From 2026-06-01 01:23 to 2026-06-01 04:56 UTC")


@pytest.mark.parametrize("query", ["?days=x", "?days=-1", "?days=99999999999999999999", "?days=", "?other=1"])
def test_a_period_that_is_none_is_a_week_or_the_longest(site, query):
    page = opened(site, f"/trends{query}")
    expect(page.locator("#sentence")).to_contain_text("From 20")


def test_a_fill_typed_fast_is_taken_as_a_whole_at_enter_and_when_it_is_left(site):
    page = opened(site, "/runs")
    page.locator("#runs-count").filter(has_text="run").wait_for(timeout=CHART_MS)
    for fill, leave in (("39850", "Enter"), ("39851", "Tab")):
        page.locator("#runs-fill").fill("")
        page.keyboard.type(fill)
        expect(page.locator("#runs-fill")).to_have_value(fill)
        page.keyboard.press(leave)
        expect(page).to_have_url(re.compile(rf"/runs\?fill={fill}$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/runs\?fill=39850$"))
    expect(page.locator("#runs-count")).to_have_text("No run is like this: take a filter away.")
    assert site[2] == []


def test_the_script_of_the_grid_comes_once_and_only_where_a_grid_is(site):
    came: list[str] = []
    site[1].on("request", lambda request: came.append(request.url) if SCRIPT in request.url else None)
    page = opened(site, "/acts")
    assert came == []
    for _ in range(2):
        page.locator("nav >> text=Runs").click()
        page.locator("#runs-grid .ag-row [col-id=run]").first.wait_for(timeout=CHART_MS)
        page.locator("nav >> text=Acts").click()
        page.locator("h1", has_text="Acts").wait_for()
    assert len(came) == 1
    assert site[2] == []


def test_a_script_of_the_grid_that_does_not_come_is_said_and_comes_at_the_next_visit(site):
    url, page, _ = site
    page.route(f"**/{SCRIPT}*", lambda route: route.abort())
    page.goto(f"{url}/runs")
    expect(page.locator("#page [role=alert]")).to_contain_text("reload the page", timeout=CHART_MS)
    page.unroute(f"**/{SCRIPT}*")
    page.locator("nav >> text=Acts").click()
    page.locator("nav >> text=Runs").click()
    page.locator("#runs-grid .ag-row [col-id=run]").first.wait_for(timeout=CHART_MS)
