"""Runs in OMS and its answers, for tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from probes.oms import answer
from probes.oms.probe import Oms
from spy.http import Answer, Http
from tests.support.period import START, Looks, Period, run_of_sim

DATA = Path(__file__).parent.parent / "data" / "oms"
BASE = "/agg/api/v1/"
HOUR = timedelta(hours=1)
LOOK = timedelta(minutes=2)
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def recorded(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def jsonapi(*rows: dict[str, Any], total: int | None = None) -> str:
    data = [{"id": str(row.get("run_number")), "type": "runs", "attributes": row} for row in rows]
    return json.dumps({"data": data, "meta": {"totalResourceCount": len(rows) if total is None else total}})


def read(body: str) -> Answer:
    return Answer("oms", "asked", 200, body, {})


def run_row(row: dict[str, Any], now: datetime = NOW) -> answer.RunRow:
    return answer.run_row(read(""), row, now)


class Watch:
    def __init__(self, http: Http, period: Period) -> None:
        self.looks = Looks(Oms(), http, first_safe_run=398600)
        self.period = period

    def at(self, after: timedelta, *numbers: int) -> dict[tuple[str, str], Any]:
        """One look, with these runs open (default 398600)."""
        now = self.period.now = START + after
        opened = [run_of_sim(run, now) for run in self.period.runs if run.number in (numbers or (398600,))]
        return self.looks.look(now, *opened)
