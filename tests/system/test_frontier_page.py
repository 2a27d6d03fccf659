"""The frontier chart by recorded luminosity, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.app import mount
from spy.config import load
from spy.domain.subject import of_run
from spy.web.app import create
from tests.support.browser import point_at
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import Served

pytestmark = pytest.mark.browser

CHART_MS = 30_000
"""Plotly is a large script, and this machine may be busy."""
BY_LUMINOSITY = "luminosity recorded until then (1/pb)"


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    """Of a night in which OMS tells of two runs what they recorded."""
    night = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    for run, recorded in ((398600, 183.6), (398603, 16.4)):
        night.look("oms", night.fact(of_run("prod", run), "recorded_lumi", recorded))
    with Served(create(load(), night.engine, lambda: NOW, [mount])) as served:
        tab = chromium.new_page(base_url=served.url)
        yield tab
        tab.close()
    night.close()


@pytest.mark.parametrize(("path", "name"), [("/trends?days=30&picture=png", "trend"), ("/", "now")])
def test_the_frontier_goes_by_luminosity_at_a_key_kept_in_the_address_and_in_the_table(page, path, name):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path)
    upwards = page.locator(f"#{name}-frontier .ytitle")
    expect(upwards).to_have_text("run", timeout=CHART_MS)
    page.locator(f"#{name}-y-luminosity").focus()
    page.keyboard.press("Enter")
    expect(upwards).to_have_text(BY_LUMINOSITY, timeout=CHART_MS)
    expect(page.locator(f"#{name}-y-luminosity")).to_have_text("✓ recorded luminosity")
    assert "y=luminosity" in page.url
    assert name == "now" or ("days=30" in page.url and "picture=png" in page.url)
    page.reload()
    expect(upwards).to_have_text(BY_LUMINOSITY, timeout=CHART_MS)
    expect(page.locator("#page")).to_contain_text("not known: runs 398601, 398602, 398604, 398605, 398606.")
    page.locator(f"#{name}-frontier-table summary").click()
    table = page.locator(f"#{name}-frontier-table")
    expect(table.locator("thead th").last).to_have_text("Until then 1/pb")
    for run, own, sums in (
        ("398600", "183.6", "183.6"),
        ("398602", "unknown", "183.6"),
        ("398606", "unknown", "200.0"),
    ):
        cells = table.locator("tr", has=page.get_by_role("rowheader", name=run)).locator("td")
        expect(cells.nth(-2)).to_have_text(own)
        expect(cells.last).to_have_text(sums)
    assert complaints == []


def test_a_click_names_the_run_also_where_the_height_is_no_number_of_it(page):
    page.goto("/?y=luminosity")
    point = page.locator("#now-frontier .point").first
    expect(point).to_be_visible(timeout=CHART_MS)
    page.mouse.click(*point_at(page, point))
    expect(page.locator("#now-frontier-told")).to_contain_text("Run 398600: ")


@pytest.mark.parametrize("zoom", [None, [398600.2, 398602.8]])
def test_few_runs_have_each_number_once_beside_the_chart_zoomed_or_not(page, zoom):
    page.goto("/trends?from=2026-06-01T02:30&to=2026-06-01T04:30" if zoom is None else "/trends?days=30")
    expect(page.locator("#trend-frontier .ytitle")).to_have_text("run", timeout=CHART_MS)
    if zoom:
        page.locator("#trend-frontier .js-plotly-plot").evaluate(
            "async (chart, range) => { await Plotly.relayout(chart, { 'yaxis.range': range }); }", zoom
        )
    told = page.locator("#trend-frontier .ytick").all_text_contents()
    assert {"398601", "398602"} <= set(told)
    assert len(told) == len(set(told)), told
