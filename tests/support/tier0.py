"""Runs at Tier0 and answers of its data service, for tests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from probes.tier0.probe import Tier0
from spy.http import Answer, Http
from tests.support.period import START, Looks, Period, run_of_sim, values
from tests.support.transcript import exchanges

DATA = Path(__file__).parent.parent / "data" / "tier0"
BASE = "/t0wmadatasvc/prod/"
HOUR = timedelta(hours=1)
LOOK = timedelta(minutes=2)

OK, ERRORS, DATABASE = (exchanges(DATA / f"http_{kind}.txt") for kind in ("ok", "errors", "db_edge_cases"))


def read(body: str, **headers: str) -> Answer:
    return Answer("tier0", "asked", 200, body, headers)


def body(name: str) -> Answer:
    return read((DATA / "bodies" / f"{name}.json").read_text())


class Watch:
    """One open run, looked at again and again."""

    def __init__(self, http: Http, period: Period) -> None:
        self.looks = Looks(Tier0(), http)
        self.period = period
        self.now = START

    def at(self, after: timedelta) -> dict[str, object]:
        """What one look finds about the run."""
        self.now = self.period.now = START + after
        seen = self.looks.look(self.now, run_of_sim(self.period.runs[-1], self.now))
        return values(seen) | {s.partition("/")[2] + "." + n: e.value for (s, n), e in seen.items() if "/" in s}

    def final(self, name: str) -> bool:
        return any(e.final for (_, n), e in self.looks.known.items() if n == name)
