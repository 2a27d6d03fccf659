"""The reference receiver over real HTTP: what is stored once, who is believed, what can be read."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from spy.channels.message import CONTENT_TYPE, Kind, cloud_event
from spy.channels.signature import sign
from spy.channels.webhook import Webhook
from spy.domain.errors import DeliveryError
from tests.support.receiver_site import NEW, OLD, START, WRONG, Site, notice, problem_of

# --- stored once -----------------------------------------------------------------------------------------


def test_a_release_is_recorded_and_counts(site: Site) -> None:
    first = notice()
    answer = site.send(first)
    assert answer.status_code == 202
    assert answer.json() == {
        "outcome": "recorded",
        "id": first.id,
        "kind": "release",
        "run": 398598,
        "primary_dataset": None,
        "received_at": "2026-06-01T12:00:00Z",
        "blocked_by": None,
    }
    assert site.receiver.early_release(398598) == START
    assert site.receiver.early_release(398599) is None
    assert site.state(first) == "recorded"


def test_a_repetition_changes_nothing_and_gets_the_first_answer_again(site: Site) -> None:
    first = site.send(notice())
    site.now += timedelta(minutes=30)
    again = site.send(notice())
    assert again.status_code == 200
    assert again.json() == first.json() | {"outcome": "duplicate"}
    assert site.receiver.early_release(398598) == START
    assert len(site.get("/v1/decisions").json()["decisions"]) == 1


def test_a_repetition_is_still_a_repetition_after_its_time_after_the_lock_and_under_a_newer_epoch(site: Site) -> None:
    site.send(notice())
    site.send(notice(run=398599, fence_token=9))
    site.tier0.locked_runs |= {398598}
    site.now += timedelta(hours=31)
    assert site.send(notice()).status_code == 200


def test_an_id_with_another_body_is_refused_and_changes_nothing(site: Site) -> None:
    first = notice()
    site.send(first)
    assert problem_of(site.send(replace(first, reasons=("something else",)))) == "id_reused"
    known = site.get(f"/v1/decisions/{first.id}").json()
    assert known["body_sha256"] == hashlib.sha256(cloud_event(first)).hexdigest()


def test_a_decision_that_was_stored_survives_a_kill_and_is_not_stored_twice(tmp_path: Path) -> None:
    site = Site(tmp_path / "receiver.db", [OLD])
    with site.up():
        answer = site.send(notice())
    site.open()
    with site.up():
        again = site.send(notice())
        assert again.status_code == 200
        assert again.json()["received_at"] == answer.json()["received_at"]
        assert site.receiver.early_release(398598) == START
        assert problem_of(site.send(notice(run=398599, fence_token=4))) == "stale_epoch"


def test_of_many_copies_at_once_to_two_processes_one_is_recorded_and_the_others_are_duplicates(tmp_path: Path) -> None:
    sites = [Site(tmp_path / "receiver.db", [OLD]) for _ in range(2)]
    sent = [notice(run=run, revision=revision) for run in (398598, 398599) for revision in range(1, 6)]
    start = threading.Barrier(8)

    def post(number: int) -> list[int]:
        site = sites[number % 2]
        start.wait(10)
        return [site.take(each) for each in sent]

    with ThreadPoolExecutor(8) as pool:
        answers = list(zip(*pool.map(post, range(8)), strict=True))
    for site in sites:
        site.receiver.close()
    assert [sorted(statuses) for statuses in answers] == [[200] * 7 + [202]] * len(sent)


def test_a_failing_store_says_that_nothing_is_certain(site: Site) -> None:
    site.receiver.close()
    assert problem_of(site.send(notice())) == "unavailable"


# --- the signature ---------------------------------------------------------------------------------------


def test_every_refusal_of_a_signature_gets_the_same_answer_and_stores_nothing(site: Site) -> None:
    body = cloud_event(notice())
    good = sign(OLD, notice().id, site.now, body) | {"content-type": CONTENT_TYPE}
    late = sign(OLD, notice().id, site.now - timedelta(seconds=301), body)
    attempts = [
        (body, {"content-type": CONTENT_TYPE}),
        (body, good | sign(WRONG, notice().id, site.now, body)),
        (body, good | late),
        (body + b" ", good),
        (body, good | {"webhook-id": "another"}),
        (body, good | {"webhook-signature": "v1"}),
        (body, good | {"webhook-signature": "v1,a,b v1,abcde"}),
        (b"\xff\xfe", good),
    ]
    answers = [site.post(content, headers) for content, headers in attempts]
    assert {problem_of(answer) for answer in answers} == {"signature"}
    assert len({answer.content for answer in answers}) == 1
    assert site.get("/v1/decisions").json() == {"decisions": [], "next": 0}
    assert site.post(body, good).status_code == 202


def test_while_keys_rotate_both_are_accepted_and_a_withdrawn_key_no_longer() -> None:
    site = Site(":memory:", [NEW, OLD])
    with site.up():
        assert site.send(notice(), OLD).status_code == 202
        assert site.send(notice(run=398599), NEW).status_code == 202
    site = Site(":memory:", [NEW])
    with site.up():
        assert problem_of(site.send(notice(), OLD)) == "signature"


def test_a_header_given_twice_is_not_a_signature(site: Site) -> None:
    body = cloud_event(notice())
    headers = list((sign(OLD, notice().id, site.now, body) | {"content-type": CONTENT_TYPE}).items())
    headers.append(("webhook-id", notice().id))
    answer = httpx.post(f"{site.url}/v1/decisions", content=body, headers=headers, timeout=10, trust_env=False)
    assert problem_of(answer) == "signature"


# --- reading ---------------------------------------------------------------------------------------------


def test_a_run_tells_what_counts_for_it(site: Site) -> None:
    release, hold = notice(run=398600), notice(Kind.HOLD, 398600, 2)
    site.send(release)
    site.send(hold)
    told = site.get("/v1/runs/398600").json()
    assert (told["release"], told["hold"], told["blocked_by"]) == ([release.id], [hold.id], 398598)
    assert (told["stopped"], told["locked"], told["released"]) == (True, False, False)
    assert [d["kind"] for d in told["decisions"]] == ["release", "hold"]
    assert problem_of(site.get("/v1/runs/1")) == "unknown_run"


def test_the_list_goes_on_where_it_was_left(site: Site) -> None:
    site.send(notice())
    page = site.get("/v1/decisions").json()
    site.send(notice(run=398599))
    further = site.get(f"/v1/decisions?after={page['next']}").json()
    assert [d["run"] for d in further["decisions"]] == [398599]
    assert site.get(f"/v1/decisions?after={further['next']}").json() == {"decisions": [], "next": further["next"]}
    assert problem_of(site.get("/v1/decisions?after=-1")) == "malformed"


@pytest.mark.parametrize("path", ["/v1/decisions/none", "/v1/decisions/c6575205-52e0-5f0f-8002-3af14174a9b1"])
def test_a_decision_that_never_came_is_unknown(site: Site, path: str) -> None:
    assert problem_of(site.get(path)) == "unknown_decision"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/runs/", "/v1/runs/x", "/v1/decisions/a.b", "/v1/decisions/a/b"])
def test_any_other_path_is_not_found(site: Site, path: str) -> None:
    assert problem_of(site.get(path)) == "not_found"


@pytest.mark.parametrize(("method", "path"), [("PUT", "/v1/decisions"), ("DELETE", "/v1/decisions/x")])
def test_nothing_but_reading_is_possible_elsewhere(site: Site, method: str, path: str) -> None:
    assert problem_of(httpx.request(method, site.url + path, timeout=10, trust_env=False)) == "method"


# --- with our own sender ---------------------------------------------------------------------------------


def test_the_webhook_and_the_receiver_understand_each_other(site: Site) -> None:
    hook = Webhook(f"{site.url}/v1/decisions", OLD, deadline=timedelta(seconds=10), clock=lambda: site.now)
    first = notice(run=398600)
    body = cloud_event(first)
    assert hook.ask(first.id) is None
    sent = hook.send(first.id, body)
    assert (sent.outcome, sent.blocked_by) == ("recorded", 398598)
    assert hook.send(first.id, body).outcome == "duplicate"
    known = hook.ask(first.id)
    assert known is not None
    assert (known.state, len(known.body_sha256)) == ("blocked", 64)
    with pytest.raises(DeliveryError, match="409 stale_epoch") as stale:
        hook.send(notice(run=398601, fence_token=1).id, cloud_event(notice(run=398601, fence_token=1)))
    assert not stale.value.retry
    with pytest.raises(DeliveryError, match="404 unknown_run") as unknown:
        hook.send(notice(run=1).id, cloud_event(notice(run=1)))
    assert unknown.value.retry
    hook.close()
