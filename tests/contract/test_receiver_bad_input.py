"""What the reference receiver makes of requests that cannot be read."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from spy.channels.message import CONTENT_TYPE, Kind, cloud_event
from spy.channels.signature import sign
from spy.receiver.contract import MAX_BODY, Decision, Problem
from tests.support.receiver_site import OLD, Site, notice, problem_of
from tests.support.tree import ROOT


def altered(change: Callable[[dict[str, Any]], None], kind: Kind = Kind.RELEASE) -> bytes:
    event = json.loads(cloud_event(notice(kind)))
    change(event)
    return json.dumps(event).encode()


def data(**values: Any) -> bytes:
    return altered(lambda event: event["data"].update(values))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="truncated"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"[" * 60_000, id="nested"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="huge number"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(cloud_event(notice()).replace(b'"seq":1', b'"seq":1,"seq":2'), id="seq twice"),
        pytest.param(altered(lambda e: e.update(id="another")), id="other id"),
        pytest.param(altered(lambda e: e.update(specversion="0.3")), id="old CloudEvents"),
        pytest.param(altered(lambda e: e.update(type="org.example.readiness.explode.v1")), id="unknown type"),
        pytest.param(altered(lambda e: e.update(type="org.example.readiness.hold.v1")), id="kind differs"),
        pytest.param(altered(lambda e: e.update(subject="run/398600")), id="subject differs"),
        pytest.param(altered(lambda e: e.pop("data")), id="no data"),
        pytest.param(altered(lambda e: e.pop("source")), id="no source"),
        pytest.param(data(run="398598"), id="run as text"),
        pytest.param(data(run=True), id="run as flag"),
        pytest.param(data(run=398598.0), id="run as float"),
        pytest.param(data(run=-1), id="run negative"),
        pytest.param(data(run=2**63), id="run too large"),
        pytest.param(data(seq=0), id="seq zero"),
        pytest.param(data(fence_token=None), id="no fence"),
        pytest.param(data(not_after=None), id="no not_after"),
        pytest.param(data(not_after="2026-06-02T00:00:00"), id="time without zone"),
        pytest.param(data(not_after="tomorrow"), id="time in words"),
        pytest.param(data(not_after="0001-01-01T00:00:00+14:00"), id="time before time"),
        pytest.param(data(primary_dataset=""), id="empty dataset"),
        pytest.param(data(primary_dataset="a\ud800"), id="lone surrogate"),
        pytest.param(altered(lambda e: e["data"].pop("expires_at"), Kind.HOLD), id="hold without end"),
        pytest.param(altered(lambda e: e["data"].pop("withdraws"), Kind.WITHDRAW), id="withdraw of nothing"),
    ],
)
def test_a_signed_body_that_is_no_decision_is_malformed_and_stores_nothing(site: Site, body: bytes) -> None:
    kind = next((kind for kind in Kind if f'"kind": "{kind}"'.encode() in body), Kind.RELEASE)
    assert problem_of(site.send(notice(kind), body=body)) == "malformed"
    assert site.get("/v1/decisions").json()["decisions"] == []


@pytest.mark.parametrize("kind", Kind)
def test_an_agent_that_does_not_decide_here_is_refused_whatever_key_it_has(site: Site, kind: Kind) -> None:
    """A replay of Tier0 reuses run numbers: what its agent says about a run must never be taken for the real one."""
    replay = notice(kind, source="https://spy.example.invalid/replay")
    assert problem_of(site.send(replay)) == "foreign_source"
    assert site.get("/v1/decisions").json()["decisions"] == []


def test_a_field_that_a_newer_sender_added_does_no_harm(site: Site) -> None:
    assert site.send(notice(), body=data(colour="blue")).status_code == 202


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "application/cloudevents-batch+json"])
def test_another_content_type_is_refused(site: Site, kind: str) -> None:
    body = cloud_event(notice())
    assert problem_of(site.post(body, sign(OLD, notice().id, site.now, body) | {"content-type": kind})) == "media_type"


def test_a_content_type_may_name_a_charset(site: Site) -> None:
    body = cloud_event(notice())
    headers = sign(OLD, notice().id, site.now, body) | {"content-type": "Application/CloudEvents+JSON; charset=utf-8"}
    assert site.post(body, headers).status_code == 202


def test_too_large_a_body_is_refused_unread(site: Site) -> None:
    body = b" " * (MAX_BODY + 1)
    assert problem_of(site.post(body, {"content-type": CONTENT_TYPE})) == "too_large"
    assert site.receiver.answer("POST", "/v1/decisions", {"Content-Type": CONTENT_TYPE}, body)[0] == 413


@pytest.mark.parametrize(
    "head",
    [
        b"transfer-encoding: chunked",
        b"content-length: 5\r\ncontent-length: 6",
        b"content-length: -1",
        b"content-length: five",
        b"content-length: 99999999999999999999999999",
    ],
)
def test_a_body_of_unclear_length_is_refused_and_the_connection_closed(site: Site, head: bytes) -> None:
    port = int(site.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /v1/decisions HTTP/1.1\r\nhost: x\r\n" + head + b"\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.split()[1] in (b"400", b"413")
    assert answer.count(b"HTTP/1.1") == 1


def test_the_page_for_tier0_explains_every_problem_and_its_example_is_a_decision() -> None:
    page = (ROOT / "docs" / "receiver.md").read_text(encoding="utf-8")
    assert [p for p in Problem if f"| {p.status} | `{p}` |" not in page] == []
    example = page.split("```json\n")[1].split("```")[0].encode()
    assert Decision.parse(example, json.loads(example)["id"]).run == 398600
