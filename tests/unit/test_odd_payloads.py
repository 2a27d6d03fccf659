"""What shadow rules say about a payload and its numbers, on tables of facts; and that they hold nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spy.domain.evidence import Evidence, Value
from spy.domain.subject import Subject, of_number, of_run, of_tag
from spy.domain.verdict import Outcome, State
from spy.rules.evaluate import evaluate
from spy.rules.situation import Situation
from tests.oracle.facts import RUN, all_good
from tests.scenario.told_as_evidence import NOW, shipped_rulebook, situation

STRIP, ALIGN, BEAM = "SiStripBadStrip_pcl", "SiPixelAliHG_pcl", "BeamSpotObjectHP_ByLumi"
TAG = "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"
ALIGN_TAG = "TrackerAlignment_PCL_byRun_v2_express"
USUAL = {
    (STRIP, "bad_strips"): 21000.0,
    (STRIP, "bad_modules"): 150.0,
    (ALIGN, "moved"): 4.0,
    (ALIGN, "movement_x"): 25.0,
}


def asked(changes: dict[tuple[str, str], Value | None] | None = None, size: Value | None = 2000) -> Situation:
    """A run with everything in place, after ten usual ones; `changes` of its numbers, `size` of its strip payload."""
    table = situation(all_good("collisions"))
    told = dict(table.evidence)
    for (product, name), value in (USUAL | (changes or {})).items():
        _tell(told, of_number("prod", RUN, product, name), "number", value)
    for tag in (TAG, ALIGN_TAG):
        _tell(told, of_tag("prod", RUN, tag), "payload_bytes", size if tag == TAG else 2000)
        _tell(told, of_tag("prod", RUN, tag), "payload_hash", f"of {RUN}")
    made = replace(table, evidence=told)
    for run in range(RUN - 10, RUN):
        made.earlier.learn(of_run("prod", run), "run_class", "collisions")
        for (product, name), value in USUAL.items():
            made.earlier.learn(of_number("prod", run, product, name), "number", value)
        for tag in (TAG, ALIGN_TAG):
            for name, fact in (("payload_bytes", 2000), ("since_run", run), ("payload_hash", f"of {run}")):
                made.earlier.learn(of_tag("prod", run, tag), name, fact)
    return made


def _tell(told: dict[tuple[Subject, str], Evidence], subject: Subject, name: str, value: Value | None) -> None:
    problem = "" if value is not None else "no histogram"
    told[subject, name] = Evidence(subject, name, value, "dqm", NOW, final=True, problem=problem)


def said(about: Situation, rule: str, product: str) -> Outcome | None:
    """The rule's outcome; whatever it is, the run is ready."""
    verdict = evaluate(about, shipped_rulebook())
    assert verdict.state is State.READY
    return next((o for o in verdict.outcomes if o.rule == rule and o.subject.endswith(f":{product}")), None)


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({}, "ready", "band 18000 to 24000; 21000 in run 398599"),
        (
            {(STRIP, "bad_strips"): 30000.0},
            "blocked",
            "bad_strips 30000 strips: allowed at most 100000; outside its band",
        ),
        ({(STRIP, "bad_strips"): 100001.0}, "blocked", "above its limit 100000"),
        ({(STRIP, "bad_strips"): None}, "unknown", "bad_strips: no histogram"),
        ({(STRIP, "bad_strips"): None, (STRIP, "bad_modules"): 900.0}, "blocked", "bad_strips: no histogram"),
    ],
    ids=["usual", "out of band", "out of limits", "unknown", "unknown beside known bad"],
)
def test_numbers_are_held_against_limits_and_band(
    changes: dict[tuple[str, str], Value | None], state: str, words: str
) -> None:
    outcome = said(asked(changes), "product-numbers", STRIP)
    assert outcome is not None
    assert (outcome.state, outcome.shadow) == (state, True)
    assert words in outcome.text


def test_before_the_harvest_nothing_is_asked_of_numbers() -> None:
    about = asked()
    told = {key: e for key, e in about.evidence.items() if key[1] != "harvest_sample"}
    for (subject, name), e in about.evidence.items():
        if name == "harvest_sample":
            told[subject, name] = replace(e, value=False)
    assert said(replace(about, evidence=told), "product-numbers", STRIP) is None


@pytest.mark.parametrize(
    ("size", "state"), [(2000, "ready"), (2499, "ready"), (200, "blocked"), (4000, "blocked"), (None, "unknown")]
)
def test_the_size_of_a_payload_is_held_against_earlier_ones(size: Value | None, state: str) -> None:
    outcome = said(asked(size=size), "payload-sound", STRIP)
    assert outcome is not None
    assert outcome.state == state
    assert [s.value for s in outcome.seen] == [{"ready": "", "blocked": "odd_size", "unknown": None}[state]]


@pytest.mark.parametrize(
    ("made_for", "state"), [(RUN - 3, "blocked"), (RUN - 400, "ready")], ids=["that run", "inherited by that run"]
)
def test_the_payload_of_an_earlier_run_again_is_repeated(made_for: int, state: str) -> None:
    about = asked()
    about.earlier.learn(of_tag("prod", RUN - 3, TAG), "payload_hash", f"of {RUN}")
    about.earlier.learn(of_tag("prod", RUN - 3, TAG), "since_run", made_for)
    outcome = said(about, "payload-sound", STRIP)
    assert outcome is not None
    assert outcome.state == state
    assert ("the payload made for run 398597 again" in outcome.text) == (state == "blocked")


@pytest.mark.parametrize(("moved", "state"), [(1.0, "ready"), (0.0, "blocked"), (None, "unknown")])
def test_an_upload_without_a_movement_is_unjustified(moved: float | None, state: str) -> None:
    outcome = said(asked({(ALIGN, "moved"): moved}), "payload-sound", ALIGN)
    assert outcome is not None
    assert outcome.state == state


def test_a_payload_of_lumi_sections_is_compared_with_no_other() -> None:
    outcome = said(asked(), "payload-sound", BEAM)
    assert outcome is not None
    assert (outcome.state, outcome.text) == (
        "ready",
        f"{BEAM}: payloads of lumi sections are not compared with earlier ones",
    )
