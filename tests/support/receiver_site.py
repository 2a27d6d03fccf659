"""A site with the reference receiver: its Tier0, its clock, its store, and decisions to send to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from spy.channels.message import CONTENT_TYPE, Kind, Notice, cloud_event
from spy.channels.signature import Secret, sign
from spy.domain.run import Chunk
from spy.domain.verdict import State
from spy.receiver.app import Receiver
from spy.receiver.contract import Problem
from spy.receiver.server import serving

SOURCE = "https://spy.example.invalid/prod"
START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
OLD, NEW, WRONG = (Secret([letter * 32]) for letter in (b"o", b"n", b"w"))


@dataclass
class Tier0:
    """Tier0 as the receiver sees it: sets of runs that a test changes."""

    known_runs: set[int] = field(default_factory=lambda: {398598, 398599, 398600, 398601})
    running: set[int] = field(default_factory=set)
    locked_runs: set[int] = field(default_factory=set)
    released_runs: set[int] = field(default_factory=set)

    def known(self, run: int) -> bool:
        return run in self.known_runs

    def stopped(self, run: int) -> bool:
        return run not in self.running

    def locked(self, run: int) -> bool:
        return run in self.locked_runs

    def released(self, run: int) -> bool:
        return run in self.released_runs

    def lowest_waiting(self) -> int | None:
        return min(self.known_runs - self.locked_runs, default=None)


class Site:
    """One receiver with its Tier0, its clock and its store file; `restart` is what follows a kill."""

    def __init__(self, path: Path | str, secrets: list[Secret]) -> None:
        self.tier0 = Tier0()
        self.now = START
        self.secrets = secrets
        self.path = path
        self.url = ""
        self.open()

    def open(self) -> None:
        self.receiver = Receiver(self.path, self.secrets, self.tier0, lambda: self.now, SOURCE)

    @contextmanager
    def up(self) -> Iterator[None]:
        try:
            with serving(self.receiver) as self.url:
                yield
        finally:
            self.receiver.close()

    def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{self.url}/v1/decisions", content=body, headers=headers, timeout=10, trust_env=False)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=10, trust_env=False)

    def send(self, notice: Notice, secret: Secret = OLD, body: bytes | None = None) -> httpx.Response:
        content = cloud_event(notice) if body is None else body
        return self.post(content, sign(secret, notice.id, self.now, content) | {"content-type": CONTENT_TYPE})

    def take(self, notice: Notice) -> int:
        """The status of one decision, asked without the HTTP server in between."""
        body = cloud_event(notice)
        headers = sign(OLD, notice.id, self.now, body) | {"content-type": CONTENT_TYPE}
        return self.receiver.answer("POST", "/v1/decisions", headers, body)[0]

    def state(self, notice: Notice) -> str:
        return str(self.get(f"/v1/decisions/{notice.id}").json()["state"])


def notice(kind: Kind = Kind.RELEASE, run: int = 398598, revision: int = 1, **changes: Any) -> Notice:
    plain = Notice(
        source=SOURCE,
        chunk=Chunk(run),
        kind=kind,
        revision=revision,
        fence_token=5,
        recipient="tier0",
        verdict=State.READY,
        decided_at=START,
        not_after=START + timedelta(hours=30),
        expires_at=START + timedelta(hours=6) if kind is Kind.HOLD else None,
        withdraws="none" if kind is Kind.WITHDRAW else "",
    )
    return replace(plain, **changes)


def withdraw(target: Notice, revision: int = 2, **changes: Any) -> Notice:
    return notice(Kind.WITHDRAW, target.chunk.run, revision, withdraws=target.id, chunk=target.chunk, **changes)


def problem_of(response: httpx.Response) -> str:
    """The name of a problem; also that it is an RFC 9457 one whose status is the one on the wire."""
    content = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert content["status"] == response.status_code == Problem(content["type"].rpartition(":")[2]).status
    assert content["type"].startswith("urn:readiness:problem:")
    return str(content["type"].rpartition(":")[2])
