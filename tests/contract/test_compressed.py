"""Answers as they pass the wire: gzipped where that is taken, kept by browsers where they never change."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboard.app import ASSETS, mount
from dashboard.fixed import path_of
from spy.config import load
from spy.web.app import create
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import Served

V1 = "/api/v1"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    with (
        Served(create(load(), store.engine, lambda: NOW, [mount])) as served,
        httpx.Client(base_url=served.url, trust_env=False) as made,
    ):
        yield made
    store.close()


def raw(client: httpx.Client, path: str, encoding: str = "gzip", **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer and its body as it was sent."""
    with client.stream("GET", path, headers={"Accept-Encoding": encoding} | headers) as answer:
        return answer, b"".join(answer.iter_raw())


def scripts(client: httpx.Client) -> list[str]:
    return re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', client.get("/").text)


def test_text_json_and_scripts_come_gzipped_and_are_the_same_as_without(client):
    for path in (f"{V1}/runs", "/_dash-dependencies", "/_dash-layout", *scripts(client)):
        plain, body = raw(client, path, "identity")
        packed, sent = raw(client, path)
        assert "content-encoding" not in plain.headers
        assert (plain.status_code, packed.status_code) == (200, 200)
        for answer in (plain, packed):
            assert "Content-Security-Policy" in answer.headers
            assert int(answer.headers["content-length"]) == len(body if answer is plain else sent)
        if len(body) < 1400:
            assert sent == body
        else:
            assert packed.headers["content-encoding"] == "gzip", path
            assert (gzip.decompress(sent), len(sent) < 0.6 * len(body)) == (body, True), path
            assert "Accept-Encoding" in packed.headers["vary"]
            assert "Accept-Encoding" in plain.headers["vary"]


def test_who_does_not_take_gzip_gets_none(client):
    for encoding in ("", "br", "gzip;q=0", "gzip; q=0.0, deflate"):
        answer, body = raw(client, f"{V1}/runs", encoding)
        assert "content-encoding" not in answer.headers
        assert body.startswith(b"{")
    assert raw(client, f"{V1}/runs", "br, GZIP;q=0.5")[0].headers["content-encoding"] == "gzip"


def test_a_stream_of_events_is_not_compressed_and_each_event_comes_at_once(client):
    path = f"{V1}/changes?after=0"
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as stream:
        assert "content-encoding" not in stream.headers
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert any("event: decision" in line for line in stream.iter_lines())  # and the stream goes on


def test_a_tag_of_a_gzipped_answer_is_weak_and_is_answered_by_304(client):
    path = f"/{path_of(ASSETS)}/page.css"
    plain, _ = raw(client, path, "identity")
    packed, _ = raw(client, path)
    assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
    for tag in (plain.headers["etag"], packed.headers["etag"]):
        same, body = raw(client, path, **{"If-None-Match": tag})
        assert (same.status_code, body) == (304, b"")


def test_scripts_whose_address_has_their_content_are_kept_for_a_year(client):
    found = scripts(client)
    assert {path.split("/")[1] for path in found} >= {"assets", "_dash-component-suites"}
    for path in found:
        assert "max-age=31536000" in client.get(path).headers["cache-control"], path
    for path in ("/", f"{V1}/readiness/398602"):
        assert "max-age" not in client.get(path).headers.get("cache-control", "")


def test_a_changed_script_has_another_address(tmp_path: Path):
    (tmp_path / "age.js").write_text("1;")
    before = path_of(tmp_path)
    (tmp_path / "age.js").write_text("2;")
    assert path_of(tmp_path) != before
    assert path_of(ASSETS) == path_of(ASSETS)


def test_a_large_script_is_compressed_once(client):
    """The first answer pays, later ones do not: CPU of this process, of which the server is a thread."""
    path = max(scripts(client), key=lambda one: len(client.get(one).content))
    begin = time.process_time()
    sizes = {len(raw(client, path)[1]) for _ in range(5)}
    each_s = (time.process_time() - begin) / 5
    begin = time.process_time()
    gzip.compress(client.get(path).content)
    assert len(sizes) == 1
    assert each_s < 0.5 * (time.process_time() - begin)
