"""Acts on the page, in a real browser: previewed, signed, refused in sentences, agreed to by a second person."""

from __future__ import annotations

import socket

import pytest
from playwright.sync_api import expect

from dashboard.app import mount
from spy.domain.act import Do
from spy.store import audit
from spy.store.engine import reading
from spy.web.app import create
from tests.contract.door.conftest import PEOPLE, settings
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.provider import PASSWORD, PYTHON, Provider
from tests.support.served import HOST, Served

pytestmark = pytest.mark.browser


@pytest.fixture(params=["", "/calib"], ids=["at the root", "under a prefix"])
def site(request, tmp_path):
    """Address of a site with login at a real provider, and its store."""
    if not PYTHON.exists():
        pytest.skip("the OpenID provider is not installed: .ci/setup-tests makes it")
    listening = socket.create_server((HOST, 0))
    page_url = f"http://{HOST}:{listening.getsockname()[1]}{request.param}"
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    with Provider([f"{page_url}/login/callback"], PEOPLE) as provider:
        app = create(settings(page_url, tmp_path, {"issuer": provider.issuer}), store.engine, lambda: NOW, [mount])
        with Served(app, listening):
            yield page_url, store
    store.close()


def come_in(chromium, page_url, name, path="/"):
    """In a browser of its own: cookies of one person are nobody else's."""
    page = chromium.new_context().new_page()
    page.goto(page_url + path)
    page.fill("input[name=login]", name)
    page.press("input[name=login]", "Enter")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    # The provider asks once whether the site may know them.
    accept, there = page.locator("button[name=answer][value=accept]"), page.locator("#page h1")
    accept.or_(there).first.wait_for()
    if accept.count():
        accept.click()
    there.wait_for()
    return page


def test_a_shifter_logs_in_keeps_a_run_back_and_logs_out(chromium, site):
    page_url, store = site
    page = come_in(chromium, page_url, "sam", "/act?do=keep_back&chunk=398603")
    expect(page.locator("#banner")).to_contain_text("sam@example.invalid (shifter)")
    page.fill("#act-why", "strip noise <script>alert(1)</script>")
    page.click("#act-preview")
    expect(page.locator("#act-answer")).to_contain_text("nothing was done yet")
    expect(page.locator("#act-answer")).to_contain_text("398604")
    page.click("#act-perform")
    expect(page.locator("#act-answer")).to_contain_text("Done: act 1, signed sam@example.invalid")
    page.locator("nav >> text=Acts").click()
    expect(page.locator("main")).to_contain_text("strip noise <script>alert(1)</script>")
    page.click("#log-out")
    expect(page.locator("body")).to_contain_text("You are logged out here")
    assert page.request.get(f"{page_url}/api/v1/runs").status == 401
    with reading(store.engine) as connection:
        assert [row.what for row in audit.newest(connection, 9)] == ["logout", "keep_back", "login"]


def test_a_viewer_may_choose_nothing_and_a_second_person_agrees(chromium, site):
    page_url, _ = site
    vera = come_in(chromium, page_url, "vera", "/act")
    expect(vera.locator("#act-do input")).to_have_count(len(Do))
    assert vera.locator("#act-do input:enabled").count() == 0
    sam = come_in(chromium, page_url, "sam", "/act?do=stop")
    sam.fill("#act-why", "Tier0 locks what it should not")
    sam.click("#act-perform")
    expect(sam.locator("#act-answer")).to_contain_text("waits for another person")
    sam.locator("nav >> text=Acts").click()
    sam.locator("button:has-text('Agree')").click()
    expect(sam.locator("#agree-answer")).to_contain_text("another person must agree")
    eve = come_in(chromium, page_url, "eve", "/acts")
    eve.locator("button:has-text('Agree')").click()
    expect(eve.locator("#agree-answer")).to_contain_text("Done: act 1, signed sam@example.invalid")
    eve.locator("nav >> text=Now").click()
    expect(eve.locator("#sentence")).to_contain_text("agreed to by eve@example.invalid")
    expect(eve.locator("#banner")).to_contain_text("SENDING STOPPED")


def test_a_wish_that_is_not_possible_is_answered_in_a_sentence_and_keeps_what_was_typed(chromium, site):
    page_url, _ = site
    page = come_in(chromium, page_url, "sam", "/act?do=keep_back&chunk=398999")
    page.fill("#act-why", "a long reason")
    page.click("#act-perform")
    expect(page.locator("#act-answer")).to_contain_text("run 398999 is not open")
    page.reload()
    page.locator("#page h1").wait_for()
    expect(page.locator("#act-why")).to_have_value("a long reason")
