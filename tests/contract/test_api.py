"""What machines are told over HTTP: real requests to a real server on a store filled by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from spy.config import load
from spy.domain.errors import ConfigError
from spy.domain.verdict import State
from spy.store.views import last_decision_id
from spy.web.app import create
from spy.web.serve import server_of
from tests.support.filled_store import NOW, FilledStore, a_night
from tests.support.served import Served


@dataclass
class Site:
    """The application on a store, as clients reach it."""

    store: FilledStore
    client: httpx.Client
    now: datetime = NOW

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    store = a_night(FilledStore(f"sqlite:///{tmp_path / 'spy.db'}"))
    made: list[Site] = []
    app = create(load(), store.engine, lambda: made[0].now)
    with Served(app) as served, httpx.Client(base_url=served.url, trust_env=False) as client:
        made.append(Site(store, client))
        yield made[0]
    store.close()


def is_problem(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail"}
    assert "Traceback" not in answer.text
    return answer.status_code == body["status"] == status


# --- readiness -------------------------------------------------------------------------------------------------------


def test_readiness_is_binary_with_reasons_and_revision(site):
    blocked = site.get("/api/v1/readiness/398602").json()
    assert blocked["ready"] is False
    assert (blocked["verdict"], blocked["revision"]) == ("blocked", 2)
    assert blocked["reasons"] == ["SiStripBadStrip_pcl: upload blocked: upload_result (failed)"]
    ready = site.get("/api/v1/readiness/398603").json()
    assert (ready["ready"], ready["prefix_ready"]) == (True, False)


@pytest.mark.parametrize("chunk", ["398603/Muon0", "398603:1-250"])
def test_a_part_of_a_run_is_answered_as_its_run_and_says_so(site, chunk):
    answer = site.get(f"/api/v1/readiness/{chunk}").json()
    assert (answer["chunk"], answer["answered_for"], answer["ready"]) == (chunk, "398603", True)
    assert answer["note"]


def test_an_unchanged_answer_is_304_and_a_changed_one_is_not(site):
    first = site.get("/api/v1/readiness/398602")
    again = site.get("/api/v1/readiness/398602", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    site.store.decide(398602, State.READY)
    changed = site.get("/api/v1/readiness/398602", If_None_Match=first.headers["etag"])
    assert (changed.status_code, changed.json()["ready"]) == (200, True)


def test_the_answer_of_a_silent_agent_changes_to_not_ready_by_time_alone(site):
    first = site.get("/api/v1/readiness/398603")
    site.now = NOW + timedelta(minutes=6)
    later = site.get("/api/v1/readiness/398603", If_None_Match=first.headers["etag"])
    assert (later.status_code, later.json()["ready"]) == (200, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/readiness/123456", 404),
        ("/api/v1/readiness/none", 400),
        ("/api/v1/readiness/398600:9-1", 400),
        ("/api/v1/readiness/398600%2F..%2F..%2Fetc", 400),
        ("/api/v1/readiness?limit=0", 422),
        ("/api/v1/runs?before=398603", 422),
        ("/api/v1/runs?cursor=x", 400),
        ("/api/v1/runs/0", 422),
        ("/api/v1/runs/99999999999999999999", 422),
        ("/api/v1/runs/123456", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/changes?after=-1", 422),
    ],
)
def test_what_cannot_be_answered_is_a_problem(site, path, status):
    assert is_problem(site.get(path), status)


def test_a_wrong_method_is_a_problem_that_names_the_right_one(site):
    answer = site.client.delete("/api/v1/runs")
    assert is_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_the_list_and_the_first_unready_run_say_the_same(site):
    listed = {answer["chunk"]: answer for answer in site.get("/api/v1/readiness?limit=6").json()["readiness"]}
    assert list(listed) == [str(run) for run in range(398607, 398601, -1)]
    assert listed["398603"]["ready"]
    for name in ("first-unready-run", "firstunreadyrun"):
        assert site.get(f"/api/v1/{name}").json() == {"result": [398602]}


# --- runs and services -----------------------------------------------------------------------------------------------


def test_runs_are_paged_until_there_are_none(site):
    first = site.get("/api/v1/runs?limit=5").json()
    last = site.get(f"/api/v1/runs?limit=5&cursor={first['next']}").json()
    assert [run["run"] for run in first["runs"] + last["runs"]] == list(range(398607, 398599, -1))
    assert last["next"] is None


def test_a_run_tells_every_outcome_with_the_values_seen(site):
    run = site.get("/api/v1/runs/398602").json()
    outcome = next(o for o in run["decision"]["outcomes"] if o["subject"].endswith("SiStripBadStrip_pcl"))
    assert outcome["state"] == "blocked"
    assert outcome["seen"][0]["value"] == "missing"
    assert [revision["verdict"] for revision in run["revisions"]] == ["waiting", "blocked"]
    ended = next(e for e in run["evidence"] if e["name"] == "run_end")
    assert ended["value"] == "2026-06-01T04:00:00Z"
    assert next(e for e in run["evidence"] if e["name"] == "run_ended")["value"] is True


def test_services_tell_their_state(site):
    site.store.look("dqm", problem="503", ago=timedelta(0))
    listed = {line["probe"]: line for line in site.get("/api/v1/services").json()["services"]}
    assert (listed["dqm"]["state"], listed["dqm"]["problem"]) == ("failing", "503")
    assert listed["tier0"]["state"] == "ok"


def test_the_document_describes_every_route(site):
    paths = site.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/readiness/{chunk}" in paths
    assert "/api/v1/changes" in paths


# --- the stream ------------------------------------------------------------------------------------------------------


def events(answer: httpx.Response, number: int) -> list[dict[str, str]]:
    """The next events of a stream, as field to value."""
    found: list[dict[str, str]] = [{}]
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            found[-1][name] = value
        elif "id" in found[-1]:
            if len(found) == number:
                return found
            found.append({})
        else:
            found[-1] = {}
    return found


def test_a_decision_is_pushed_and_a_cut_stream_goes_on_where_it_was(site):
    last = last_decision_id(site.store.engine)
    with site.client.stream("GET", "/api/v1/changes", headers={"Last-Event-ID": str(last - 1)}) as answer:
        (old,) = events(answer, 1)
    assert (old["id"], old["event"]) == (str(last), "decision")
    with site.client.stream("GET", "/api/v1/changes", headers={"Last-Event-ID": old["id"]}) as answer:
        site.store.decide(398602, State.READY)
        (new,) = events(answer, 1)
    assert int(new["id"]) == last + 1
    body = json.loads(new["data"])
    assert (body["chunk"], body["revision"], body["verdict"]) == ("398602", 3, "ready")


def test_a_stream_is_not_begun_from_nonsense(site):
    assert is_problem(site.get("/api/v1/changes", Last_Event_ID="soon"), 400)


# --- health and metrics ----------------------------------------------------------------------------------------------


def test_ready_means_that_the_agent_looked_lately_and_live_only_that_the_process_answers(site):
    assert site.get("/health/ready").json()["mode"] == "live"
    site.now = NOW + timedelta(minutes=6)
    assert is_problem(site.get("/health/ready"), 503)
    assert site.get("/health/live").status_code == 200


def test_a_store_that_cannot_be_read_is_503_everywhere_and_never_a_good_answer(site):
    for table in ("probe", "run", "decision"):
        site.store.drop(table)
    paths = ("readiness/398603", "readiness", "runs", "runs/398603", "services", "firstunreadyrun", "changes")
    for path in (*(f"/api/v1/{path}" for path in paths), "/health/ready", "/metrics"):
        assert is_problem(site.get(path), 503), path


def test_metrics_count_and_leave_out_what_is_unknown(site):
    text = site.get("/metrics").text
    assert 'spy_queued_runs{verdict="blocked"} 1' in text
    assert "spy_frontier_run 398602" in text
    assert "spy_tier0_prompt_enabled 1" in text
    site.now = NOW + timedelta(hours=1)
    assert "spy_tier0_prompt_enabled 1" not in site.get("/metrics").text


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example.invalid", "evil.example.invalid:8050", "10.0.0.1", "127.0.0.1.nip.invalid", "[::"]
)
def test_a_name_that_is_not_this_machine_is_refused(site, host):
    assert is_problem(site.get("/api/v1/runs", Host=host), 421)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8050", "[::1]:8050"])
def test_this_machine_is_served_by_any_of_its_names(site, host):
    assert site.get("/health/live", Host=host).status_code == 200


def test_another_sites_script_may_not_post(site):
    answer = site.client.post("/api/v1/runs", headers={"Origin": "http://evil.example.invalid"})
    assert is_problem(answer, 421)


def test_every_answer_forbids_framing_and_foreign_scripts(site):
    for path in ("/health/live", "/api/v1/nothing", "/api/v1/readiness/none"):
        headers = site.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "script-src 'self'" in headers["content-security-policy"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "spy.example.invalid"])
def test_nothing_but_this_machine_is_bound_while_there_is_no_login(site, host):
    with pytest.raises(ConfigError, match="without a login"):
        server_of(create(load(), site.store.engine, lambda: NOW), host, 0)
