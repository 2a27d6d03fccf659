"""What the tests of the upload log share: products, files, a look, and pages that never came from a simulator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from probes.simulation.server import serve
from probes.simulation.truth import TagResult, Upload
from probes.simulation.wire import Response
from probes.uploads import answer
from probes.uploads.probe import Uploads
from spy.domain.product import Base, Product
from spy.domain.run import Run
from spy.domain.subject import of_product, of_tag
from spy.http import Http
from spy.probe import Open, OpenRun

DATA = Path(__file__).parents[1] / "data" / "conddb"
START = datetime(2026, 6, 1, tzinfo=UTC)
END = START + timedelta(hours=3)
NOW = END + timedelta(hours=6)
RUN = 398600
ECAL = "EcalPedestals_pcl"
BEAM = "BeamSpotObjectHP_ByLumi"


def product(name, *tags, base=Base.RUN):
    return Product(name, f"Prompt{name}", ("Express",), tags, "Rcd", base, "detector", ("x@y.invalid",))


PRODUCTS = {
    ECAL: product(ECAL, "EcalPedestals_prompt", "EcalPedestals_express"),
    BEAM: product(BEAM, "BeamSpotObjects_PCL_byLumi_v0_prompt", base=Base.LUMI),
}


@dataclass
class Tag:
    base: str
    synchronization: str


@dataclass
class World:
    now: datetime = NOW
    uploads: list = field(default_factory=list)
    tags: dict = field(
        default_factory=lambda: {
            "EcalPedestals_prompt": Tag("run", "prompt"),
            "EcalPedestals_express": Tag("run", "express"),
            "BeamSpotObjects_PCL_byLumi_v0_prompt": Tag("lumi", "prompt"),
            "Laser": Tag("time", "any"),
        }
    )


def upload(name=ECAL, *tags, run=RUN, hours=4.0, code=4999, first_safe=RUN - 10, number=1):
    digits = f"{run:06d}{number:02d}"
    tags = tags or (TagResult("EcalPedestals_prompt", "ok", run), TagResult("EcalPedestals_express", "ok", run))
    at = END + timedelta(hours=hours)
    file = f"Run{run}@{name}@{digits}-uuid"
    return Upload(digits.rjust(40, "a"), file, name, run, at, code, first_safe, digits, list(tags))


def open_run(number=RUN, end=END, known=()):
    return OpenRun(Run(number, start=START, end=end), known={e.key: e for e in known})


def looking_at(*runs):
    return Open(NOW, runs or (open_run(),), PRODUCTS, gating=frozenset(PRODUCTS))


def look(http, *runs):
    return list(Uploads().observe(http, looking_at(*runs)))


def facts(evidence, name, run=RUN):
    """Facts about a product or a tag: value, or problem."""
    subjects = (of_product("prod", run, name), of_tag("prod", run, name))
    return {e.name: e.problem if e.value is None else e.value for e in evidence if e.subject in subjects}


def answering(*responses):
    """A service that gives these answers in turn, the last one for ever."""
    left = list(responses)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def look_at(answer, *runs):
    with serve({"uploads": answer}) as served:
        http = Http("uploads", f"{served.urls['uploads']}/logs/dropBox/", deadline=timedelta(seconds=10))
        try:
            return look(http, *runs)
        finally:
            http.close()


def page(body, status=200, kind="text/html"):
    return Response(status, body.encode(), {"Content-Type": kind})


def table(*rows):
    heads = "".join(f"<th>{h}</th>" for h in answer.HEADERS)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    other = "<table><tr><th>backend</th></tr></table>"
    return page(f"{other}<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>")


def row(status="PROCESSING OK", at="2026-06-01 07:00:00", name=f"Run{RUN}@{ECAL}@u", file_hash="ab" * 20, log="Read"):
    return [file_hash, at, "cmsprod", name, status, "-", "{}", "text", "online", log]
