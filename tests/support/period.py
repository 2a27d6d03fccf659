"""A few simulated runs at one moment, what a probe is asked about them, and a ledger small enough to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from probes.simulation.server import serve
from probes.simulation.tier0_clock import first_safe_run
from probes.simulation.truth import SimRun
from probes.simulation.wire import Request, Response
from spy.domain.evidence import Evidence, Scope, unknown
from spy.domain.product import OnlineTag
from spy.domain.run import Run
from spy.domain.subject import Subject, part_of, run_of
from spy.http import Http
from spy.probe import Open, OpenRun, Probe

START = datetime(2026, 6, 1, tzinfo=UTC)
Wire = Callable[[Request], Response]


def sim_run(number: int = 398600, **more: Any) -> SimRun:
    """Three hours of collisions with the usual express streams; any field can be given."""
    values: dict[str, Any] = {
        "run_class": "collisions",
        "start": START,
        "end": START + timedelta(hours=3),
        "lumis": 462,
        "streams": ["Express", "ExpressAlignment", "Calibration"],
        "datasets": ["JetMET0", "Muon0"],
        "era": "Run2026D",
        "express_global_tag": "160X_dataRun3_Express_v2",
        "prompt_global_tag": "160X_dataRun3_Prompt_v1",
        "cmssw": "CMSSW_16_0_7_patch1",
        "products": [],
        "stream_done": {},
        "alca_skim": {
            "Express": "TkAlMinBias,PromptCalibProdSiStrip,PromptCalibProdSiPixel",
            "ExpressAlignment": "TkAlMinBias,PromptCalibProdBeamSpotHP",
            "Calibration": "EcalTestPulsesRaw,PromptCalibProdEcalPedestals",
        },
        "fill": 11200,
    }
    return SimRun(number, **(values | more))


@dataclass
class Period:
    """The part of the simulated world that the simulators of runs read."""

    runs: list[SimRun]
    now: datetime = START
    prompt_enabled: bool = True
    instance: str = "prod"

    def visible_runs(self) -> list[SimRun]:
        return [run for run in self.runs if run.start <= self.now]

    def first_safe_run(self) -> int | None:
        return first_safe_run(run for run in self.visible_runs() if run.transferred and run.datasets)


@dataclass
class Looks:
    """Looks of one probe in a row, remembered as the agent's ledger would."""

    probe: Probe
    http: Http
    known: dict[tuple[Subject, str], Evidence] = field(default_factory=dict)
    first_safe_run: int | None = None
    online_tags: tuple[OnlineTag, ...] = ()

    def look(self, now: datetime, *runs: Run) -> dict[tuple[str, str], Evidence]:
        """What one look yields, by the subject's short name (`398600`, `398600/stream:Express`) and fact."""
        opened = [OpenRun(run, known=self._about(run.number)) for run in runs]
        open_ = Open(now, opened, products={}, first_safe_run=self.first_safe_run, online_tags=self.online_tags)
        seen = list(self.probe.observe(self.http, open_))
        assert len({e.key for e in seen}) == len(seen), "a fact was told twice"
        _check(self.probe, seen)
        assert not [e for e in seen if (old := self.known.get(e.key)) and old.final], "final, and told again"
        for key, old in self.known.items():
            if not old.final and key not in {e.key for e in seen}:
                self.known[key] = unknown(*key, old.source, now, "no longer reported")
        self.known |= {e.key: e for e in seen}
        return {(short(e.subject), e.name): e for e in seen}

    def _about(self, number: int) -> Mapping[tuple[Subject, str], Evidence]:
        return {key: e for key, e in self.known.items() if run_of(key[0]) == number}

    def value(self, name: str, subject: str = "398600") -> object:
        """The latest value as the ledger knows it."""
        return next((e.value for (s, n), e in self.known.items() if (short(s), n) == (subject, name)), None)


def short(subject: Subject) -> str:
    return subject.removeprefix("prod:")


def values(seen: Mapping[tuple[str, str], Evidence], subject: str = "398600") -> dict[str, object]:
    """Values by name; for an unknown one its problem."""
    return {name: e.problem if e.value is None else e.value for (s, name), e in seen.items() if s == subject}


def _check(probe: Probe, seen: list[Evidence]) -> None:
    """Every fact is declared for its kind of subject and has the declared type."""
    declared = {(fact.name, fact.scope): fact.kind for fact in probe.facts}
    for e in seen:
        kind = declared[e.name, Scope(part_of(e.subject)[0])]
        assert e.value is None or kind.holds(e.value), e
        assert (e.value is None) == bool(e.problem), e
        assert e.source == probe.name


def run_of_sim(run: SimRun, now: datetime) -> Run:
    """The run as the agent knows it: its end is unknown before it came."""
    end = run.end if run.end is not None and run.end <= now else None
    return Run(run.number, start=run.start, end=end, last_lumi=run.lumis if end else None)


@contextmanager
def served(answer: Wire, path: str, service: str, **more: Any) -> Iterator[Http]:
    """A client of a service that really listens on loopback."""
    with serve({service: answer}) as servers:
        http = Http(service, servers.urls[service] + path, deadline=timedelta(seconds=10), **more)
        try:
            yield http
        finally:
            http.close()


def instead(answer: Wire, part: str, other: Response) -> Wire:
    """A service that gives `other` for each request whose path and query contain `part`."""

    def give(request: Request) -> Response:
        asked = str(httpx.URL(request.path, params={k: v[0] for k, v in request.query.items()}))
        return other if part in asked else answer(request)

    return give


def json_response(body: str, **headers: str) -> Response:
    # Without a date that can be read: the server would put the real one in, which is of another year than the period.
    return Response(200, body.encode(), {"Content-Type": "application/json", "Date": "unknown", **headers})
