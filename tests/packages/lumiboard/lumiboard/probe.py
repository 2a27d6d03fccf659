"""What the luminosity board says about each run."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from spy.domain.evidence import Evidence, Fact, Kind, Scope, unknown
from spy.http import Answer, Http
from spy.probe import Open, Probe

STATES = ("pending", "calibrated", "failed")


class LumiBoard(Probe):
    """State of all open runs, in one question.

    Source: the luminosity board, API 1. `GET runs?from=398600&to=398601` answers
    `{"runs": [{"run": 398600, "state": "calibrated", "detectors": ["HFET", "PLT"]}]}`.
    """

    name = "lumiboard"
    service = "lumiboard"
    facts = (
        Fact("lumi_state", Kind.STRING, Scope.RUN, "pending, calibrated or failed"),
        Fact("lumi_detectors", Kind.INT, Scope.RUN, "how many detectors are calibrated", "detectors"),
    )
    every = timedelta(minutes=5)
    stale_after = timedelta(minutes=16)

    def observe(self, ask: Http, open_: Open) -> Iterator[Evidence]:
        if not open_.runs:
            return
        numbers = [run.number for run in open_.runs]
        given = ask.get("runs", {"from": min(numbers), "to": max(numbers)})
        given.dated(open_.now, self.stale_after)
        rows = rows_of(given)
        for run in open_.runs:
            if run.number not in rows:
                problem = f"the board does not list run {run.number}"
                yield from (unknown(run.subject, fact.name, self.name, open_.now, problem) for fact in self.facts)
                continue
            state, detectors = rows[run.number]
            yield Evidence(run.subject, "lumi_state", state, self.name, open_.now)
            yield Evidence(run.subject, "lumi_detectors", detectors, self.name, open_.now)


def rows_of(given: Answer) -> dict[int, tuple[str, int]]:
    """State and number of detectors by run. Whatever is not such an answer is refused, and so unknown."""
    body = given.json()
    if not isinstance(body, dict) or not isinstance(body.get("runs"), list):
        given.refuse('expected {"runs": [...]}')
    rows = {}
    for row in body["runs"]:
        if not is_row(row) or row["run"] in rows:
            given.refuse(f"expected one row with run, state and detectors for each run, found {row!r:.80}")
        rows[row["run"]] = (row["state"], len(row["detectors"]))
    return rows


def is_row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and type(row.get("run")) is int
        and row.get("state") in STATES
        and isinstance(row.get("detectors"), list)
        and all(isinstance(name, str) for name in row["detectors"])
    )
