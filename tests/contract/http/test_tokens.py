"""Who we are: bearer tokens, client credentials, X.509; against real servers on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable
from spy.http import ClientCredentials, FileToken, Http
from tests.support.scripted import Scripted, Talk, hang_up, reply, silence

LONG = timedelta(seconds=10)
GOOD = reply(body='{"result": [1]}')


class Hand:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def granted(token: str, expires_in: object = 1200) -> bytes:
    return reply(body=f'{{"access_token": "{token}", "expires_in": {expires_in}, "token_type": "Bearer"}}')


def credentials(
    url: str, seconds: Callable[[], float] = time.monotonic, deadline: timedelta = LONG
) -> ClientCredentials:
    return ClientCredentials(
        "oms",
        url,
        client_id="spy",
        secret=lambda: "s3cret-value",
        audience="cmsoms-prod",
        deadline=deadline,
        seconds=seconds,
    )


def test_a_rejected_token_is_renewed_once_and_the_question_asked_again() -> None:
    with Scripted(granted("old"), granted("new")) as tokens, Scripted(reply("401 Unauthorized"), GOOD) as server:
        auth = credentials(tokens.url)
        http = Http("oms", server.url, deadline=LONG, auth=auth)
        assert http.get("runs").status == 200
        assert [server.header("Authorization", at) for at in (0, 1)] == ["Bearer old", "Bearer new"]
        assert "grant_type=client_credentials" in tokens.requests[0]
        assert "audience=cmsoms-prod" in tokens.requests[0]
        http.close()
        auth.close()


def test_a_token_that_stays_rejected_is_refused_after_one_retry_and_appears_in_no_message() -> None:
    with (
        Scripted(granted("secret-token"), granted("other-token")) as tokens,
        Scripted(reply("401 Unauthorized", X_Error_Info="no")) as server,
    ):
        auth = credentials(tokens.url)
        http = Http("oms", server.url, deadline=LONG, auth=auth)
        with pytest.raises(Refused) as caught:
            http.get("runs")
        assert (len(server.requests), len(tokens.requests)) == (2, 2)
        assert "token" not in str(caught.value)
        http.close()
        auth.close()


def test_a_token_is_kept_until_shortly_before_it_expires() -> None:
    clock = Hand()
    with Scripted(granted("first", 1200), granted("second", 1200)) as tokens:
        auth = credentials(tokens.url, clock)
        assert [auth.token(), auth.token()] == ["first", "first"]
        clock.now_s += 1184
        assert auth.token() == "first"
        clock.now_s += 2
        assert auth.token() == "second"
        assert len(tokens.requests) == 2
        auth.close()


@pytest.mark.parametrize(
    ("script", "kind", "told"),
    [
        (reply("401 Unauthorized", body='{"error": "invalid_client", "error_description": "s3cret-value"}'), Refused,
         r"status 401 \(invalid_client\)"),
        (reply("400 Bad Request", body="s3cret-value"), Refused, "status 400$"),
        (reply("302 Found", Location="http://example.invalid/"), Refused, "status 302"),
        (reply("503 Service Unavailable"), NoAnswer, "status 503"),
        (reply(body="<html>"), Unreadable, "no access_token"),
        (reply(body='["x"]'), Unreadable, "no access_token"),
        (granted("x", 0), Unreadable, "expired token"),
        (granted("x", "NaN"), Unreadable, "expired token"),
        (granted("two words"), Unreadable, "an empty or expired token"),
        (hang_up, NoAnswer, "token service: RemoteProtocolError"),
    ],
)  # fmt: skip
def test_a_token_service_that_gives_none_is_told_apart_and_leaks_no_secret(
    script: bytes | Talk, kind: type[SourceError], told: str
) -> None:
    with Scripted(script) as tokens:
        auth = credentials(tokens.url)
        with pytest.raises(kind, match=told) as caught:
            auth.token()
        assert "s3cret" not in str(caught.value)
        auth.close()


def test_a_token_file_is_read_again_when_its_token_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old\n")

    def expired(connection: socket.socket, ended: threading.Event) -> None:
        path.write_text("new\n")
        connection.sendall(reply("401 Unauthorized", Connection="close"))

    with Scripted(expired, GOOD) as server:
        http = Http("dqm", server.url, deadline=LONG, auth=FileToken("dqm", path))
        assert http.get("samples").status == 200
        assert server.header("Authorization") == "Bearer new"
        http.close()


def test_an_unchanged_token_file_is_not_tried_twice(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old\n")
    with Scripted(reply("401 Unauthorized")) as server:
        http = Http("dqm", server.url, deadline=LONG, auth=FileToken("dqm", path))
        with pytest.raises(Refused):
            http.get("samples")
        assert len(server.requests) == 1
        http.close()


@pytest.mark.parametrize("content", [None, "", "two words", "line\nbreak"])
def test_a_token_file_without_a_token_is_refused_by_its_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Refused, match=str(path)) as caught:
        FileToken("dqm", path).token()
    assert "words" not in str(caught.value)


def test_the_time_for_a_token_is_part_of_the_deadline() -> None:
    with Scripted(silence) as tokens, Scripted(GOOD) as server:
        auth = credentials(tokens.url, deadline=timedelta(seconds=30))
        http = Http("oms", server.url, deadline=timedelta(seconds=0.3), auth=auth)
        begin = time.monotonic()
        with pytest.raises(NoAnswer, match="token service"):
            http.get("runs")
        assert time.monotonic() - begin < 1.0
        assert server.requests == []
        http.close()
        auth.close()
