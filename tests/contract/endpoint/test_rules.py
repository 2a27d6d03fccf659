"""Rules over the facts of a block, with the whole agent: a shadow rule shows, a deciding one decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from probes.simulation.report import report
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from probes.simulation.transport import InProcess
from probes.simulation.wire import Request, Response
from spy.app import connection_of
from spy.config import load
from spy.store.engine import reading
from spy.store.tables import DecisionRow, table_of
from tests.support.endpoint import BULK, LINE
from tests.support.period import json_response
from tests.support.plain_story import STORY

RELEASED = {"deciding": timedelta(hours=8), "shadow": timedelta(hours=6)}
"""The last payload comes at 6 h, the tracker people are done at 8 h."""
LATE = timedelta(minutes=30)


class Watched(Steps):
    """The simulated world with one more service, which only the configuration knows."""

    broken = False

    def _connection(self, service: str, wants: str) -> Any:
        if service != "tracker":
            return super()._connection(service, wants)
        return connection_of(service, self.config.service[service], wants, InProcess(self.status), self._seconds)

    def status(self, request: Request) -> Response:
        if self.broken:
            return json_response("<html><title>Sign in</title></html>")
        done = self.at >= self.scenario.start + RELEASED["deciding"]
        return json_response(json.dumps({"data": [LINE | {"state": "done" if done else "open"}]}))


@pytest.fixture
def watched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    rule = {"name": "tracker", "scope": "run", "ready": "tracker_done", "text": "the tracker people are done"}
    block = "[agent.service.tracker]\nurl = 'http://tracker.invalid/api/'\n[[agent.endpoint]]" + BULK
    block = block.replace("[read]", "[agent.endpoint.read]").replace("[[fact]]", "[[agent.endpoint.fact]]")
    scenario = Scenario.parse(STORY + block, "story.toml")
    rules = [*load().model_dump()["rule"], rule | {"shadow": request.param == "shadow"}]
    steps = Watched(replace(scenario, agent={**scenario.agent, "rule": rules}), tmp_path)
    steps.begin()
    yield steps
    steps.close()


def released(steps: Steps) -> list[timedelta]:
    told = report(steps)["messages"]
    return [datetime.fromisoformat(m["at"]) - steps.scenario.start for m in told if "release" in m["kind"]]


@pytest.mark.parametrize("watched", ["deciding", "shadow"], indirect=True)
def test_a_deciding_rule_waits_for_the_service_and_a_shadow_rule_does_not(
    watched: Watched, request: pytest.FixtureRequest
) -> None:
    expected = RELEASED[request.node.callspec.params["watched"]]
    watched.go_to(watched.scenario.start + timedelta(hours=9))
    (at,) = released(watched)
    assert expected <= at < expected + LATE
    table = table_of(DecisionRow)
    with reading(watched.store) as connection:
        told = [outcome for row in connection.execute(select(table)) for outcome in row.outcomes]
    shown = [outcome for outcome in told if outcome["rule"] == "tracker"]
    assert "waiting" in {outcome["state"] for outcome in shown}
    assert {outcome["shadow"] for outcome in shown} == {expected == RELEASED["shadow"]}


@pytest.mark.parametrize("watched", ["deciding"], indirect=True)
def test_a_service_that_shows_a_login_page_releases_nothing(watched: Watched) -> None:
    watched.broken = True
    watched.go_to(watched.scenario.start + timedelta(hours=9))
    assert released(watched) == []
