"""Numbers of a product over real HTTP: what is asked for, how often, and what is said when a histogram is not there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from probes.dqm.answer import fairy_histogram, root_histogram
from probes.simulation.wire import Response
from spy.agent.reconcile import nothing_final
from spy.domain.number import Number, Take
from spy.domain.subject import of_number
from spy.probe import Open
from tests.support.dqm import BEAM, NOW, PRODUCTS, RUN, STRIP, facts, harvest, look_at, open_run, sim_run, text

BAD = "AlCaReco/SiStrip/Bad Components"
NUMBERS = (
    Number("bad_strips", (BAD,), Take.BIN, (1, 1), "strips"),
    Number("bad_modules", (BAD,), Take.BIN, (2, 2), "modules"),
    Number("rocs", ("Pixel/Map1", "Pixel/Map2"), Take.FILLED),
)
VALUES = {"bad_strips": 21000.0, "bad_modules": 150.0, "rocs": 13.0}


@pytest.fixture
def products(monkeypatch):
    """The strip product has three numbers of three histograms, and the beam spot one without any folder."""
    found = PRODUCTS | {
        STRIP: replace(PRODUCTS[STRIP], numbers=NUMBERS),
        BEAM: replace(PRODUCTS[BEAM], numbers=(Number("x", ("Beam/Spot",), Take.BIN, (1, 1)),)),
    }
    monkeypatch.setattr("tests.support.dqm.PRODUCTS", found)
    return found


@pytest.fixture
def full(world, products):
    """Both harvests ran."""
    world.products = products
    strip, beam = harvest(STRIP), harvest(BEAM)
    strip.numbers, beam.numbers = VALUES, {"x": -0.25}
    world.runs = [sim_run(strip, beam)]
    return world


def look(http, products, *runs, known=(), about=lambda open_: open_):
    from probes.dqm.probe import Dqm

    open_ = Open(NOW, runs or (open_run(known=known),), products, gating=frozenset(products))
    return list(Dqm().observe(http, about(open_)))


def numbers(evidence, product=STRIP):
    """Value or problem, and whether it is final, by name."""
    found = {e.subject: e for e in evidence if e.name == "number"}
    names = [n.name for n in NUMBERS] if product == STRIP else ["x"]
    told = {name: found.get(of_number("prod", RUN, product, name)) for name in names}
    return {name: (e.problem if e.value is None else e.value, e.final) for name, e in told.items() if e}


def histograms(asked):
    return [path.partition("ALCAPROMPT/")[2] for path in asked if path.startswith("jsonfairy")]


def test_numbers_are_read_once_the_harvest_is_there_each_histogram_once(http, full, asked, products):
    seen = look(http, products)
    assert numbers(seen) == {name: (value, True) for name, value in VALUES.items()}
    assert numbers(seen, BEAM) == {"x": (-0.25, True)}
    assert sorted(histograms(asked)) == sorted([BAD, "Pixel/Map1", "Pixel/Map2", "Beam/Spot"])


def test_before_the_harvest_no_histogram_is_asked_for_and_no_number_is_told(http, world, asked, products):
    seen = look(http, products)
    assert (numbers(seen), histograms(asked)) == ({}, [])


def test_what_is_known_is_asked_for_no_more_and_in_the_slow_pass_neither(http, full, asked, products):
    known = look(http, products)
    asked.clear()
    again = look(http, products, known=known)
    assert (numbers(again), histograms(asked)) == ({}, [])
    slow = look(http, products, known=known, about=lambda open_: nothing_final(open_, "dqm"))
    assert (numbers(slow), histograms(asked)) == ({}, [])
    assert facts(slow, STRIP)["harvest_sample"] is True


def test_a_histogram_that_is_not_there_leaves_its_number_unknown_and_the_rest_known(full, products):
    full.runs[0].products[0].numbers = VALUES
    seen = look_at(_without(full, "Pixel/Map2"))
    assert numbers(seen)["bad_strips"] == (21000.0, True)
    problem, is_final = numbers(seen)["rocs"]
    assert (problem.partition("/ALCAPROMPT/")[2], is_final) == ("Pixel/Map2: no histogram: 'unsupported type'", True)
    assert facts(seen, STRIP)["harvest_read"] is True


def test_a_histogram_that_is_not_there_is_asked_for_again_in_the_slow_pass_only(http, full, asked, products):
    missing = list(look_at(_without(full, "Pixel/Map2")))
    assert histograms(asked) == []
    look(http, products, known=missing)
    assert histograms(asked) == []
    seen = look(http, products, known=missing, about=lambda open_: nothing_final(open_, "dqm"))
    assert sorted(histograms(asked)) == ["Pixel/Map1", "Pixel/Map2"]
    assert numbers(seen) == {"rocs": (13.0, True)}


def test_no_answer_leaves_a_number_unknown_and_to_be_asked_again(http, full, asked, products):
    seen = look_at(_without(full, "Pixel/Map2", Response(503, b"busy", {})))
    assert numbers(seen)["rocs"][1] is False
    assert numbers(look(http, products, known=seen)) == {"rocs": (13.0, True)}


def test_an_outage_while_only_a_number_is_missing_takes_nothing_back(full, products):
    seen = look_at(_without(full, "Pixel/Map2", Response(503, b"busy", {})))

    def down(request):
        return Response(503, b"busy", {})

    def partly(request):
        return down(request) if str(RUN + 1) not in str(request.query) else text('{"samples": []}')

    again = look_at(partly, open_run(known=seen), open_run(RUN + 1))
    assert {"harvest_sample", "harvest_read"} & set(facts(again, STRIP)) == set()


def _without(world, path, answer=None):
    from probes.dqm.simulator import Simulator

    simulator = Simulator(world)
    gone = answer or text('{"hist": "unsupported type"}')
    return lambda request: gone if request.path.endswith(path) else simulator.answer(request)


def test_the_errors_of_bins_are_read_from_both_interfaces():
    fairy = {
        "hist": {
            "type": "TH1",
            "stats": {"entries": 2},
            "xaxis": {},
            "bins": {"content": [3, 4], "error": [0.5, 0.25]},
        }
    }
    assert list(fairy_histogram(json.loads(json.dumps(fairy))).errors) == [0.5, 0.25]
    root = {"_typename": "TH1F", "fEntries": 2, "fXaxis": {"fNbins": 2}, "fYaxis": {"fNbins": 1}}
    assert root_histogram({**root, "fArray": [9, 3, 4, 9], "fSumw2": [9, 0.25, 0.0625, 9]}).errors == [0.5, 0.25]
    assert root_histogram({**root, "fArray": [9, 3, 4, 9], "fSumw2": []}).errors == []
