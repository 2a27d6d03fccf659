"""The probe against good and bad answers over the wire, and a whole story with the board down."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lumiboard.probe import LumiBoard

from probes.simulation.faults import Faults, Faulty
from probes.simulation.scenario import Scenario
from probes.simulation.step import run_steps
from probes.simulation.story import KINDS, Fault
from probes.simulation.transport import InProcess
from probes.simulation.wire import Request, Response
from spy.agent.observe import look
from spy.domain.errors import ConfigError
from spy.domain.run import Run
from spy.http import Http
from spy.probe import Open, OpenRun
from spy.store.ledger import Look

STORY = Path(__file__).with_name("story.toml")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROW = {"run": 398600, "state": "calibrated", "detectors": ["HFET", "PLT"]}
BAD: tuple[object, ...] = (
    "",
    "<html>",
    '{"runs": [',
    [],
    {},
    {"runs": {}},
    {"runs": []},
    {"runs": [{**ROW, "run": 398601}]},
    {"runs": [{**ROW, "run": True}]},
    {"runs": [{**ROW, "state": "fine"}]},
    {"runs": [{**ROW, "detectors": 2}]},
    {"runs": [ROW, ROW]},
)


class Board:
    """Says one thing, whatever it is asked."""

    def __init__(self, body: object, status: int = 200) -> None:
        self.text = body if isinstance(body, str) else json.dumps(body)
        self.status = status

    def answer(self, request: Request) -> Response:
        return Response(self.status, self.text.encode(), {"Content-Type": "application/json"})


def looked(board: Board, *faults: Fault) -> Look:
    wire = InProcess(Faulty("lumiboard", board, Faults(faults), lambda: NOW).answer)
    ask = Http("lumiboard", "http://lumiboard.invalid/api/", deadline=timedelta(seconds=5), transport=wire)
    with closing(ask):
        return look(LumiBoard(), ask, Open(NOW, [OpenRun(Run(398600, "prod"))], {}), lambda key: None)


def test_a_row_becomes_two_facts_about_its_run():
    facts = {(e.subject, e.name): e.value for e in looked(Board({"runs": [ROW]})).evidence}
    assert facts == {("prod:398600", "lumi_state"): "calibrated", ("prod:398600", "lumi_detectors"): 2}


@pytest.mark.parametrize("body", BAD, ids=json.dumps)
def test_a_bad_answer_is_unknown_with_a_reason_and_never_a_value(body):
    seen = looked(Board(body))
    assert seen.problem or [e.problem for e in seen.evidence if e.value is None and e.problem]
    assert [e.value for e in seen.evidence if e.value is not None] == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("stale", "disagree")])
def test_a_broken_service_is_unknown_with_a_reason(kind):
    seen = looked(Board({"runs": [ROW]}), Fault("lumiboard", kind, NOW, NOW + timedelta(hours=1)))
    assert (seen.evidence, bool(seen.problem)) == ((), True)


def test_the_release_waits_for_the_board_and_comes_when_it_is_back():
    report = run_steps(STORY)
    (release,) = report["messages"]
    assert (release["kind"], release["chunk"]) == ("release", "398600")
    assert "2026-06-01T11:00" <= release["accepted_at"] < "2026-06-01T11:11"


def test_a_key_that_the_simulator_does_not_know_is_refused():
    text = STORY.read_text(encoding="utf-8").replace("calibrated =", "calibated =")
    with pytest.raises(ConfigError, match='calibated: unknown key, did you mean "calibrated"'):
        Scenario.parse(text, "story.toml")
