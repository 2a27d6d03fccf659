"""The body of a webhook: equal for equal decisions, complete, and readable by the receiver."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from spy.channels.message import Kind, Notice, cloud_event, event_id, message_id, with_fence
from spy.domain.run import Chunk
from spy.domain.verdict import State

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
RELEASE = Notice(
    source="https://spy.example.invalid/prod",
    chunk=Chunk(398600),
    kind=Kind.RELEASE,
    revision=3,
    fence_token=7,
    recipient="tier0",
    verdict=State.READY,
    decided_at=NOW,
    not_after=NOW + timedelta(hours=30),
    payload_hashes={"EcalPedestals_prompt": "ab12"},
    expected_lock_at=NOW + timedelta(hours=30),
    rulebook="c0ffee",
    program="0.1.0",
    links={"run": "https://spy.example.invalid/run/398600"},
)


def test_the_id_follows_the_vector() -> None:
    assert (
        event_id("https://readiness.example/agent", "391234", "Express", "prompt-release", 1)
        == "c6575205-52e0-5f0f-8002-3af14174a9b1"
    )


def test_the_id_depends_on_every_part_and_on_nothing_else() -> None:
    first = message_id("https://a.invalid", "398600", 1, "release", "tier0")
    others = {
        message_id("https://b.invalid", "398600", 1, "release", "tier0"),
        message_id("https://a.invalid", "398600/Muon0", 1, "release", "tier0"),
        message_id("https://a.invalid", "398600", 2, "release", "tier0"),
        message_id("https://a.invalid", "398600", 1, "hold", "tier0"),
        message_id("https://a.invalid", "398600", 1, "release", "other"),
    }
    assert first == message_id("https://a.invalid", "398600", 1, "release", "tier0")
    assert len(others | {first}) == 6


def test_a_part_with_the_separator_is_refused() -> None:
    with pytest.raises(ValueError, match="may not contain"):
        message_id("https://a.invalid", "398600", 1, "release", "a|b")


def test_a_release_is_one_minified_cloud_event() -> None:
    body = cloud_event(RELEASE, "ch.cern.cms")
    assert body == cloud_event(replace(RELEASE, links=dict(RELEASE.links)), "ch.cern.cms")
    event = json.loads(body)
    assert body == json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
    assert event == {
        "specversion": "1.0",
        "id": RELEASE.id,
        "source": "https://spy.example.invalid/prod",
        "type": "ch.cern.cms.readiness.release.v1",
        "subject": "run/398600",
        "time": "2026-06-01T09:30:00Z",
        "timestamp": "2026-06-01T09:30:00Z",
        "datacontenttype": "application/json",
        "data": {
            "chunk": "398600",
            "run": 398600,
            "primary_dataset": None,
            "kind": "release",
            "verdict": "ready",
            "reasons": [],
            "payload_hashes": {"EcalPedestals_prompt": "ab12"},
            "revision": 3,
            "seq": 3,
            "fence_token": 7,
            "not_after": "2026-06-02T15:30:00Z",
            "expires_at": None,
            "expected_lock_at": "2026-06-02T15:30:00Z",
            "withdraws": None,
            "who": None,
            "why": None,
            "rulebook": "c0ffee",
            "program": "0.1.0",
            "links": {"run": "https://spy.example.invalid/run/398600"},
        },
    }


def test_a_newer_leader_changes_the_token_and_nothing_else() -> None:
    body = cloud_event(RELEASE).decode()
    assert with_fence(body, 7) == body
    assert with_fence(body, 8).encode() == cloud_event(replace(RELEASE, fence_token=8))


def test_words_of_sources_cannot_break_the_body() -> None:
    body = cloud_event(replace(RELEASE, reasons=("tracker\u2028off\n\ud800 é",)))
    assert body.isascii()
    assert json.loads(body)["data"]["reasons"] == ["tracker\u2028off\n\ud800 é"]


def test_a_hold_has_an_end_and_a_withdraw_names_what_it_takes_back() -> None:
    hold = replace(RELEASE, kind=Kind.HOLD, expires_at=NOW, who="shifter@example.org", why="strip noise")
    assert json.loads(cloud_event(hold))["data"]["expires_at"] == "2026-06-01T09:30:00Z"
    withdraw = replace(RELEASE, kind=Kind.WITHDRAW, withdraws=RELEASE.id)
    assert json.loads(cloud_event(withdraw))["data"]["withdraws"] == RELEASE.id
    for wrong in ({"kind": Kind.HOLD}, {"kind": Kind.WITHDRAW}, {"expires_at": NOW}, {"withdraws": "x"}):
        with pytest.raises(ValueError, match="only a"):
            replace(RELEASE, **wrong)


def test_a_dataset_is_named_and_a_lumi_range_is_never_sent() -> None:
    data = json.loads(cloud_event(replace(RELEASE, chunk=Chunk(398600, "Muon0"))))["data"]
    assert (data["chunk"], data["run"], data["primary_dataset"]) == ("398600/Muon0", 398600, "Muon0")
    with pytest.raises(ValueError, match="never sent"):
        replace(RELEASE, chunk=Chunk(398600, lumis=(1, 250)))
