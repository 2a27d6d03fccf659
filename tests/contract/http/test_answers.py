"""Every promise of `spy.http` against a real server on loopback that keeps none of its own."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable
from spy.http import Answer, Http
from tests.support.scripted import Scripted, Talk, dribble, hang_up, reply, silence

SHORT = timedelta(seconds=0.3)
LONG = timedelta(seconds=10)
GOOD = reply(body='{"result": [1]}')


def ask(url: str, *, deadline: timedelta = LONG, max_body: int = 1 << 20, **more: object) -> Answer:
    """One question with a client of its own."""
    http = Http("tier0", url, deadline=deadline, max_body=max_body)
    try:
        return http.get("run_config")
    finally:
        http.close()


def failure(script: bytes | Talk, **how: object) -> SourceError:
    with Scripted(script) as server, pytest.raises(SourceError) as caught:
        ask(server.url, **how)  # type: ignore[arg-type]
    return caught.value


# --- the deadline ---


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(dribble(GOOD), id="byte by byte from the status line on"),
        pytest.param(dribble(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 1\r\n" * 500), id="headers without end"),
        pytest.param(
            lambda connection, ended: (
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
                dribble(b"x" * 500)(connection, ended),
            ),
            id="byte by byte in the body",
        ),
        pytest.param(silence, id="accepts and hangs"),
    ],
)
def test_no_server_keeps_a_request_beyond_its_deadline(script: Talk) -> None:
    begin = time.monotonic()
    error = failure(script, deadline=SHORT)
    assert isinstance(error, NoAnswer)
    assert "no whole answer within 0.3 s" in error.what
    assert time.monotonic() - begin < 1.0


def test_a_name_that_is_never_resolved_keeps_no_request_beyond_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *args: object, **more: object) -> object:
        resolved.wait(20.0)
        return real("127.0.0.1", 80)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    begin = time.monotonic()
    with pytest.raises(NoAnswer, match=r"within 0\.3 s"):
        ask("http://slow.example.invalid/", deadline=SHORT)
    assert time.monotonic() - begin < 1.0
    resolved.set()


def test_an_address_is_connected_to_without_looking_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    askers: list[str] = []
    real = socket.getaddrinfo

    def noted(*args: object, **more: object) -> object:
        askers.append(threading.current_thread().name)
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    with Scripted(GOOD) as server:
        assert ask(server.url).status == 200
        assert "look-up localhost" in askers
        askers.clear()
        assert ask(server.url.replace("localhost", "127.0.0.1")).status == 200
        assert [name for name in askers if name.startswith("look-up")] == []


# --- what does not arrive ---


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(hang_up, id="drops the connection"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhalf", id="breaks off"),
        pytest.param(b"\x00\x01\x02 no HTTP at all\r\n\r\n", id="speaks no HTTP"),
    ],
)
def test_a_broken_connection_is_no_answer(script: bytes | Talk) -> None:
    def then_close(connection: socket.socket, ended: threading.Event) -> None:
        if isinstance(script, bytes):
            connection.sendall(script)

    error = failure(then_close if isinstance(script, bytes) else script)
    assert isinstance(error, NoAnswer)
    assert error.retry


def test_a_closed_port_is_no_answer(free_port: int) -> None:
    with pytest.raises(NoAnswer, match="refused"):
        ask(f"http://127.0.0.1:{free_port}/")


def test_an_unknown_host_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="not known"):
        ask("http://nowhere.example.invalid/")


# --- what arrives and is wrong ---


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<!DOCTYPE html>\n<html><title> CERN Single Sign-On </title></html>", r"an HTML page \(CERN Single Sign-On\)"),
        ("<p>hello</p>", "an HTML page instead of JSON"),
        ('{"result": [\n {"run": 4046', "no valid JSON"),
        ('{"contents": [, {"subdir": "x"}]}', "no valid JSON"),
        ("", "no valid JSON"),
        ('{"value": NaN}', "NaN is no JSON"),
        ('{"value": -Infinity}', "-Infinity is no JSON"),
        ('{"value": 1e999}', "out of range"),
        ("[" * 100_000, "nested too deeply"),
        (b'{"name": "\xff\xfe"}', "no text in the declared charset"),
    ],
)
def test_what_is_no_json_is_unreadable_and_says_what_came_instead(body: str | bytes, told: str) -> None:
    with Scripted(reply(body=body, Content_Type="application/json; charset=utf-8")) as server:
        answer = ask(server.url)
    with pytest.raises(Unreadable, match=told) as caught:
        answer.json()
    assert caught.value.sample == answer.text[:500]


def test_tolerant_json_reads_nan_as_none() -> None:
    with Scripted(reply(body='{"value": NaN, "high": Infinity}', Content_Type="text/plain")) as server:
        assert ask(server.url).json(tolerant=True) == {"value": None, "high": None}


def test_too_long_a_body_is_not_read_to_its_end() -> None:
    error = failure(reply(body=b"x" * 5000), max_body=1000)
    assert isinstance(error, Unreadable)
    assert "longer than 1000 bytes" in error.what


def test_an_answer_that_cannot_be_unpacked_is_unreadable() -> None:
    error = failure(reply(body=b"this is no gzip", Content_Encoding="gzip"))
    assert isinstance(error, Unreadable)


def test_an_old_date_gives_a_frozen_answer_away() -> None:
    now = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    with Scripted(reply(body="{}", Date="Mon, 01 Jun 2026 11:00:00 GMT")) as server:
        answer = ask(server.url)
    assert answer.dated(now, timedelta(hours=1)) == datetime(2026, 6, 1, 11, 0, tzinfo=UTC)
    with pytest.raises(Unreadable, match="an answer of 2026-06-01T11:00:00Z, older than 12 min"):
        answer.dated(now, timedelta(minutes=12))


# --- statuses ---


@pytest.mark.parametrize(
    ("script", "kind", "told"),
    [
        (reply("401 Unauthorized"), Refused, "status 401"),
        (reply("403 Forbidden"), Refused, "status 403"),
        (reply("302 Found", Location="https://auth.example.invalid/login?state=1"), Refused, "auth.example.invalid"),
        (reply("302 Found"), Refused, "redirect"),
        (reply("302 Found", Location="http://[bad"), Refused, "another page"),
        (reply("304 Not Modified"), Unreadable, "status 304"),
        (reply("400 Bad Request", X_Error_Detail="Invalid input parameter", X_Error_Info="Incorrect 'run'"), Unreadable,
         "status 400: Invalid input parameter: Incorrect 'run'"),
        (reply("404 Not Found"), Unreadable, "status 404"),
        (reply("406 Not Acceptable", X_Error_Info="Accept header required"), Unreadable, "Accept header required"),
        (reply("204 No Content"), Unreadable, "status 204"),
        (reply("429 Too Many Requests"), NoAnswer, "status 429"),
        (reply("500 Internal Server Error", X_Error_Detail="Execution error"), NoAnswer, "500: Execution error"),
        (reply("503 Service Unavailable", X_Error_Detail="Database unavailable"), NoAnswer, "Database unavailable"),
    ],
)  # fmt: skip
def test_each_status_has_its_error(script: bytes, kind: type[SourceError], told: str) -> None:
    error = failure(script)
    assert type(error) is kind
    assert told in error.what
    assert "run_config" in error.what


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("60", 60), ("Mon, 01 Jun 2026 12:02:00 GMT", 120), ("Mon, 01 Jun 2026 11:00:00 GMT", 0), ("soon", None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: int | None) -> None:
    error = failure(reply("429 Too Many Requests", Retry_After=value, Date="Mon, 01 Jun 2026 12:00:00 GMT"))
    assert error.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_a_status_that_is_allowed_is_an_answer() -> None:
    with Scripted(reply("404 Not Found", body="{}")) as server:
        http = Http("dqm", server.url, deadline=LONG)
        assert http.get("api/v1/archive", allow=(404,)).status == 404
        http.close()
