"""Every act of the page is done by keyboard alone: Tab, Enter, arrows and letters, in the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.act import WORDS
from dashboard.app import mount
from spy.acting.intent import Intent
from spy.acting.perform import Asked, at_a_shell, perform
from spy.config import load
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.store import audit
from spy.store.engine import reading
from spy.web.app import create
from tests.support.busy_night import careful
from tests.support.filled_store import NOW, FilledStore
from tests.support.served import Served

pytestmark = pytest.mark.browser

MOST_STEPS = 60
"""Presses of Tab from one thing on a page to another; each is one thing that somebody has to pass."""
ABOUT = {
    Do.ACKNOWLEDGE: {"chunk": "398602"},
    Do.KEEP_BACK: {"chunk": "398603", "until": "6h"},
    Do.RELEASE_BACK: {"chunk": "398603"},
    Do.HOLD_TIER0: {"from_run": "398604", "to_run": "398606", "until": "6h"},
    Do.UNHOLD_TIER0: {"from_run": "398604"},
    Do.WAIVE: {"chunk": "398602", "rule": "calibration", "product": "SiStripBadStrip_pcl"},
    Do.WITHDRAW: {"chunk": "398604"},
    Do.REQUEUE: {"chunk": "398605"},
    Do.SILENCE: {"chunk": "398602", "until": "6h"},
    Do.STOP: {},
    Do.RESUME: {},
}
LATER = NOW + timedelta(hours=5)
BEFORE: dict[Do, Callable[[FilledStore], object]] = {
    Do.RELEASE_BACK: lambda night: night.act(Do.KEEP_BACK, 398603, "strip noise"),
    Do.UNHOLD_TIER0: lambda night: night.act(Do.HOLD_TIER0, None, "a tag", from_run=398604, until=LATER),
    Do.WITHDRAW: lambda night: night.stages(398604, Stage.QUEUED, Stage.SENT, Stage.ACCEPTED),
    Do.REQUEUE: lambda night: night.stages(398605, Stage.QUEUED, Stage.SENT, Stage.REFUSED),
    Do.RESUME: lambda night: night.act(Do.STOP, None, "a storm"),
}
"""What there must be for an act to be possible."""
ORDER = ("chunk", "from_run", "to_run", "rule", "product", "why", "until", "until_tag", "who")
"""As the forms have them."""
GRID_MS = 30_000
IS_BEHIND = """() => {
  const focused = document.activeElement, header = document.querySelector("header");
  if (focused === document.body || header.contains(focused)) return "";
  const box = focused.getBoundingClientRect();
  return box.bottom <= header.getBoundingClientRect().bottom || box.top >= innerHeight ? focused.outerHTML : "";
}"""
"""What has the focus and cannot be seen (success criterion 2.4.11)."""


@pytest.fixture
def open_page(chromium: Browser, night: FilledStore) -> Iterator[Callable[..., Page]]:
    """Opens a path; whether two persons are needed to stop everything."""
    with ExitStack() as stack:

        def open_page(path: str, *, two_persons: bool = False) -> Page:
            config = careful() if two_persons else load()
            served = stack.enter_context(Served(create(config, night.engine, lambda: NOW, [mount])))
            page = chromium.new_page(viewport={"width": 1200, "height": 700})
            stack.callback(page.close)
            page.goto(served.url + path)
            page.locator("#page h1").wait_for()
            return page

        yield open_page


def go_to(page: Page, selector: str, key: str = "Tab", most: int = MOST_STEPS) -> None:
    """Tab by tab; each thing that has the focus on the way is in sight, and not behind the banner."""
    for _ in range(most):
        page.keyboard.press(key)
        assert page.evaluate(IS_BEHIND) == "", "the focus is out of sight"
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{most} times {key} never came to {selector}")


def fill(page: Page, form: str, given: dict[str, str]) -> None:
    for name in (name for name in ORDER if name in given):
        go_to(page, f"#{form}-{name}")
        page.keyboard.type(given[name])


def choose(page: Page, do: Do) -> None:
    go_to(page, "#act-do input")
    page.keyboard.press("Space")
    for passed in list(WORDS)[: list(WORDS).index(do) + 1]:
        if passed is not next(iter(WORDS)):
            page.keyboard.press("ArrowDown")
        expect(page.locator(f"#act-do input[value={passed}]")).to_be_checked()


@pytest.mark.parametrize("do", WORDS)
def test_an_act_is_chosen_looked_at_and_done(open_page, night, do):
    if before := BEFORE.get(do):
        before(night)
    page = open_page("/act")
    choose(page, do)
    fill(page, "act", ABOUT[do] | {"why": "a reason", "who": "ana"})
    go_to(page, "#act-preview")
    page.keyboard.press("Enter")
    expect(page.locator("#act-answer")).to_contain_text("nothing was done yet")
    go_to(page, "#act-perform")
    page.keyboard.press("Enter")
    expect(page.locator("#act-answer")).to_contain_text("signed ana")
    with reading(night.engine) as connection:
        assert [(row.what, row.who) for row in audit.newest(connection, 9)] == [(do, "ana")]


def test_whoever_sees_now_says_that_they_are_on_it(open_page):
    page = open_page("/")
    go_to(page, "main a[href*='do=acknowledge']")
    page.keyboard.press("Enter")
    expect(page.locator("#act-chunk")).to_have_value("398602")
    fill(page, "act", {"why": "calling the strip expert", "who": "ana"})
    go_to(page, "#act-perform")
    page.keyboard.press("Enter")
    expect(page.locator("#act-answer")).to_contain_text("Done: act 1, signed ana")
    go_to(page, "nav a[href='/']")
    page.keyboard.press("Enter")
    expect(page.locator("#taken-care")).to_contain_text("ana since", timeout=GRID_MS)


def test_an_act_is_made_longer_and_ended(open_page, night):
    night.act(Do.KEEP_BACK, 398603, "strip noise", until=LATER)
    page = open_page("/acts")
    for number, given, button in ((1, {"why": "not yet", "until": "12h"}, "extend"), (2, {"why": "fine"}, "end")):
        go_to(page, f"a[href='/act?change={number}']")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Keep back: run 398603")
        fill(page, "change", given | ({"who": "ana"} if number == 1 else {}))
        go_to(page, f"#change-{button}")
        page.keyboard.press("Enter")
        expect(page.locator("#change-answer")).to_contain_text(f"Done: act {number + 1}, signed ana")
        go_to(page, "main a[href='/acts']")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Acts")
    expect(page.locator("main")).to_contain_text("Nothing is in force.")


def test_a_second_person_agrees(open_page, night):
    asked = Asked(night.engine, careful(), at_a_shell("sam"), NOW)
    perform(asked, Intent(Do.STOP, "sam", "Tier0 locks what it should not"))
    page = open_page("/acts", two_persons=True)
    go_to(page, "#agree-who")
    page.keyboard.type("eve")
    go_to(page, "main section button", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#agree-answer")).to_contain_text("Done: act 1, signed sam")


def test_a_note_is_left_for_the_next_crew(open_page):
    page = open_page("/shift")
    go_to(page, "#handover-text")
    page.keyboard.type("ask Eve about run 398602")
    go_to(page, "#handover-who")
    page.keyboard.type("ana")
    go_to(page, "#handover-leave")
    page.keyboard.press("Enter")
    expect(page.locator("#handover-answer")).to_contain_text("Left for the next crew")


def test_runs_are_filtered_from_a_menu_and_one_is_opened(open_page):
    page = open_page("/runs")
    page.locator(".ag-center-cols-container [row-id='398602']").wait_for(timeout=GRID_MS)
    go_to(page, "#runs-class")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Class")).to_be_visible()
    page.keyboard.press("Escape")
    go_to(page, "#runs-state input[value=blocked]")
    page.keyboard.press("Space")
    expect(page.locator("#runs-count")).to_have_text("1 run")
    go_to(page, ".runs-grid .ag-header-group-cell")
    go_to(page, ".runs-grid .ag-cell", "ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#sentence")).to_contain_text("Run 398602")


def test_the_way_back_is_in_sight_too(open_page):
    page = open_page("/")
    go_to(page, "nav a[href='/help']", "Shift+Tab", most=300)  # all of a long page
