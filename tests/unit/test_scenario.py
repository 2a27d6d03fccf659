"""A scenario file is read as written, and every mistake in it is reported at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from probes.simulation.scenario import Scenario, unknown_numbers
from probes.simulation.simulators import services
from probes.simulation.story import DATASETS, KINDS, STREAMS
from spy import config
from spy.domain.errors import ConfigError

START = datetime(2026, 6, 1, tzinfo=UTC)
EXAMPLE = """
start = 2026-06-01T00:00:00Z
seed = 1
until = "60h"

[[run]]
number = 398600
class = "collisions"
start = "0h"
end = "3h"
lumis = 462
streams = ["Express", "ExpressAlignment", "Calibration"]
datasets = ["Muon0", "JetMET0"]
express_done = "5h"

[[run.product]]
name = "SiStripBadStrip_pcl"
harvested = "6h"
outcome = "payload"
upload = "ok"
uploaded = "6h30m"
vanishes = "20h"

[[fault]]
service = "conditions"
kind = "down"
from = "4h"
to = "8h"

[[act]]
at = "5h"
who = "shifter@example.org"
do = "keep_back"
chunk = "398600"
why = "check of the strip noise"
until = "12h"
"""
HEAD = "start = 2026-06-01T00:00:00Z\n"
RUN = HEAD + '[[run]]\nnumber = 398600\nclass = "collisions"\nstart = "0h"\n'


def after(**span: float) -> datetime:
    return START + timedelta(**span)


def mistakes(text: str, products: tuple[str, ...] = ()) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        Scenario.parse(text, "bad.toml", products)
    return caught.value.mistakes


def test_the_published_example_is_read_with_absolute_times():
    scenario = Scenario.parse(EXAMPLE, "example.toml")
    assert (scenario.start, scenario.until, scenario.seed) == (START, after(hours=60), 1)
    (run,) = scenario.runs
    assert (run.number, run.run_class, run.lumis) == (398600, "collisions", 462)
    assert (run.start, run.end, run.express_done) == (START, after(hours=3), after(hours=5))
    (product,) = run.products
    assert (product.harvested, product.uploaded, product.vanishes) == (
        after(hours=6),
        after(hours=6, minutes=30),
        after(hours=20),
    )
    (fault,) = scenario.faults
    assert not fault.covers(after(hours=4) - timedelta(microseconds=1))
    assert fault.covers(after(hours=4))
    assert not fault.covers(after(hours=8))
    (act,) = scenario.acts
    assert (act.at, act.do, act.chunk, act.until) == (after(hours=5), "keep_back", "398600", after(hours=12))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("6h30m", 23400), ("2d", 172800), ("1d2h3m4s", 93784), ("-2h", -7200)]
)
def test_offsets_compound_and_may_lie_before_the_start(text, seconds):
    scenario = Scenario.parse(RUN.replace('"0h"', f'"{text}"') + 'end = "3d"', "x.toml")
    assert scenario.runs[0].start == START + timedelta(seconds=seconds)


def test_what_is_not_said_is_good():
    (run,) = Scenario.parse(RUN + 'end = "2h"\n[[run.product]]\nname = "a"\nharvested = "3h"', "x.toml").runs
    (product,) = run.products
    assert (product.outcome, product.upload) == ("payload", "ok")
    assert product.uploaded == after(hours=3, minutes=30)
    assert product.vanishes is None
    assert run.express_done is None
    assert (run.transferred, run.tracker_in, run.stable_beams) == (True, True, True)
    assert run.lumis == int(7200 / 23.31)


def test_what_writes_no_payload_is_not_uploaded():
    text = RUN + '[[run.product]]\nname = "a"\nharvested = "3h"\noutcome = "no_update"'
    assert Scenario.parse(text, "x.toml").runs[0].products[0].uploaded is None


@pytest.mark.parametrize("run_class", STREAMS)
def test_streams_and_datasets_follow_the_class(run_class):
    (run,) = Scenario.parse(RUN.replace("collisions", run_class), "x.toml").runs
    assert list(run.streams) == STREAMS[run_class]
    assert list(run.datasets) == DATASETS[run_class]
    assert run.era == ("HIRun2026A" if run_class == "heavy-ions" else "Run2026D")
    assert run.stable_beams is (run_class != "cosmics")


def test_an_empty_list_of_datasets_means_no_bulk_stream():
    assert Scenario.parse(RUN + "datasets = []", "x.toml").runs[0].datasets == ()


def test_the_world_believes_what_the_agent_is_told_about_delays_unless_it_says_otherwise():
    told = HEAD + '[agent.tier0]\nreco_delay = "4h"\nlock_offset = "10m"'
    scenario = Scenario.parse(told, "x.toml")
    assert (scenario.reco_delay, scenario.lock_offset) == (timedelta(hours=4), timedelta(minutes=10))
    assert scenario.agent == {"tier0": {"reco_delay": "4h", "lock_offset": "10m"}}
    assert Scenario.parse('reco_delay = "6h"\n' + told, "x.toml").reco_delay == timedelta(hours=6)


def test_every_mistake_is_reported_at_once_with_place_and_nearest_name():
    found = mistakes(
        """
        until = "3x"
        sed = 3
        [[run]]
        number = "398600"
        class = "colisions"
        start = "0h"
        strems = ["Express"]
        streams = ["Expres"]
        [[run.product]]
        name = "SiStripBadStrip"
        outcome = "payloads"
        [[fault]]
        service = "tier"
        kind = "down"
        from = "2h"
        to = "1h"
        [[act]]
        at = "1h"
        who = "somebody"
        do = "waive"
        chunk = "398600x"
        why = 3
        """,
        ("SiStripBadStrip_pcl",),
    )
    assert all(m.startswith("bad.toml: ") for m in found)
    for expected in (
        "start: is missing",
        'until: found "3x"',
        'sed: unknown key, did you mean "seed"?',
        'number: found "398600", expected a whole number',
        'class: found "colisions", expected one of collisions | commissioning | cosmics | heavy-ions',
        'strems: unknown key, did you mean "streams"?',
        'unknown "Expres", did you mean "Express"?',
        'product[1] (SiStripBadStrip): outcome: found "payloads"',
        'product "SiStripBadStrip": no input tag of the configuration, did you mean "SiStripBadStrip_pcl"?',
        'fault[1] (tier): service: found "tier", expected one of ' + " | ".join(sorted(services())),
        "to: must lie after from",
        "rule: is missing",
        "chunk: chunk '398600x': expected RUN",
        "why: found 3, expected a non-empty text",
    ):
        assert [m for m in found if expected in m], expected
    assert len(found) == 14


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start = 2026-06-01T00:00:00", "a time without a zone"),
        (HEAD + "until = 60", "until: found 60, expected an offset"),
        (RUN + 'end = "0h"', "end: must lie after the start of the run"),
        (RUN + '[[run]]\nnumber = 398600\nclass = "cosmics"\nstart = "1h"', "number 398600 is given 2 times"),
        (RUN + 'datasets = "Muon0"', "expected a list of texts"),
        (RUN + "transferred = 1", "transferred: found 1, expected true or false"),
        (RUN + "express_jobs = 9\nexpress_jobs_failed = 10", "found 10, at most express_jobs (9) can fail"),
        (RUN + 'empty_alca_skim = ["HIExpress"]', 'unknown "HIExpress"'),
        (HEAD + 'run = ["398600"]', 'run[1]: found "398600", expected a table'),
        (HEAD + "[[switch]]\nenabled = true", "switch[1]: at: is missing"),
        ("start = ", "not valid TOML"),
    ],
)
def test_a_mistake_names_its_key_and_what_was_expected(text, expected):
    assert [m for m in mistakes(text) if expected in m]


def test_every_kind_of_fault_is_legal_for_every_service():
    faults = [f'[[fault]]\nservice = "{s}"\nkind = "{k}"\nfrom = "1h"\nto = "2h"\n' for s in services() for k in KINDS]
    assert len(Scenario.parse(HEAD + "".join(faults), "x.toml").faults) == 11 * len(services())


def test_a_file_that_is_not_there_is_a_mistake_of_the_configuration(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nothing\.toml: cannot be read"):
        Scenario.load(tmp_path / "nothing.toml")


def test_the_shipped_scenario_fits_the_shipped_configuration():
    text = files("probes.simulation").joinpath("data/default.toml").read_text("utf-8")
    assert len(Scenario.parse(text, "default.toml", config.load().products).runs) > 5


NUMBERED = RUN + 'end = "2h"\n[[run.product]]\nname = "SiStripBadStrip_pcl"\nharvested = "3h"\n'


def test_numbers_of_a_product_are_read_as_they_are_told():
    (run,) = Scenario.parse(
        NUMBERED + "numbers = { bad_strips = 45000 }\npayload_bytes = 200\nrepeats = true", "x.toml"
    ).runs
    (product,) = run.products
    assert (product.numbers, product.payload_bytes, product.repeats) == ({"bad_strips": 45000.0}, 200, True)


@pytest.mark.parametrize("told", ['{ bad_strips = "many" }', "{ bad_strips = true }", "{ bad_strips = nan }", "[1]"])
def test_what_is_no_table_of_numbers_is_refused(told):
    (mistake,) = mistakes(NUMBERED + f"numbers = {told}")
    assert "numbers: found" in mistake
    assert "expected a table of numbers" in mistake


def test_a_number_that_the_configuration_does_not_have_is_refused_with_the_nearest_name():
    scenario = Scenario.parse(NUMBERED + "numbers = { bad_strip = 1 }", "x.toml")
    (mistake,) = unknown_numbers(scenario, config.load().products)
    assert mistake == (
        'x.toml: run 398600: product "SiStripBadStrip_pcl": numbers: unknown "bad_strip", did you mean "bad_strips"? '
        "(allowed: bad_modules, bad_strips)"
    )
