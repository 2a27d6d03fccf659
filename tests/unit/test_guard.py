"""The door lets through what this machine asks, over HTTP and over websockets, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from spy.site import Site
from spy.web.guard import Guard


def knock(scope: dict[str, Any], **headers: str) -> list[Message]:
    """What comes back for one connection; an application that is reached says so."""
    sent: list[Message] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "inside"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    guard = Guard(inside, SITE, is_local=True)
    asyncio.run(guard({**scope, "headers": raw, "path": "/_dash-ws-callback"}, receive, send))
    return sent


SITE = Site.of("http://127.0.0.1:8050")
INSIDE = [{"type": "inside"}]
HOME = "127.0.0.1:8050"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": HOME},
        {"host": HOME, "origin": "http://evil.example.invalid"},
        {"host": "evil.example.invalid", "origin": "http://evil.example.invalid"},
        {"host": HOME, "origin": "null"},
        {"host": HOME, "origin": "http://127.0.0.1:9999"},
        {"host": "user@evil.example.invalid", "origin": "http://user@evil.example.invalid"},
        {},
    ],
    ids=["no origin", "foreign origin", "rebound name", "null", "another port", "user name", "nothing"],
)
def test_a_foreign_websocket_is_closed_before_it_is_accepted(headers):
    assert knock({"type": "websocket"}, **headers) == [{"type": "websocket.close", "code": 1008}]


def test_a_websocket_of_the_page_itself_passes():
    assert knock({"type": "websocket"}, host=HOME, origin=f"http://{HOME}") == INSIDE


@pytest.mark.parametrize("host", [HOME, "localhost:8050", "[::1]:8050", "127.0.0.1"])
def test_this_machine_passes_by_any_of_its_names(host):
    assert knock({"type": "http", "method": "GET"}, host=host) == INSIDE


@pytest.mark.parametrize(
    "host", ["evil.example.invalid", "127.0.0.1.evil.invalid", "[::1", "", "0.0.0.0", "localhost@evil"]
)
def test_a_rebound_name_is_refused_for_http(host):
    answer = knock({"type": "http", "method": "GET"}, host=host)
    assert answer[0]["status"] == 421


def test_another_sites_post_is_refused_and_its_link_is_not():
    assert knock({"type": "http", "method": "POST"}, host=HOME, origin="http://evil.invalid")[0]["status"] == 421
    assert knock({"type": "http", "method": "GET"}, host=HOME, origin="http://evil.invalid") == INSIDE


def test_an_unheard_of_kind_of_connection_is_not_served():
    with pytest.raises(RuntimeError, match="webtransport"):
        knock({"type": "webtransport"})


def test_the_programs_own_start_and_end_pass():
    assert knock({"type": "lifespan"}) == INSIDE
