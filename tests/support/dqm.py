"""What the tests of the DQM GUI share: products, harvests, a look, and answers that never came from a simulator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probes.dqm.probe import Dqm
from probes.simulation.server import serve
from probes.simulation.truth import SimProduct, SimRun
from probes.simulation.wire import Response
from spy.domain.product import Base, Product
from spy.domain.run import Run
from spy.domain.subject import of_product
from spy.http import Http
from spy.probe import Open, OpenRun

DATA = Path(__file__).parents[1] / "data" / "dqm"
START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(hours=3)
NOW = END + timedelta(hours=6)
RUN = 398600
ALIGN, HIGH, STRIP, BEAM = "SiPixelAli_pcl", "SiPixelAliHG_pcl", "SiStripBadStrip_pcl", "BeamSpotObjectHP_ByLumi"


def product(name, producer, folder="", flags=False, stream="Express"):
    mail = ("x@y.invalid",)
    return Product(
        name, producer, (stream,), (name,), "Rcd", Base.RUN, "detector", mail, dqm_folder=folder, result_flags=flags
    )


PRODUCTS = {
    ALIGN: product(ALIGN, "PromptCalibProdSiPixelAli", "AlCaReco/SiPixelAli", True),
    HIGH: product(HIGH, "PromptCalibProdSiPixelAliHG", "AlCaReco/SiPixelAliHG", True),
    STRIP: product(STRIP, "PromptCalibProdSiStrip", "AlCaReco/SiStrip"),
    BEAM: product(BEAM, "PromptCalibProdBeamSpotHP", stream="ExpressAlignment"),
}


def harvest(name, outcome="payload", hours=2.0):
    plan = PRODUCTS[name]
    at = END + timedelta(hours=hours)
    return SimProduct(name, plan.producer, plan.streams[0], at, outcome, "ok", None)


def sim_run(*harvests, number=RUN):
    return SimRun(
        number, "collisions", START, END, 462, ["Express"], ["Muon0"], "Run2026D", "E", "P", "C", list(harvests), {}, {}
    )


@dataclass
class World:
    now: datetime = NOW
    runs: list = field(default_factory=list)
    products: dict = field(default_factory=lambda: PRODUCTS)

    def visible_runs(self):
        return self.runs


def open_run(number=RUN, end=END, known=()):
    return OpenRun(Run(number, start=START, end=end), known={e.key: e for e in known})


def look(http, *runs):
    open_ = Open(NOW, runs or (open_run(),), PRODUCTS, gating=frozenset(PRODUCTS))
    return list(Dqm().observe(http, open_))


def facts(evidence, name, run=RUN):
    subject = of_product("prod", run, name)
    return {e.name: e.problem if e.value is None else e.value for e in evidence if e.subject == subject}


def look_at(answer, *runs, path="/dqm/offline/"):
    with serve({"dqm": answer}) as served:
        http = Http("dqm", f"{served.urls['dqm']}{path}", deadline=timedelta(seconds=10))
        try:
            return look(http, *runs)
        finally:
            http.close()


def text(body, status=200, kind="text/plain"):
    return Response(status, body.encode(), {"Content-Type": kind})
