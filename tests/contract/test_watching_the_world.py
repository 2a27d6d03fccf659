"""Conditions, uploads and DQM watch the real simulated world: they see its truth, and no fault as anything good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from probes.conditions.probe import Conditions
from probes.dqm.probe import Dqm
from probes.dqm.simulator import Simulator as DqmSimulator
from probes.simulation.faults import Faults, Faulty
from probes.simulation.transport import InProcess
from probes.simulation.wire import Simulator
from probes.simulation.world import World
from probes.uploads.probe import Uploads
from probes.uploads.simulator import Simulator as UploadsSimulator
from spy.domain.errors import SourceError
from spy.domain.evidence import Evidence, Value
from spy.domain.run import Run
from spy.domain.subject import of_product, of_tag
from spy.http import Http
from spy.probe import Open, OpenRun, Probe
from tests.support.simulated import PRODUCTS, STRIP, Builder, after, product_text, run_text, world_engine

RUN, END = 398600, after(hours=3)
PRODUCT = "SiStripBadStrip_pcl"
URLS = {"uploads": "http://uploads.invalid/logs/dropBox/", "dqm": "http://dqm.invalid/dqm/offline/"}
GOOD = {"upload_result": "ok", "upload_status": "done", "harvest_sample": True, "since_run": RUN}


@dataclass
class Watch:
    """A world, and what the probes are given to ask it."""

    world: World

    def __post_init__(self) -> None:
        faults = Faults(self.world.scenario.faults)
        simulators: dict[str, Simulator] = {"uploads": UploadsSimulator(self.world), "dqm": DqmSimulator(self.world)}
        self.asks: dict[str, object] = {"conditions": world_engine(self.world, faults)}
        for name, simulator in simulators.items():
            faulty = Faulty(name, simulator, faults, lambda: self.world.now, self.world.as_of)
            transport = InProcess(faulty.answer)
            self.asks[name] = Http(
                name, URLS[name], deadline=timedelta(seconds=10), transport=transport, seconds=self.seconds
            )

    def seconds(self) -> float:
        return self.world.now.timestamp()

    def look(self, probe: Probe, now: datetime) -> list[Evidence]:
        self.world.advance(now)
        run = OpenRun(Run(RUN, start=after(hours=0), end=END), "160X_dataRun3_Prompt_v1")
        open_ = Open(now, [run], PRODUCTS, gating=frozenset({PRODUCT}))
        return list(probe.observe(self.asks[probe.name], open_))

    def facts(self, probe: Probe, now: datetime) -> dict[str, Value | str]:
        """About the product and its tag: value, or problem."""
        subjects = (of_product("prod", RUN, PRODUCT), of_tag("prod", RUN, STRIP))
        seen = self.look(probe, now)
        return {e.name: e.problem if e.value is None else e.value for e in seen if e.subject in subjects}


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Builder]:
    builder = Builder(tmp_path)
    yield builder
    builder.close()


def watch(build: Builder, product: str = "", more: str = "") -> Watch:
    return Watch(build(run_text(listed=False) + product_text(PRODUCT, f'harvested = "6h"\n{product}') + more))


def test_a_plain_calibration_is_followed_from_harvest_to_database(build: Builder):
    seen = watch(build)
    assert seen.facts(Dqm(), after(hours=5)) == {"harvest_sample": False}
    assert seen.facts(Conditions(), after(hours=5))["since_run"] == RUN - 1000
    assert seen.facts(Dqm(), after(hours=6))["entries"] == 100_000
    assert seen.facts(Uploads(), after(hours=6)) == {"upload_status": "none", "upload_result": "none"}
    found = seen.facts(Conditions(), after(hours=7)) | seen.facts(Uploads(), after(hours=7))
    assert {
        name: found[name] for name in ("since_run", "mapped", "upload_status", "upload_result", "upload_since")
    } == {
        "since_run": RUN,
        "mapped": True,
        "upload_status": "done",
        "upload_result": "ok",
        "upload_since": RUN,
    }
    assert found["inserted_at"] == found["uploaded_at"] == after(hours=6.5)


@pytest.mark.parametrize(
    ("product", "result", "status", "since"),
    [
        ('upload = "failed"', "failed", "failed", RUN - 1000),
        ('upload = "skipped"', "skipped", "done", RUN - 1000),
        ('upload = "shifted"', "shifted", "done", RUN - 1000),
        ('upload = "lost"', "ok", "done", RUN - 1000),
        ('uploaded = "60h"', "shifted", "done", RUN - 1000),
    ],
    ids=["failed", "skipped", "shifted", "lost", "after the lock"],
)
def test_the_log_and_the_database_together_tell_what_became_of_an_upload(
    build: Builder, product: str, result: str, status: str, since: int
):
    seen = watch(build, product)
    found = seen.facts(Uploads(), after(hours=61)) | seen.facts(Conditions(), after(hours=61))
    assert (found["upload_result"], found["upload_status"], found["since_run"]) == (result, status, since)


def test_a_payload_that_vanishes_is_missed(build: Builder):
    seen = watch(build, 'vanishes = "20h"')
    assert seen.facts(Conditions(), after(hours=19))["since_run"] == RUN
    assert seen.facts(Conditions(), after(hours=20))["since_run"] == RUN - 1000


@pytest.mark.parametrize(
    "kind", ["down", "slow", "hang", "garbage", "http500", "http429", "auth", "accept_then_drop", "empty", "stale"]
)
@pytest.mark.parametrize("probe", [Conditions(), Uploads(), Dqm()], ids=lambda probe: probe.name)
def test_no_fault_looks_like_anything_good(build: Builder, probe: Probe, kind: str):
    fault = f'[[fault]]\nservice = "{probe.name}"\nkind = "{kind}"\nfrom = "5h"\nto = "9h"\n'
    seen = watch(build, more=fault)
    for _ in range(3):
        try:
            found = seen.facts(probe, after(hours=8))
        except SourceError:
            continue
        assert {name: found[name] for name in GOOD.keys() & found.keys()}.items() & GOOD.items() == set()
    assert seen.facts(probe, after(hours=9)).items() & GOOD.items() != set()
