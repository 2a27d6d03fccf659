"""Express jobs of simulated runs, looks at them, and answers that never came from a simulator."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from probes.jobs import answer
from probes.jobs.probe import Jobs
from spy.domain.evidence import Evidence, Value
from spy.domain.subject import Subject, of_run, of_stream
from spy.http import Answer, Http
from tests.support.period import START, Looks, Period, run_of_sim

DATA = Path(__file__).parent.parent / "data" / "jobs"
BASE = "/wmarchive/"
HOUR = timedelta(hours=1)
RUN = 398600
STREAMS = ("Calibration", "Express", "ExpressAlignment")
DONE = START + 8 * HOUR


def group(stream: str = "Express", run: int = RUN, **states: Any) -> dict[str, Any]:
    counts = [{"jobstate": state, "count": count} for state, count in states.items()]
    return {"label": f"Express_Run{run}_Stream{stream}", "jobstates": counts}


def body(*groups: Any, **status: Any) -> str:
    along = {"jobstate": {"workflow": list(groups)}}
    return json.dumps({"result": [{"performance": {"status": status, "visualizations": along}}]})


def read(text: str, instance: str = "prod") -> answer.Told:
    return answer.performance(Answer("jobs", "data/performance", 200, text, {}), instance)


class Watch:
    """Looks at the runs of a period. What Tier0 says of a run's streams is put into the ledger by hand."""

    def __init__(self, http: Http, period: Period) -> None:
        self.looks = Looks(Jobs(), http)
        self.period = period

    def done(self, after: timedelta, *streams: str, run: int = RUN) -> None:
        """Tier0 has told all streams of the run, and that these are done."""
        self._tier0(of_run("prod", run), "streams", ",".join(STREAMS), after)
        for stream in STREAMS:
            self._tier0(of_stream("prod", run, stream), "producers", "PromptCalibProd", after)
        for stream in streams or STREAMS:
            self._tier0(of_stream("prod", run, stream), "stream_done", True, after)

    def _tier0(self, subject: Subject, name: str, value: Value, after: timedelta) -> None:
        self.looks.known[subject, name] = Evidence(subject, name, value, "tier0", START + after, final=True)

    def at(self, after: timedelta, *numbers: int) -> dict[tuple[str, str], Any]:
        """One look, with these runs open (default 398600)."""
        now = self.period.now = START + after
        opened = [run_of_sim(run, now) for run in self.period.runs if run.number in (numbers or (RUN,))]
        return self.looks.look(now, *opened)
