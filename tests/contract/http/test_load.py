"""How little `spy.http` asks: conditional requests, one connection, a circuit breaker; against real servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from spy.domain.errors import NoAnswer, Refused, Unreadable
from spy.http import Http
from tests.support.scripted import Scripted, reply

SHORT = timedelta(seconds=0.3)
LONG = timedelta(seconds=10)
GOOD = reply(body='{"result": [1]}')


class Hand:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


# --- little load ---


def test_an_unchanged_answer_is_taken_from_memory_and_fresh_asks_anew() -> None:
    first = reply(body='{"result": [7]}', Etag='"abc"', Date="Mon, 01 Jun 2026 12:00:00 GMT")
    unchanged = reply("304 Not Modified", Etag='"abc"', Date="Mon, 01 Jun 2026 12:02:00 GMT")
    with Scripted(first, unchanged, reply(body='{"result": [8]}', Etag='"def"')) as server:
        http = Http("tier0", server.url, deadline=LONG)
        assert http.get("run_config").json() == {"result": [7]}
        assert server.header("If-None-Match") == ""
        again = http.get("run_config")
        assert server.header("If-None-Match") == '"abc"'
        assert (again.json(), again.status) == ({"result": [7]}, 200)
        assert again.date == datetime(2026, 6, 1, 12, 2, tzinfo=UTC)
        with http.fresh():
            assert http.get("run_config").json() == {"result": [8]}
        assert server.header("If-None-Match") == ""
        assert server.header("Cache-Control") == "no-cache"
        http.get("run_config")
        assert server.header("If-None-Match") == '"def"'
        http.close()


def test_an_etag_belongs_to_one_question_and_one_rendering() -> None:
    with Scripted(reply(body="{}", Etag='"abc"')) as server:
        http = Http("tier0", server.url, deadline=LONG)
        http.get("run_config")
        http.get("run_config", {"run": 404616})
        assert server.header("If-None-Match") == ""
        http.get("run_config", accept="text/plain")
        assert server.header("If-None-Match") == ""
        http.close()


def test_requests_share_one_connection_and_are_counted() -> None:
    with Scripted(GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG)
        for _ in range(5):
            http.get("run_config", {"filter[run_number][GE]": 398600})
        assert (http.requests, len(server.requests), server.connections) == (5, 5, 1)
        assert "python" in server.header("User-Agent")
        assert server.requests[0].startswith("GET /base/run_config?filter")
        http.close()


def test_a_connection_that_the_server_closed_while_idle_is_replaced() -> None:
    closing = reply(body="{}", Connection="close")
    with Scripted(closing) as server:
        http = Http("tier0", server.url, deadline=LONG)
        assert http.get("run_config").status == 200
        assert http.get("run_config").status == 200
        assert server.connections == 2
        http.close()


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port}")
    with Scripted(GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG)
        assert http.get("run_config").status == 200
        http.close()


def test_each_header_is_sent_once_with_what_is_asked_for() -> None:
    with Scripted(GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG)
        http.get("run_config", accept="text/plain")
        sent = [line.partition(":")[0].lower() for line in server.requests[0].strip().split("\r\n")[1:]]
        assert sorted(sent) == ["accept", "accept-encoding", "connection", "host", "user-agent"]
        assert server.header("Accept") == "text/plain"
        http.close()


def test_a_cookie_that_a_service_sets_comes_back_to_it() -> None:
    with Scripted(reply(body="{}", Set_Cookie="node=b7; Path=/base"), GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG)
        http.get("run_config")
        http.get("run_config")
        assert [server.header("Cookie", request) for request in (0, 1)] == ["", "node=b7"]
        http.close()


def test_a_user_in_the_url_is_told_to_the_service() -> None:
    with Scripted(GOOD) as server:
        http = Http("tier0", server.url.replace("//", "//reader:word@"), deadline=LONG)
        http.get("run_config")
        assert server.header("Authorization") == "Basic cmVhZGVyOndvcmQ="
        http.close()


# --- the breaker ---


def test_after_five_failures_in_a_row_a_service_is_left_in_peace_for_a_minute() -> None:
    clock = Hand()
    with Scripted(*[reply("503 Service Unavailable")] * 6, GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG, seconds=clock)
        for _ in range(5):
            with pytest.raises(NoAnswer, match="status 503"):
                http.get("run_config")
        with pytest.raises(NoAnswer, match="left in peace for a while; last: run_config: status 503"):
            http.get("run_config")
        assert len(server.requests) == 5
        clock.now_s += 61
        with pytest.raises(NoAnswer, match="status 503"):
            http.get("run_config")
        with pytest.raises(NoAnswer, match="left in peace"):
            http.get("run_config")
        clock.now_s += 300  # the next poll is asked in any case
        assert http.get("run_config").status == 200
        assert http.get("run_config").status == 200
        assert len(server.requests) == 8
        http.close()


def test_failures_count_only_in_a_row() -> None:
    bad = reply("503 Service Unavailable")
    with Scripted(*[bad] * 4, GOOD, *[bad] * 4, GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG, seconds=Hand())
        for _ in range(2):
            for _ in range(4):
                with pytest.raises(NoAnswer, match="status 503"):
                    http.get("run_config")
            assert http.get("run_config").status == 200
        http.close()


def test_a_service_that_asks_for_a_pause_gets_it_but_never_more_than_a_minute() -> None:
    clock = Hand()
    with Scripted(reply("429 Too Many Requests", Retry_After="3600"), GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG, seconds=clock)
        with pytest.raises(NoAnswer, match="status 429"):
            http.get("run_config")
        with pytest.raises(NoAnswer, match="left in peace"):
            http.get("run_config")
        assert len(server.requests) == 1
        clock.now_s += 61
        assert http.get("run_config").status == 200
        http.close()


def test_a_service_that_refuses_or_answers_nonsense_does_answer() -> None:
    with Scripted(*[reply("404 Not Found"), reply("403 Forbidden")] * 4, GOOD) as server:
        http = Http("tier0", server.url, deadline=LONG, seconds=Hand())
        for _ in range(8):
            with pytest.raises((Refused, Unreadable)):
                http.get("run_config")
        assert http.get("run_config").status == 200
        http.close()
