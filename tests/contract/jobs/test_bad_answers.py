"""What no archive may say is unknown, with the reason, and never a number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from probes.jobs.simulator import Simulator
from probes.simulation.wire import Response
from spy.domain.errors import NoAnswer, Refused, SourceError, Unreadable
from tests.support.jobs import BASE, HOUR, Watch, body, group, read
from tests.support.period import Period, Wire, json_response, served, values


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html><title>CERN Single Sign-On</title>", "an HTML page"),
        ('{"result": [', "no valid JSON"),
        ('{"error": "no performance data"}', 'an object with "result"'),
        ('{"result": []}', "one element"),
        ('{"result": [{}]}', '"performance"'),
        ('{"result": [{"performance": {"status": {}}}]}', '"visualizations"'),
        ('{"result": [{"performance": {"status": {}, "visualizations": {}}}]}', '"jobstate"'),
        ('{"result": [{"performance": {"status": {}, "visualizations": {"jobstate": {}}}}]}', '"workflow"'),
        (body({"jobstates": []}), '"label"'),
        (body({"label": None, "jobstates": []}), "express workflows only, found None"),
        (body(group() | {"label": "PromptReco_Run398600_Muon0"}), "express workflows only"),
        (body(group() | {"label": "Express_Run398600_StreamExpress_Tier0_REPLAY_v1"}), "express workflows only"),
        (body(group(success=9), totalMatchedJobs=10), "status counts 10 jobs, its groups hold 9"),
        (body(group(success=9), max_date="yesterday"), "expected a UTC time as max_date"),
    ],
)
def test_an_answer_that_is_none_is_refused_whole(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(text)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (group(success=-1), "found -1"),
        (group(success=9.5), "found 9.5"),
        (group(success="9"), "found '9'"),
        (group(success=True), "found True"),
        (group(success=None), "found None"),
        (group(success=9, paused=3), "found 'paused'"),
        (group() | {"jobstates": None}, "a list of jobstates"),
        (group() | {"jobstates": ["success"]}, "found 'success'"),
        (group() | {"jobstates": [*group(success=1)["jobstates"] * 2]}, "counted twice"),
    ],
)
def test_one_wrong_workflow_spoils_only_its_run(wrong: dict[str, Any], says: str) -> None:
    told = read(body(group("Calibration", success=30), wrong, group(run=398601, success=40, submitfailed=2)))
    assert says in told.problems[398600]
    assert 398600 not in told.counts
    assert (told.counts[398601].jobs, told.counts[398601].failed) == (42, 2)


def test_a_workflow_told_twice_is_not_counted_twice() -> None:
    assert "told twice" in read(body(group(success=30), group(success=30))).problems[398600]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (Response(500, b'{"error": "boom"}', {}), NoAnswer),
        (Response(429, b"", {"Retry-After": "60"}), NoAnswer),
        (Response(401, b"", {}), Refused),
        (Response(302, b"", {"Location": "https://auth.example.invalid/"}), Refused),
        (Response(404, b"{}", {}), Unreadable),
        (json_response(json.dumps({"result": "none"})), Unreadable),
    ],
)
def test_a_service_that_fails_fails_the_look(period: Period, wrong: Response, kind: type[SourceError]) -> None:
    with served(lambda request: wrong, BASE, "jobs") as http, pytest.raises(kind):
        Watch(http, period).at(4 * HOUR)


def test_counts_that_shrink_are_unknown_until_they_are_back(period: Period) -> None:
    simulator = Simulator(period)
    wire: dict[str, Wire] = {"now": simulator.answer}
    with served(lambda request: wire["now"](request), BASE, "jobs") as http:
        watch = Watch(http, period)
        watch.at(9 * HOUR)
        wire["now"] = simulator.empty
        for after in (10 * HOUR, 11 * HOUR):
            problem = "shrinking: 0 jobs, 0 failed; had 200 jobs, 2 failed"
            assert set(values(watch.at(after)).values()) == {problem}
        wire["now"] = simulator.answer
        assert values(watch.at(12 * HOUR))["express_jobs"] == 200


def test_failures_that_disappear_are_unknown(period: Period) -> None:
    simulator = Simulator(period)
    with served(simulator.answer, BASE, "jobs") as http:
        watch = Watch(http, period)
        watch.at(9 * HOUR)
        period.runs[0].express_jobs_failed = 0
        assert "had 200 jobs, 2 failed" in str(values(watch.at(10 * HOUR))["express_jobs_failed"])


def test_without_a_date_of_its_own_an_answer_completes_nothing(period: Period) -> None:
    text = body(group(success=100), max_date="2027-01-01T00:00:00.000Z")
    with served(lambda request: json_response(text), BASE, "jobs") as http:
        watch = Watch(http, period)
        watch.done(8 * HOUR)
        assert values(watch.at(9 * HOUR))["express_jobs_complete"] is False


def test_aggregates_that_end_before_the_last_stream_complete_nothing(period: Period) -> None:
    date = {"Date": "Mon, 01 Jun 2026 09:00:00 GMT"}
    for reaches, complete in (("2026-06-01T00:00:00.000Z", False), ("2026-06-02T00:00:00.000Z", True)):
        text = body(group(success=100), max_date=reaches)
        with served(lambda request, text=text: json_response(text, **date), BASE, "jobs") as http:  # type: ignore[misc]
            watch = Watch(http, period)
            watch.done(8 * HOUR)
            assert values(watch.at(9 * HOUR))["express_jobs_complete"] is complete
