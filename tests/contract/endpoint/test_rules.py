"""Rules over the facts of a block, with the whole agent: a shadow rule shows, a deciding one decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from probes.simulation.report import report
from probes.simulation.scenario import Scenario
from probes.simulation.step import Steps
from spy.config import load
from spy.store.engine import reading
from spy.store.tables import DecisionRow, table_of
from tests.support.endpoint import BULK, LINE
from tests.support.guest import Guests
from tests.support.plain_story import STORY

RELEASED = {"deciding": timedelta(hours=8), "shadow": timedelta(hours=6)}
"""The last payload comes at 6 h, the tracker people are done at 8 h."""
LATE = timedelta(minutes=30)


TRACKER = f"""
import json
from datetime import timedelta
from probes.simulation.wire import Response

class Simulator:
    path = "/api/"
    broken = False

    def __init__(self, world):
        self.world = world

    def answer(self, request):
        if self.broken:
            return Response(200, b"<html><title>Sign in</title></html>")
        done = self.world.now >= self.world.scenario.start + timedelta(hours=8)
        return Response(200, json.dumps({{"data": [{LINE!r} | {{"state": "done" if done else "open"}}]}}).encode())
"""
"""A service that only the configuration asks; a package simulates it."""


@pytest.fixture
def watched(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    guests = Guests(tmp_path / "site", monkeypatch)
    guests.add("tracker-board", TRACKER, simulators="tracker = Simulator")
    rule = {"name": "tracker", "scope": "run", "ready": "tracker_done", "text": "the tracker people are done"}
    block = "[agent.service.tracker]\nurl = 'http://tracker.invalid/api/'\n[[agent.endpoint]]" + BULK
    block = block.replace("[read]", "[agent.endpoint.read]").replace("[[fact]]", "[[agent.endpoint.fact]]")
    scenario = Scenario.parse(STORY + block, "story.toml")
    rules = [*load().model_dump()["rule"], rule | {"shadow": request.param == "shadow"}]
    steps = Steps(replace(scenario, agent={**scenario.agent, "rule": rules}), tmp_path)
    steps.begin()
    yield steps
    steps.close()
    guests.leave()


def released(steps: Steps) -> list[timedelta]:
    told = report(steps)["messages"]
    return [datetime.fromisoformat(m["at"]) - steps.scenario.start for m in told if "release" in m["kind"]]


@pytest.mark.parametrize("watched", ["deciding", "shadow"], indirect=True)
def test_a_deciding_rule_waits_for_the_service_and_a_shadow_rule_does_not(
    watched: Steps, request: pytest.FixtureRequest
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
def test_a_service_that_shows_a_login_page_releases_nothing(watched: Steps) -> None:
    vars(watched.stage.services["tracker"].simulator)["broken"] = True
    watched.go_to(watched.scenario.start + timedelta(hours=9))
    assert released(watched) == []
