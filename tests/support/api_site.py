"""The API on the store of `a_night`, on a real port, without a login; its clock goes as a test says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from spy.config import Config, load
from spy.domain.caller import Reach, Role
from spy.sections import LoginSection
from spy.store import tokens
from spy.store.engine import writing
from spy.web.app import create
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import HOST, Served

V1 = "/api/v1"


@dataclass
class ApiSite:
    store: FilledStore
    client: httpx.Client
    now: datetime = NOW

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def get(self, path: str, **headers: str) -> Any:
        """The JSON of a good answer."""
        answer = self.client.get(V1 + path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.client.post(V1 + path, json={"who": "ana"} | body)

    def problem(self, path: str) -> tuple[int, str]:
        """Status and detail of a problem answer."""
        answer = self.client.get(V1 + path)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        body = answer.json()
        assert body["status"] == answer.status_code
        return answer.status_code, body["detail"]

    def pages(self, path: str, key: str) -> list[list[Any]]:
        """All pages from the first one on."""
        found = [self.get(path)]
        while (cursor := found[-1]["next"]) is not None:
            assert len(found) < 100, "the pages never end"
            found.append(self.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}"))
        return [page[key] for page in found]

    def token(self, *reaches: Reach, role: Role = Role.SHIFTER, name: str = "test") -> str:
        with writing(self.store.engine) as connection:
            return tokens.make(connection, name, reaches, role, self.now, timedelta(days=1), "ada")


@contextmanager
def api_site(
    url: str, *, two_persons: tuple[str, ...] = (), login: Path | None = None, port: int = 0
) -> Iterator[ApiSite]:
    """`login`: a folder for what a site needs at which everybody must be known; its provider is never asked."""
    config = load()
    config = config.model_copy(update={"acts": config.acts.model_copy(update={"two_persons": list(two_persons)})})
    if login:
        config = config.model_copy(update={"login": _login(config, login)})
    store = a_night(FilledStore(url))
    made: list[ApiSite] = []
    listening = socket.create_server((HOST, port))
    served = Served(create(config, store.engine, lambda: made[0].now), listening)
    with served, httpx.Client(base_url=served.url, trust_env=False) as client:
        made.append(ApiSite(store, client))
        yield made[0]
    store.close()


def _login(config: Config, folder: Path) -> LoginSection:
    secret = folder / "client-secret"
    secret.write_text("unused", encoding="utf-8")
    told = {"issuer": "https://login.invalid", "client_id": "test", "client_secret_file": str(secret)}
    return config.login.model_copy(update=told)
