"""Lists: their pages together are the whole, filters mean what they say, and a wrong cursor is a problem."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest

from spy.domain.verdict import State
from spy.store.views import decision_list, paging
from tests.support.api_site import ApiSite, api_site

LISTS = {
    "readiness": "/readiness",
    "runs": "/runs",
    "chunks": "/chunks",
    "decisions": "/decisions",
    "evidence": "/evidence?run=398602",
    "deliveries": "/deliveries",
}


@pytest.fixture
def site(store_url: str) -> Iterator[ApiSite]:
    """On every kind of store."""
    with api_site(store_url) as made:
        yield made


def joined(path, **more):
    return path + ("&" if "?" in path else "?") + "&".join(f"{name}={value}" for name, value in more.items())


def test_pages_of_one_together_are_the_whole_list(site):
    for key, path in LISTS.items():
        whole = site.get(path)
        assert len(whole[key]) > 1, path
        assert whole["next"] is None
        assert list(chain.from_iterable(site.pages(joined(path, limit=1), key))) == whole[key], path


def test_what_is_no_cursor_is_a_problem(site):
    for path in LISTS.values():
        for cursor in ("x", "e30", "WzFd", "é", "%00", "W10=", "=" * 900):
            status, detail = site.problem(joined(path, cursor=cursor))
            assert (status, "cursor" in detail) == (400, True), path


def test_a_rare_verdict_is_found_by_short_pages_that_lead_on(site, monkeypatch):
    """What one page costs is bounded; what it misses comes on a later one."""
    for module in (paging, decision_list):
        monkeypatch.setattr(module, "EXAMINED", 2)
    found = site.pages("/decisions?verdict=blocked&limit=2", "decisions")
    assert [len(page) for page in found].count(0) > 1
    assert [(d["run"], d["verdict"]) for page in found for d in page] == [(398602, "blocked")]


def test_a_list_that_grows_while_it_is_read_tells_nothing_twice(site):
    first = site.get("/decisions?limit=4")
    site.store.decide(398602, State.READY, ago=timedelta(0))
    rest = site.get(f"/decisions?cursor={first['next']}")["decisions"]
    ids = [decision["id"] for decision in first["decisions"] + rest]
    assert sorted(ids) == list(range(1, 10))


def test_a_cursor_of_another_list_or_of_other_filters_is_a_problem(site):
    cursor = site.get("/decisions?limit=1")["next"]
    assert site.problem(f"/runs?cursor={cursor}")[0] == 400
    assert site.problem(f"/decisions?verdict=ready&cursor={cursor}")[0] == 400
    assert site.get(f"/decisions?limit=3&cursor={cursor}")["decisions"], "another limit is no other list"


def test_a_cursor_that_somebody_bent_is_a_problem(site):
    text = site.get("/runs?limit=1")["next"]
    mark = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))[0]
    times: list[Any] = [[{"time": "x"}], [{"time": 5}], [{"time": "2026-06-01T12:00:00Z"}], [{"x": 1}]]
    for place in [[-1], [2**70], [True], ["1"], [None], [[1]], [1, 1], [], *times]:
        bent = base64.urlsafe_b64encode(json.dumps([mark, *place]).encode()).decode().rstrip("=")
        assert site.problem(f"/runs?cursor={bent}")[0] == 400, place


FILTERED = [
    ("run=398602", [(398602, 2), (398602, 1)]),
    ("verdict=blocked", [(398602, 2)]),
    ("rule=calibration&run=398602", [(398602, 2)]),
    ("rule=run-ended", []),
    ("run=398602&until=2026-06-01T11:00:00Z", [(398602, 1)]),
    ("run=398602&since=2026-06-01T13:30:00%2B02:00", [(398602, 2)]),
    ("run=398602&since=2026-06-02T00:00:00Z", []),
]
WRONG = [
    ("/decisions?since=yesterday", "since 'yesterday': expected a time with its zone"),
    ("/decisions?since=2026-06-01T12:00:00", "expected a time with its zone"),
    ("/decisions?until=0001-01-01T00:00:00%2B14:00", "expected a time"),
    ("/decisions?verdit=blocked", "no such parameter; there are: cursor, limit, rule, run, since, until, verdict"),
    ("/decisions?verdict=good", "verdict"),
    ("/decisions?run=0", "run"),
    ("/decisions?rule=%00", "rule"),
    ("/decisions?limit=501", "limit"),
    ("/evidence", "give run or subject"),
    ("/evidence?run=398600&subject=prod:398602", "is not about run 398600"),
    ("/evidence?subject=prod:99999999999999999999", "subject"),
    ("/evidence?subject=prod:\u00b2", "subject"),
    ("/evidence/history?subject=prod:398602", "name"),
    ("/chunks?stage=gone", "stage"),
    ("/chunks/398602:9-1", "first lumi section lies behind the last"),
    ("/chunks/123456", "never followed"),
    ("/deliveries?chunk=all", "expected RUN"),
    ("/deliveries?status=lost", "status"),
    ("/products/SiStripBadStrip", "did you mean 'SiStripBadStrip_pcl'?"),
    ("/runs/123456/products", "never followed"),
    ("/runs/123456/timeline", "never followed"),
    ("/audit?cursor=x", "cursor"),
    ("/acts?run=x", "run"),
]


def test_decisions_are_filtered(site):
    for query, found in FILTERED:
        told = site.get(f"/decisions?{query}")["decisions"]
        assert [(decision["run"], decision["revision"]) for decision in told] == found, query


def test_what_is_asked_wrongly_is_told_by_name(site):
    for path, says in WRONG:
        status, detail = site.problem(path)
        assert status in (400, 404, 422), path
        assert says in detail, path


def test_chunks_tell_how_far_their_releases_have_come(site):
    chunks = site.get("/chunks?stage=started")["chunks"]
    assert [(chunk["chunk"], chunk["verdict"]) for chunk in chunks] == [("398600", "ready")]
    detail = site.get("/chunks/398600/Muon0")
    assert [move["after"] for move in detail["moves"]] == ["queued", "sent", "accepted", "locked", "started"]
    assert [message["kind"] for message in detail["messages"]] == ["release"]
    assert site.get("/chunks?open=false")["chunks"] == []


def test_evidence_is_found_by_its_subject_and_name_with_what_it_was(site):
    (ended,) = site.get("/evidence?subject=prod:398602&name=run_ended")["evidence"]
    assert (ended["value"], ended["source"]) == (True, "oms")
    (safe,) = site.get("/evidence?subject=service:tier0&name=first_safe_run")["evidence"]
    assert safe["value"] == 398601
    site.store.services(first_safe_run=398602)
    history = site.get("/evidence/history?subject=service:tier0&name=first_safe_run")["evidence"]
    assert [e["value"] for e in history] == [398602, 398601]


def test_a_product_is_told_per_run_and_over_the_runs(site):
    over = site.get("/products/SiStripBadStrip_pcl")["runs"]
    assert {p["run"]: p["state"] for p in over} == {
        398606: "waiting",
        398605: "ready",
        398604: "ready",
        398603: "ready",
        398602: "blocked",
        398601: "ready",
        398600: "ready",
    }
    of_run = {p["name"]: p for p in site.get("/runs/398602/products")["products"]}
    assert (of_run["SiStripBadStrip_pcl"]["required"], of_run["SiPixelLA_pcl"]["required"]) == (True, False)
    configured = {p["name"]: p for p in site.get("/products")["products"]}
    assert configured["SiStripBadStrip_pcl"]["runs"][0]["run"] == 398600


def test_what_tier0_declares_and_nobody_tracks_is_shown_as_unknown(site):
    site.store.run(398608, producers="PromptCalibProdSiStrip,PromptCalibProdNew")
    (untracked,) = site.get("/runs/398608/products")["products"]
    assert (untracked["name"], untracked["state"], untracked["is_tracked"]) == ("PromptCalibProdNew", "unknown", False)


def test_alerts_tell_what_needs_a_person_and_whether_somebody_cares(site):
    site.store.look("dqm", problem="503")
    site.store.message(398602, "release", "tier0", "pending", error="refused connection")
    told = site.get("/alerts")["alerts"]
    assert [(a["about"], a["name"], a["state"]) for a in told] == [
        ("run", "398602", "blocked"),
        ("service", "dqm", "unknown"),
        ("message", "release-398602-tier0", "unknown"),
    ]
    assert [mail["recipient"] for mail in told[0]["mails"]] == ["strip-calib@example.invalid"]
    site.post("/acts", do="acknowledge", chunk="398602", why="I am on it", until="4h")
    assert [a["name"] for a in site.get("/alerts?acknowledged=false")["alerts"]] == ["dqm"]
    assert site.get("/alerts")["alerts"][0]["acknowledged"]["who"] == "ana"


def test_deliveries_are_filtered_and_tell_no_body(site):
    site.store.message(398603, "release", "tier0", "pending", error="refused connection")
    (waiting,) = site.get("/deliveries?status=pending")["deliveries"]
    assert (waiting["chunk"], waiting["last_error"]) == ("398603", "refused connection")
    assert "body" not in waiting
    assert [m["kind"] for m in site.get("/deliveries?chunk=398602")["deliveries"]] == ["mail"]
    assert len(site.get("/deliveries?recipient=tier0&kind=release")["deliveries"]) == 2


def test_the_audit_is_for_administrators(site):
    site.post("/acts", do="keep_back", chunk="398603", why="noise")
    (row,) = site.get("/audit")["audit"]
    assert (row["who"], row["what"], row["outcome"]) == ("ana", "keep_back", "done")
