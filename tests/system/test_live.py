"""What a page does while it is open: pushed changes, dead servers, ended sessions, several tabs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import frame
from dashboard.app import mount
from spy.clock import utc_now
from spy.config import load
from spy.domain.verdict import State
from spy.site import Site as Address
from spy.store import sessions
from spy.store.engine import writing
from spy.web.app import create
from spy.web.door import cookie_name, csrf_cookie_name, csrf_of
from spy.web.guard import close
from tests.contract.door.conftest import settings
from tests.support.command import Process, configured
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import HOST, Served

pytestmark = pytest.mark.browser

READY = "Run 398602: every calibration that it needs is in place"
PUSHED_MS = 2000
AN_HOUR_MS = 3_600_000
AGE, PAGE = "#age", "html"


@dataclass
class Site:
    store: FilledStore
    served: Served
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def tab(self, path: str = "/run/398602") -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return opened(page, self.served.url + path)


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    page.locator("#page h1").wait_for()
    return page


def pushes(page: Page) -> None:
    """Wait until the page has heard that it will be told."""
    expect(page.locator(PAGE)).to_have_attribute("data-live", "pushed")


@pytest.fixture
def site(chromium: Browser, night: FilledStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """No interval ever comes round: whatever changes on a page was pushed."""
    monkeypatch.setattr(frame, "REFRESH_MS", AN_HOUR_MS)
    with Served(create(load(), night.engine, lambda: NOW, [mount])) as served:
        context = chromium.new_context()
        yield Site(night, served, context)
        context.close()


def test_what_is_decided_is_pushed_to_every_tab_and_each_shows_its_own_page(site):
    run, now = site.tab(), site.tab("/")
    pushes(run)
    pushes(now)
    site.store.decide(398602, State.READY)
    expect(run.locator("#sentence")).to_have_text(READY, timeout=PUSHED_MS)
    expect(now.locator("#sentence")).not_to_contain_text("398602 holds", timeout=PUSHED_MS)
    now.close()
    site.store.decide(398602, State.BLOCKED, "taken back")
    expect(run.locator("#sentence")).to_have_text("Run 398602: taken back", timeout=PUSHED_MS)
    assert site.complaints == []


def test_a_push_goes_on_after_a_reload_and_after_going_back(site):
    page = site.tab()
    page.reload()
    page.locator("nav >> text=Services").click()
    page.locator("h1", has_text="Services").wait_for()
    page.go_back()
    expect(page.locator("#sentence")).to_contain_text("Run 398602")
    pushes(page)
    site.store.decide(398602, State.READY)
    expect(page.locator("#sentence")).to_have_text(READY, timeout=PUSHED_MS)


class NoWebsocket:
    """As a proxy that knows nothing of them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (close(receive, send) if scope["type"] == "websocket" else self.app(scope, receive, send))


@pytest.mark.parametrize("why", ["the browser cannot", "the proxy does not"])
def test_where_no_websocket_comes_through_the_page_asks_at_intervals(chromium, night, why):
    app = create(load(), night.engine, lambda: NOW, [mount])
    if why == "the proxy does not":
        app.add_middleware(NoWebsocket)
    with Served(app) as served:
        page = chromium.new_page()
        if why == "the browser cannot":
            page.add_init_script("delete window.SharedWorker")
        opened(page, served.url + "/run/398602")
        night.decide(398602, State.READY)
        expect(page.locator("#sentence")).to_have_text(READY, timeout=2 * frame.REFRESH_MS)
        expect(page.locator(PAGE)).to_have_attribute("data-live", "asked")
        expect(page.locator(PAGE)).to_have_attribute("data-age", "fresh")
        page.close()


@dataclass
class Started:
    """A server process that can be killed, and started again at the same address."""

    store: FilledStore
    config: Path
    port: int
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self.process = Process("web", "--config", self.config)
        self.process.says("the page: ")

    def kill(self) -> None:
        assert self.process is not None
        self.process.__exit__(None, None, None)


