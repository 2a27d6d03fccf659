"""A part of a page that fails is named in its place, and the others stand; whatever the failure is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import act, callbacks, now, pages
from dashboard.app import mount
from dashboard.reads import UNSURE
from spy.config import load
from spy.domain.verdict import State
from spy.web.app import create
from tests.support.filled_store import NOW, FilledStore
from tests.support.served import Served

pytestmark = pytest.mark.browser


class Broken(Exception):
    pass


def breaks(*_args: object, **_more: object) -> None:
    raise Broken("a secret of the house")


@pytest.fixture
def page(chromium: Browser, night: FilledStore) -> Iterator[Page]:
    with Served(create(load(), night.engine, lambda: NOW, [mount])) as served:
        tab = chromium.new_page(base_url=served.url)
        yield tab
        tab.close()


def opened(page: Page, path: str) -> Page:
    page.goto(path)
    page.locator("#banner .chip").first.wait_for()
    return page


def test_a_table_that_cannot_be_read_takes_only_its_own_part_of_the_page(page, night):
    night.drop("look")
    opened(page, "/")
    expect(page.locator("#page > .unknown").first).to_contain_text("The frontier failed: store: cannot read")
    expect(page.locator("#sentence")).to_contain_text("Run 398602 holds 3 ready runs")
    expect(page.get_by_role("table", name="Runs that Tier0 has not locked")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-age", "fresh")


def test_a_chart_that_cannot_be_drawn_is_named_in_its_place(page, monkeypatch):
    monkeypatch.setattr(now, "frontier", breaks)
    opened(page, "/")
    expect(page.locator("#page > .unknown").first).to_contain_text(
        "The frontier failed: the log of the server has the reason"
    )
    expect(page.locator("body")).not_to_contain_text("a secret of the house")
    expect(page.locator("#sentence")).to_contain_text("Run 398602 holds 3 ready runs")


def test_a_page_that_fails_as_a_whole_says_so_and_the_others_open(page, monkeypatch):
    monkeypatch.setattr(pages, "services", breaks)
    opened(page, "/services")
    expect(page.locator("#page")).to_contain_text("This page failed: the log of the server has the reason")
    expect(page.locator("#banner")).to_contain_text("LIVE")
    page.locator("nav >> text=Alerts").click()
    expect(page.locator("#page h1")).to_contain_text("needs a person")


def test_an_act_whose_answer_fails_is_not_taken_for_done_or_undone(page, monkeypatch):
    monkeypatch.setattr(act, "perform", breaks)
    page.goto("/act?do=keep_back&chunk=398603")
    page.fill("#act-why", "strip noise")
    page.click("#act-perform")
    expect(page.locator("#act-answer")).to_contain_text("The act failed: the log of the server has the reason")
    expect(page.locator("#act-answer")).to_contain_text(UNSURE)
    expect(page.locator("#act-why")).to_have_value("strip noise")


def test_a_callback_that_fails_is_named_below_the_head_until_another_page_is_opened(page, monkeypatch):
    monkeypatch.setattr(callbacks, "as_csv", breaks)
    page.goto("/trends?days=30")
    page.click("#csv-runs")
    expect(page.locator("#trouble")).to_contain_text("The CSV file failed: the log of the server has the reason")
    expect(page.locator("#sentence")).to_contain_text("From 20")
    page.locator("nav >> text=Acts").click()
    expect(page.locator("#trouble")).to_be_empty()


def test_what_cannot_be_read_at_all_makes_the_page_old_and_keeps_what_was_there(page, night, monkeypatch):
    opened(page, "/")
    monkeypatch.setattr(pages, "overview", breaks)
    expect(page.locator("html")).to_have_attribute("data-live", "pushed")
    night.decide(398602, State.READY)
    expect(page.locator("#age")).to_contain_text("OLD: ✕ The look at how things stand failed")
    expect(page.locator("#sentence")).to_contain_text("Run 398602 holds 3 ready runs")
