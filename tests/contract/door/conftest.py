"""A site with a login at a real OpenID provider: both on this machine, the page behind the address that people use."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from spy.config import Config, load
from spy.store import audit
from spy.store.engine import reading
from spy.web.app import create
from spy.web.door import csrf_of
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.provider import CLIENT_ID, CLIENT_SECRET, PYTHON, Provider
from tests.support.served import HOST, Served

PREFIXES = ("", "/calib")
PEOPLE = {
    "vera": ["cms"],
    "sam": ["cms", "shifters"],
    "eve": ["experts"],
    "ada": ["cms", "admins"],
    "nobody": ["others"],
}


@dataclass
class Browser:
    """What a browser holds after a login."""

    cookies: dict[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def take(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@dataclass
class Gate:
    """The site as browsers and machines reach it."""

    store: FilledStore
    provider: Provider
    client: httpx.Client
    prefix: str = ""
    now: datetime = NOW

    def ask(self, path: str, browser: Browser | None = None, method: str = "GET", **more: object) -> httpx.Response:
        headers = dict(more.pop("headers", {})) | (browser.headers() if browser else {})  # type: ignore[call-overload]
        answer = self.client.request(method, f"{self.prefix}{path}", headers=headers, **more)  # type: ignore[arg-type]
        return browser.take(answer) if browser else answer

    def page(self, path: str, browser: Browser | None = None) -> httpx.Response:
        return self.ask(path, browser, headers={"accept": "text/html"})

    def log_in(self, name: str, to: str = "/") -> Browser:
        browser = Browser()
        answer = self.come_back(browser, self.provider.log_in(self.sent_to(browser, to), name))
        assert answer.status_code == 303, answer.text
        return browser

    def sent_to(self, browser: Browser, to: str = "/") -> str:
        """Where the site sends a browser that wants to log in."""
        return str(self.ask("/login", browser, params={"next": to}).headers["location"])

    def come_back(self, browser: Browser, url: str) -> httpx.Response:
        path = urlsplit(url)
        return browser.take(self.client.get(f"{path.path}?{path.query}", headers=browser.headers()))

    def act(self, browser: Browser, path: str = "/api/v1/acts", **wish: object) -> httpx.Response:
        """As the page does it, with the token that only pages of this site can read."""
        headers = {"x-csrftoken": csrf_of(browser.cookies["spy"])}
        return self.ask(path, browser, "POST", headers=headers, json=wish or None)

    def audited(self) -> list[tuple[str, str, str]]:
        """Who, what, outcome; the newest first."""
        with reading(self.store.engine) as connection:
            return [(row.who, row.what, row.outcome) for row in audit.newest(connection, 50)]

    def later(self, by: timedelta) -> None:
        self.now += by


def settings(page_url: str, folder: Path, login: dict[str, object]) -> Config:
    secret = folder / "client-secret"
    secret.write_text(CLIENT_SECRET)
    section = {
        "client_id": CLIENT_ID,
        "client_secret_file": str(secret),
        "scopes": ["openid", "profile", "email", "groups"],
        "viewer": ["cms"],
        "shifter": ["shifters"],
        "expert": ["experts"],
        "admin": ["admins"],
        "tries_a_minute": 1000,
    }
    two = {"two_persons": ["stop"]}
    return load(overrides={"agent": {"page_url": page_url}, "login": section | login, "acts": two})


@pytest.fixture
def prefix(request):
    return getattr(request, "param", "")


@pytest.fixture
def login_settings() -> dict[str, object]:
    """A test says here what its site does otherwise."""
    return {}


@pytest.fixture(scope="session")
def port() -> int:
    """Of the site: the provider must know it before there is a site."""
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def provider(port: int) -> Iterator[Provider]:
    if not PYTHON.exists():
        pytest.skip("the OpenID provider is not installed: .ci/setup-tests makes it")
    back = [f"http://{HOST}:{port}{prefix}/login/callback" for prefix in PREFIXES]
    with Provider(back, PEOPLE) as provider:
        yield provider


@pytest.fixture
def gate(
    tmp_path: Path, port: int, provider: Provider, prefix: str, login_settings: dict[str, object]
) -> Iterator[Gate]:
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    made: list[Gate] = []
    page_url = f"http://{HOST}:{port}{prefix}"
    config = settings(page_url, tmp_path, {"issuer": provider.issuer} | login_settings)
    app = create(config, store.engine, lambda: made[0].now)
    listening = socket.create_server((HOST, port))
    with Served(app, listening) as served, httpx.Client(base_url=served.url, trust_env=False) as client:
        made.append(Gate(store, provider, client, prefix))
        yield made[0]
    store.close()
