"""When credentials end and whether a breaker is open, as the page tells it: read from the real things, never raised."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from spy.agent.link import link_of
from spy.domain.errors import NoAnswer
from spy.domain.link import Credential, Link
from spy.http import FileToken, Http
from spy.http.breaker import FAILURES, PAUSE_S, Breaker
from tests.contract.http.test_tls import Authority

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SHORT = timedelta(seconds=5)


def http(**how: object) -> Http:
    return Http("oms", "http://oms.invalid/", deadline=SHORT, **how)  # type: ignore[arg-type]


def token(told: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def with_token(folder: Path, text: str) -> Link:
    path = folder / "token"
    path.write_text(text, encoding="utf-8")
    link = link_of(http(auth=FileToken("oms", path)), NOW)
    assert link is not None
    return link


def test_a_certificate_ends_when_the_first_in_its_file_does_also_after_it_was_renewed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    short, long = authority.sign("short", days=2), authority.sign("long", days=9)
    both = tmp_path / "proxy.pem"
    both.write_bytes(long.read_bytes() + short.read_bytes())
    ask = http(cert=(both, both))
    first = link_of(ask, NOW)
    both.write_bytes(long.read_bytes())
    renewed = link_of(ask, NOW)
    assert first is not None
    assert renewed is not None
    assert first.credential is Credential.CERTIFICATE
    assert first.credential_until is not None
    assert renewed.credential_until is not None
    later = renewed.credential_until - first.credential_until
    assert timedelta(days=6) < later < timedelta(days=8)


@pytest.mark.parametrize("text", ["", "no certificate"], ids=["empty", "text"])
def test_a_file_that_is_no_certificate_is_said_and_not_raised(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cert.pem"
    path.write_text(text, encoding="utf-8")
    for wrong in (path, tmp_path / "missing.pem"):
        link = link_of(http(cert=(wrong, wrong)), NOW)
        assert link is not None
        assert (link.credential_until, link.problem.partition(":")[0]) == (None, "the file cannot be read")


def test_a_token_tells_its_own_end(tmp_path: Path) -> None:
    link = with_token(tmp_path, token({"exp": (NOW + timedelta(hours=2)).timestamp()}))
    assert (link.credential, link.credential_until, link.problem) == (Credential.TOKEN, NOW + timedelta(hours=2), "")


@pytest.mark.parametrize(
    "text",
    ["opaque", "a.b.c", token({}), token([]), token({"exp": "soon"}), token({"exp": 1e300}), token({"exp": None})],
)
def test_a_token_that_tells_no_end_is_unknown(tmp_path: Path, text: str) -> None:
    link = with_token(tmp_path, text)
    assert (link.credential_until, link.problem) == (None, "it tells no end")


def test_a_connection_without_credentials_needs_none_and_what_is_no_http_says_nothing() -> None:
    assert link_of(http(), NOW) == Link(Credential.NONE, has_breaker=True)
    assert link_of(None, NOW) is None


def test_a_database_has_no_breaker_and_tells_no_end_of_its_account() -> None:
    file, server = create_engine("sqlite://"), create_engine("postgresql+psycopg://spy@db.invalid/spy")
    needs_none, by_password = link_of(file, NOW), link_of(server, NOW)
    assert needs_none is not None
    assert by_password is not None
    assert (needs_none.credential, by_password.credential) == (Credential.NONE, Credential.PASSWORD)
    assert not by_password.has_breaker
    assert by_password.problem == "a database does not tell when an account ends"


def test_an_open_breaker_tells_until_when() -> None:
    ask, now_s = http(), [0.0]
    ask.breaker = Breaker("oms", lambda: now_s[0])
    for _ in range(FAILURES):
        ask.breaker.failed(NoAnswer("oms", "503"))
    opened = link_of(ask, NOW)
    assert opened is not None
    assert opened.breaker_until == NOW + timedelta(seconds=PAUSE_S)
    now_s[0] = PAUSE_S
    closed = link_of(ask, NOW)
    assert closed is not None
    assert closed.breaker_until is None
