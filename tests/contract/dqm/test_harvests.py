"""The DQM GUI over real HTTP: which harvests ran, and how they ended."""

from __future__ import annotations

import pytest

from probes.dqm.simulator import Simulator
from probes.simulation.wire import Request
from tests.support.dqm import ALIGN, BEAM, HIGH, PRODUCTS, RUN, STRIP, facts, harvest, look, look_at, open_run, sim_run


def test_a_harvest_that_ran_is_seen_by_its_sample(http, world):
    world.runs = [sim_run(harvest(BEAM), harvest(STRIP))]
    seen = look(http)
    assert facts(seen, BEAM) == {"harvest_sample": True}
    assert facts(seen, STRIP) == {"harvest_sample": True, "harvest_read": True, "entries": 100_000}
    assert facts(seen, HIGH) == {"harvest_sample": False}
    assert {e.final for e in seen if e.value is not False} == {True}


@pytest.mark.parametrize(("ran", "other"), [(ALIGN, HIGH), (HIGH, ALIGN)])
def test_a_producer_is_matched_by_its_whole_name(http, world, ran, other):
    world.runs = [sim_run(harvest(ran))]
    seen = look(http)
    assert facts(seen, ran)["harvest_sample"] is True
    assert facts(seen, other) == {"harvest_sample": False}


def test_the_service_is_asked_for_the_whole_run_number(http, world, queries):
    look(http)
    assert queries == [{"run": [f"^{RUN}$"], "match": ["ALCAPROMPT"]}]


def test_a_sample_of_a_longer_run_number_does_not_count(world):
    world.runs = [sim_run(harvest(BEAM), number=RUN * 10 + 1)]
    everything = Request("GET", "/dqm/offline/data/json/samples", {})
    seen = look_at(lambda request: Simulator(world).answer(everything))
    assert facts(seen, BEAM) == {"harvest_sample": False}


@pytest.mark.parametrize("name", [ALIGN, HIGH])
@pytest.mark.parametrize(
    ("outcome", "code", "updated", "vetoed", "entries"),
    [
        ("payload", 0, True, False, 100_000),
        ("no_update", 0, False, False, 100_000),
        ("low_statistics", 0, False, False, 10),
        ("vetoed", 0, True, True, 100_000),
        ("aborted", 10, False, False, 100_000),
    ],
)
def test_the_flags_of_an_alignment_tell_how_its_fit_ended(http, world, name, outcome, code, updated, vetoed, entries):
    world.runs = [sim_run(harvest(name, outcome))]
    assert facts(look(http), name) == {
        "harvest_sample": True,
        "harvest_read": True,
        "pede_exit_code": code,
        "db_updated": updated,
        "db_update_vetoed": vetoed,
        "entries": entries,
    }


def test_a_run_that_goes_on_is_not_asked_about(http, asked):
    assert facts(look(http, open_run(end=None)), STRIP) == {"harvest_sample": False}
    assert asked == []


def test_what_is_final_is_not_asked_again(http, world, asked):
    world.runs = [sim_run(harvest(BEAM), harvest(STRIP))]
    first = look(http)
    second = look(http, open_run(known=first))
    assert (facts(second, BEAM), facts(second, STRIP)) == ({}, {})
    assert facts(second, ALIGN) == {"harvest_sample": False}
    assert [path.split("/")[2] for path in asked] == ["samples", "archive", "samples"]


def test_a_run_of_which_all_is_known_is_not_asked_about(http, world, asked):
    world.runs = [sim_run(*(harvest(name) for name in PRODUCTS))]
    known = look(http)
    asked.clear()
    assert look(http, open_run(known=known)) == []
    assert asked == []
