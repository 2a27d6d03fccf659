"""Acts over the API: all of them, ended before their time, and made to last longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.domain.act import Do
from spy.domain.caller import Reach, Role
from spy.domain.release import Stage
from spy.store import audit
from spy.store.engine import reading
from tests.support.api_site import api_site
from tests.support.filled_store import NOW


def keep(site, until="6h"):
    return site.post("/acts", do="keep_back", chunk="398603", why="noise", until=until).json()["act"]["id"]


def in_force(site):
    return [(act["do"], act["until"]) for act in site.get("/acts?in_force=true")["acts"]]


def test_an_act_that_has_an_ending_act_is_ended_by_it(site):
    number = keep(site)
    answer = site.post(f"/acts/{number}/end", why="understood")
    assert (answer.status_code, answer.json()["act"]["do"]) == (201, "release_back")
    assert in_force(site) == [("release_back", None)]
    ended = site.get("/acts?do=keep_back")["acts"][0]
    assert (ended["ended_by"], ended["ended_at"]) == ("ana", "2026-06-01T12:00:00Z")
    assert [row["what"] for row in site.get("/audit")["audit"]] == ["release_back", "keep_back"]


def test_a_waiver_is_ended_where_it_stands_and_the_audit_says_why(site):
    waiver = site.post("/acts", do="waive", chunk="398602", rule="upload", why="seen by hand").json()["act"]["id"]
    answer = site.post(f"/acts/{waiver}/end", why="it was wrong")
    assert answer.json()["act"]["ended_by"] == "ana"
    assert in_force(site) == []
    assert site.get("/audit")["audit"][0]["detail"] == f"ended act {waiver}: it was wrong"
    again = site.post(f"/acts/{waiver}/end", why="again")
    assert (again.status_code, again.json()["detail"]) == (400, f"act {waiver} was ended by ana")


def test_a_longer_act_takes_the_place_of_the_old_one_at_once(site):
    number = keep(site)
    site.now = NOW + timedelta(hours=1)
    answer = site.post(f"/acts/{number}/extend", until="12h", why="not understood yet")
    assert (answer.status_code, answer.json()["act"]["until"]) == (201, "2026-06-02T01:00:00Z")
    assert in_force(site) == [("keep_back", "2026-06-02T01:00:00Z")]
    assert site.get("/readiness/398603")["reasons"][1:] == ["keep_back: ana: not understood yet"]


def test_an_act_on_a_range_stays_on_its_range_when_it_is_made_longer_and_ended(site):
    wish = {"do": "keep_back", "from_run": 398602, "to_run": 398603, "why": "noise", "until": "6h"}
    number = site.post("/acts", **wish).json()["act"]["id"]
    longer = site.post(f"/acts/{number}/extend", until="12h", why="not understood yet").json()["act"]
    assert (longer["from_run"], longer["to_run"]) == (398602, 398603)
    ended = site.post(f"/acts/{longer['id']}/end", why="understood")
    assert (ended.status_code, ended.json()["act"]["to_run"]) == (201, 398603)
    assert in_force(site) == [("release_back", None)]


@pytest.mark.parametrize("wish", [{"chunk": "398602", "to_run": 398603}, {"from_run": 398603, "to_run": 398602}])
def test_a_range_that_is_none_is_refused(site, wish):
    answer = site.post("/acts", do="keep_back", why="noise", until="6h", **wish)
    assert (answer.status_code, "--from-run" in answer.json()["detail"]) == (400, True)
    assert in_force(site) == []


@pytest.mark.parametrize("until", ["1h", "2026-06-01T18:00:00Z", "soon", "2026-06-01T11:00:00Z"])
def test_an_act_is_not_made_shorter_or_ended_by_an_extension(site, until):
    number = keep(site)
    answer = site.post(f"/acts/{number}/extend", until=until, why="x")
    assert answer.status_code == 400
    assert in_force(site) == [("keep_back", "2026-06-01T18:00:00Z")]


def test_what_does_not_last_cannot_be_ended_or_extended(site):
    site.store.stages(398603, Stage.QUEUED, Stage.SENT, Stage.ACCEPTED)
    done = site.post("/acts", do="withdraw", chunk="398603", why="wrong alignment").json()["act"]["id"]
    for wish, body in (("end", {}), ("extend", {"until": "6h"})):
        answer = site.post(f"/acts/{done}/{wish}", why="x", **body)
        assert (answer.status_code, "is done once" in answer.json()["detail"]) == (400, True)


def test_an_act_that_nobody_made_or_that_is_over_cannot_be_changed(site):
    assert "there is no act 77" in site.post("/acts/77/end", why="x").json()["detail"]
    number = keep(site, until="1h")
    site.now = NOW + timedelta(hours=2)
    assert "has ended by itself" in site.post(f"/acts/{number}/extend", until="6h", why="x").json()["detail"]


def test_an_end_needs_who_and_why(site):
    site.store.act(Do.SILENCE, 398602, "known")
    assert site.post("/acts/1/end", why="x", who=" ").status_code == 400
    assert site.post("/acts/1/end", why=" ").status_code == 400
    assert site.post("/acts/1/end").status_code == 422
    assert in_force(site) == [("silence", None)]


def test_a_shifter_takes_a_waiver_back_and_does_not_make_it_longer(tmp_path):
    """Who keeps something from going out needs less than who lets it go."""
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", login=tmp_path) as site:
        waiver = site.store.act(Do.WAIVE, 398602, "seen by hand", rule="upload", until=NOW + timedelta(hours=1)).id

        def status(wish, role, **body):
            token = site.token(Reach.ACT, role=role, name=f"{role} {wish}")
            headers = {"Authorization": f"Bearer {token}"}
            answer = site.client.post(f"/api/v1/acts/{waiver}/{wish}", json={"why": "x"} | body, headers=headers)
            return answer.status_code

        assert status("end", Role.VIEWER) == 403
        assert status("extend", Role.SHIFTER, until="6h") == 403
        assert status("end", Role.SHIFTER) == 201
        with reading(site.store.engine) as connection:
            told = [(row.who, row.what, row.outcome) for row in audit.newest(connection, 3)]
        assert told == [
            ("shifter end", "end waive", "done"),
            ("shifter extend", "waive", "refused"),
            ("viewer end", "end waive", "refused"),
        ]


def test_an_extension_that_needs_two_waits_for_the_second_and_holds_until_then(tmp_path):
    with api_site(f"sqlite:///{tmp_path / 'spy.db'}", two_persons=("waive",)) as site:
        wish = {"do": "waive", "chunk": "398602", "rule": "upload", "why": "seen by hand", "until": "1h"}
        number = site.post("/acts", **wish).json()["proposal"]
        waiver = site.post(f"/proposals/{number}?who=ben").json()["act"]["id"]
        asked = site.post(f"/acts/{waiver}/extend", until="4h", why="still so")
        assert (asked.status_code, asked.json()["done"]) == (200, False)
        assert in_force(site) == [("waive", "2026-06-01T13:00:00Z")]
        assert site.post(f"/proposals/{asked.json()['proposal']}?who=ben").status_code == 201
        assert in_force(site) == [("waive", "2026-06-01T16:00:00Z")]


@pytest.mark.parametrize("bad", ["\u0000", "x" * 2001])
def test_a_reason_that_no_store_keeps_is_refused(site, bad):
    assert site.post("/acts", do="keep_back", chunk="398603", why=f"a{bad}").status_code == 422


def test_a_script_in_a_reason_comes_back_as_the_text_that_it_is(site):
    script = "<script>alert('x')</script> \u202e"
    site.post("/acts", do="keep_back", chunk="398603", why=script)
    answer = site.client.get("/api/v1/acts")
    assert answer.json()["acts"][0]["why"] == script
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


BODIES = [
    (b"{", "application/json", 422),
    (b"[]", "application/json", 422),
    (b'{"do": 5, "why": ["x"]}', "application/json", 422),
    (b'{"do": "stop", "why": "\\ud800"}', "application/json", 422),
    (b"\xff\xfe", "application/json", 422),
    (b"do=stop&why=x", "application/x-www-form-urlencoded", 422),
    (b"[" * 100_000, "application/json", 400),
    (b"x" * 300_000, "application/json", 413),
]


def test_a_body_that_is_none_is_a_problem(site):
    for body, kind, status in BODIES:
        answer = site.client.post("/api/v1/acts", content=body, headers={"content-type": kind})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), body[:20]


def test_a_wrong_method_is_told_all_right_ones(site):
    answer = site.client.delete("/api/v1/acts")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert site.client.post("/api/v1/nothing").status_code == 404
    assert site.client.post("/metrics").headers["allow"] == "GET"
