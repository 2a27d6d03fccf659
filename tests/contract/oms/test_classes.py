"""What lumi sections and datasets say about a run."""

from __future__ import annotations

import pytest

from probes.oms import answer
from probes.oms.answer import LumiSection, Unclear
from spy.domain.run import RunClass


def section(number: int, stable: bool | None, present: bool | None, recorded: float | None) -> LumiSection:
    return LumiSection(number, stable, present, present, recorded)


DARK, BEAM, GOOD = section(1, False, False, None), section(1, False, True, 0.0), section(1, True, True, 0.4)


@pytest.mark.parametrize(
    ("sections", "fill_type", "expected"),
    [
        pytest.param([BEAM, GOOD, BEAM], "PROTONS", RunClass.COLLISIONS, id="some stable with luminosity"),
        pytest.param([BEAM, GOOD], "PB", RunClass.HEAVY_IONS, id="lead"),
        pytest.param([BEAM, GOOD], "O", RunClass.HEAVY_IONS, id="oxygen"),
        pytest.param([DARK, DARK], "COSMICS", RunClass.COSMICS, id="no beam"),
        pytest.param([DARK, DARK], "PROTONS", RunClass.COSMICS, id="no beam inside a proton fill"),
        pytest.param([DARK, BEAM], "PROTONS", RunClass.COMMISSIONING, id="beams never stable"),
        pytest.param(
            [BEAM, section(2, True, True, 0.0)], "PROTONS", RunClass.COMMISSIONING, id="stable, no luminosity"
        ),
        pytest.param([section(1, None, None, None), GOOD], "PROTONS", RunClass.COLLISIONS, id="nulls beside good ones"),
    ],
)
def test_the_class_of_a_run_comes_from_its_lumi_sections(
    sections: list[LumiSection], fill_type: str, expected: RunClass
) -> None:
    assert answer.run_class(sections, fill_type) is expected


@pytest.mark.parametrize(
    ("sections", "fill_type", "why"),
    [
        pytest.param([], "PROTONS", "no lumi section", id="none"),
        pytest.param([BEAM, GOOD], None, "fill_type_runtime is null", id="no fill type"),
        pytest.param([BEAM, GOOD], "COSMICS", "fill_type_runtime is COSMICS", id="beams in a cosmics fill"),
        pytest.param([BEAM, GOOD], "PROTONS_PB", "fill_type_runtime is PROTONS_PB", id="mixed beams"),
        pytest.param([section(1, True, True, None)], "PROTONS", "luminosity is null", id="luminosity null"),
        pytest.param([DARK, section(2, None, False, None)], "PROTONS", "null", id="stability null"),
        pytest.param([DARK, section(2, False, None, None)], "COSMICS", "null", id="presence null"),
        pytest.param([section(1, True, False, 0.0)], "PROTONS", "without any beam", id="stable without beam"),
    ],
)
def test_what_is_not_clear_is_unknown_and_never_guessed(
    sections: list[LumiSection], fill_type: str | None, why: str
) -> None:
    with pytest.raises(Unclear, match=why):
        answer.run_class(sections, fill_type)


def test_stable_beams_are_unknown_only_if_a_null_could_hide_them() -> None:
    assert answer.had_stable_beams([section(1, None, None, None), GOOD]) is True
    with pytest.raises(Unclear):
        answer.had_stable_beams([section(1, None, None, None), BEAM])


def test_only_express_datasets_prove_that_there_is_no_bulk() -> None:
    express = [
        "ExpressPhysics",
        "ExpressAlignment",
        "TestEnablesEcalHcal",
        "OnlineMonitor",
        "AlCaLumiPixelsCountsExpress",
    ]
    assert answer.has_bulk(express) is False
    assert answer.has_bulk([*express, "Muon0"]) is True
    assert answer.has_bulk([*express, "SomethingNew"]) is True
    with pytest.raises(Unclear, match="no dataset at all"):
        answer.has_bulk([])