@pytest.fixture
def started(tmp_path: Path, free_port: int) -> Iterator[Started]:
    """Data of this moment: the process looks at the real clock."""
    url = f"sqlite:///{tmp_path / 'spy.db'}"
    store = a_night(FilledStore(url, utc_now()))
    config = configured(tmp_path, {"agent.store": f'"{url}"', "web.port": str(free_port)})
    made = Started(store, config, free_port)
    made.start()
    yield made
    made.kill()
    store.close()


def test_a_killed_server_makes_the_page_old_and_striped_and_a_new_one_makes_it_live_again(chromium, started):
    context = chromium.new_context()
    page = context.new_page()
    page.clock.install()
    opened(page, started.url + "/run/398602")
    expect(page.locator(PAGE)).to_have_attribute("data-age", "fresh")
    pushes(page)
    started.kill()
    page.clock.run_for(timedelta(seconds=40).seconds * 1000)
    expect(page.locator(PAGE)).to_have_attribute("data-age", "late")
    expect(page.locator(AGE)).to_contain_text("the server does not answer")
    page.clock.run_for(timedelta(minutes=6).seconds * 1000)
    expect(page.locator(PAGE)).to_have_attribute("data-age", "old")
    expect(page.locator(AGE)).to_contain_text("nothing here can be trusted")
    assert "repeating-linear-gradient" in page.evaluate("getComputedStyle(document.body).backgroundImage")
    assert "grayscale" in page.evaluate("getComputedStyle(document.querySelector('main > *')).filter")
    started.store.decide(398602, State.READY)
    started.start()
    page.clock.run_for(25_000)
    expect(page.locator(PAGE)).to_have_attribute("data-age", "fresh", timeout=30_000)
    expect(page.locator("#sentence")).to_have_text(READY)
    expect(page.locator(PAGE)).to_have_attribute("data-live", "pushed", timeout=60_000)
    context.close()


@pytest.fixture
def with_login(
    chromium: Browser, night: FilledStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A site with login under a path prefix, and a browser with a session; the provider is not asked."""
    monkeypatch.setattr(frame, "REFRESH_MS", AN_HOUR_MS)
    listening = socket.create_server((HOST, 0))
    page_url = f"http://{HOST}:{listening.getsockname()[1]}/calib"
    config = settings(page_url, tmp_path, {"issuer": "https://login.invalid"})
    app = create(config, night.engine, lambda: NOW, [mount])
    with writing(night.engine) as connection:
        secret = sessions.begin(connection, "sub-1", "sam", "shifter", NOW, timedelta(hours=8))
    with Served(app, listening) as served:
        context = chromium.new_context()
        address = Address.of(page_url)
        cookies = {cookie_name(address): secret, csrf_cookie_name(address): csrf_of(secret)}
        context.add_cookies([{"name": name, "value": value, "url": page_url} for name, value in cookies.items()])
        yield Site(night, served, context)
        context.close()


def test_a_page_says_whether_somebody_is_there_or_it_asks_by_itself(site):
    """It asks each time because it was told of a change."""
    page = site.context.new_page()
    page.clock.install()
    opened(page, f"{site.served.url}/run/398602")
    pushes(page)

    def is_by_itself(said: str) -> bool:
        with page.expect_request(lambda one: one.method == "POST") as asked:
            site.store.decide(398602, State.BLOCKED, said)
        expect(page.locator("#sentence")).to_contain_text(said)
        return "x-by-itself" in asked.value.headers

    assert not is_by_itself("somebody has opened it just now")
    page.clock.fast_forward(120_000)
    assert is_by_itself("nobody has done anything for two minutes")
    page.keyboard.press("Shift")
    assert not is_by_itself("a key was pressed")


def test_a_session_that_has_ended_ends_the_push_and_the_page_says_so(with_login):
    page = with_login.tab("/calib/run/398602")
    pushes(page)
    with page.expect_console_message(lambda message: "WebSocket disconnected" in message.text):
        with writing(with_login.store.engine) as connection:
            sessions.end_all_of(connection, "sub-1", NOW, "ada")
        with_login.store.decide(398602, State.READY)
    with_login.store.decide(398602, State.BLOCKED, "told to nobody")
    expect(page.locator(AGE)).to_contain_text("you are logged out", timeout=40_000)
    expect(page.locator("#sentence")).not_to_contain_text("told to nobody")
