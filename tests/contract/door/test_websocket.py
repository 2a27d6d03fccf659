"""Dash opens a websocket route whether it is used or not: nobody gets through it without a session."""

from __future__ import annotations

import asyncio

import pytest

from spy.acting.calling import CALLER
from spy.config import load
from spy.domain.caller import Means, Reach, Role
from spy.domain.errors import Denied
from spy.site import Site
from spy.store import sessions, tokens
from spy.store.engine import writing
from spy.web.door import HERE, Door, cookie_name, csrf_cookie_name
from spy.web.source import Source
from tests.support.filled_store import NOW, FilledStore

SITE = Site.of("https://spy.example.invalid/calib")
LOGIN = {"issuer": "https://login.example.invalid", "client_id": "spy", "client_secret_file": "x"}
CLOSED = [{"type": "websocket.close", "code": 1008}]


@pytest.fixture
def store(tmp_path):
    filled = FilledStore(f"sqlite:///{tmp_path / 'spy.db'}")
    yield filled
    filled.close()


def knock(store, scope, *, has_login=True, **headers):
    """What comes back for one connection; an application that is reached says who came."""
    config = load(
        overrides={"agent": {"page_url": "https://spy.example.invalid/calib"}, "login": LOGIN if has_login else {}}
    )
    sent = []

    async def inside(scope, receive, send):
        await send({"type": "inside", "caller": CALLER.get()})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    door = Door(inside, Source(store.engine, config, lambda: NOW), SITE)
    asyncio.run(door({"path": "/_dash-ws-callback", **scope, "headers": raw}, receive, send))
    assert CALLER.get() is None, "who came is forgotten with the request"
    return sent


def session(store, role="shifter"):
    with writing(store.engine) as connection:
        secret = sessions.begin(connection, "sub-1", "sam", role, NOW, NOW - NOW.replace(hour=1))
    return {"cookie": f"{cookie_name(SITE)}={secret}"}


def test_a_websocket_with_a_session_passes_and_is_known(store):
    (inside,) = knock(store, {"type": "websocket"}, **session(store))
    assert (inside["caller"].who, inside["caller"].role, inside["caller"].key) == ("sam", Role.SHIFTER, "sub-1")


def test_a_page_that_opens_its_websocket_anew_does_not_use_its_session(store):
    cookie = session(store)
    with writing(store.engine) as connection:
        connection.exec_driver_sql("UPDATE session SET used_at = '2026-06-01 09:00:00.000000'")
    knock(store, {"type": "websocket"}, **cookie)
    assert _used(store) == "2026-06-01 09:00"
    knock(store, {"type": "http", "method": "GET"}, **cookie)
    assert _used(store) == f"{NOW:%Y-%m-%d %H:%M}"


def _used(store):
    with writing(store.engine) as connection:
        return str(connection.exec_driver_sql("SELECT used_at FROM session").scalar())[:16]


@pytest.mark.parametrize(
    "headers", [{}, {"cookie": "__Host-spy="}, {"cookie": "__Host-spy=wrong"}, {"cookie": "spy=x"}]
)
def test_a_websocket_without_one_is_closed_before_it_is_accepted(store, headers):
    session(store)
    assert knock(store, {"type": "websocket"}, **headers) == CLOSED


def test_a_token_opens_no_websocket(store):
    with writing(store.engine) as connection:
        secret = tokens.make(connection, "x", list(Reach), Role.ADMIN, NOW, NOW - NOW.replace(hour=1), "ada")
    assert knock(store, {"type": "websocket"}, authorization=f"Bearer {secret}") == CLOSED


def test_a_session_whose_right_was_taken_opens_none(store):
    cookie = session(store)
    with writing(store.engine) as connection:
        sessions.grant(connection, "sub-1", "", NOW, "ada", "left the experiment")
    assert knock(store, {"type": "websocket"}, **cookie) == CLOSED


def test_a_store_that_does_not_answer_opens_nothing(store):
    cookie = session(store)
    store.engine.dispose()
    with writing(store.engine) as connection:
        connection.exec_driver_sql("DROP TABLE session")
    assert knock(store, {"type": "websocket"}, **cookie) == CLOSED
    first = knock(store, {"type": "http", "method": "GET", "query_string": b""}, **cookie)[0]
    assert first["status"] == 503


def test_where_there_is_no_login_whoever_reaches_this_machine_is_let_in(store):
    (inside,) = knock(store, {"type": "websocket"}, has_login=False)
    assert inside["caller"] is HERE
    assert HERE.means is Means.LOCAL


def test_over_https_the_cookies_are_bound_to_the_host():
    assert cookie_name(SITE).startswith("__Host-")
    assert csrf_cookie_name(SITE).startswith("__Host-")


def test_code_that_nobody_came_to_through_the_door_does_nothing():
    from spy.acting.calling import current

    with pytest.raises(Denied):
        current()


def words_after(store, meanwhile, secret_cookie, *words):
    """What a browser gets of a server that sends word after word, and what the server is told, if it happens midway."""
    config = load(overrides={"agent": {"page_url": "https://spy.example.invalid/calib"}, "login": LOGIN})
    sent, told = [], []

    async def inside(scope, receive, send):
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "before"})
        meanwhile()
        for word in words:
            await send({"type": "websocket.send", "text": word})
        told.append(await receive())

    async def receive():
        return {"type": "websocket.receive", "text": "hello"}

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in secret_cookie.items()]
    door = Door(inside, Source(store.engine, config, lambda: NOW), SITE)
    asyncio.run(door({"type": "websocket", "path": "/_dash-ws-callback", "headers": raw}, receive, send))
    return [message.get("text") or message["type"] for message in sent], told[0]["type"]


def test_words_pass_both_ways_while_the_session_lasts(store):
    words, told = words_after(store, lambda: None, session(store), "after")
    assert (words, told) == (["websocket.accept", "before", "after"], "websocket.receive")


@pytest.mark.parametrize("how", ["ended", "right taken", "another role", "no store"])
def test_no_word_is_pushed_once_the_session_is_not_what_it_was(store, how):
    def meanwhile():
        with writing(store.engine) as connection:
            if how == "ended":
                sessions.end_all_of(connection, "sub-1", NOW, "ada")
            elif how == "no store":
                connection.exec_driver_sql("DROP TABLE session")
            else:
                role = "" if how == "right taken" else "viewer"
                sessions.grant(connection, "sub-1", role, NOW, "ada", "left the experiment")

    words, told = words_after(store, meanwhile, session(store), "after", "and after")
    assert (words, told) == (["websocket.accept", "before", "websocket.close"], "websocket.disconnect")
