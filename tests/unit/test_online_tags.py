"""Rule `online-tags`: every required online tag reaches the run's end, or the run waits; unknown is never good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spy.cli.behind import behind
from spy.domain.evidence import Evidence
from spy.domain.product import OnlineTag, Required
from spy.domain.run import Chunk
from spy.domain.subject import of_run, of_tag
from spy.domain.verdict import Seen
from spy.rules import derive
from spy.rules.situation import Situation
from spy.rules.view import View

END = datetime(2026, 6, 1, 3, tzinfo=UTC)
NOW = END + timedelta(hours=5)
LASER = OnlineTag("Laser_prompt", "LaserRcd", "Laser")
HIGH_VOLTAGE = OnlineTag("DetVOff_prompt", "DetVOffRcd", "DetVOff", on_change=True, delay=timedelta(hours=1))
LONG_BEFORE = END - timedelta(days=3)


def uncovered(*needed, end=END, run_class="collisions", of_run_told=(), **told) -> Seen:
    """`told`: facts as `Laser_prompt__online_since`; None is unknown."""
    run = of_run("prod", 398600)
    known: dict[Any, Any] = {(run, "run_class"): run_class, (run, "run_end"): end}
    known |= {(run, name): value for name, value in dict(of_run_told).items()}
    for key, value in told.items():
        tag, _, name = key.rpartition("__")
        known[of_tag("prod", 398600, tag), name] = value
    evidence = {
        (about, name): Evidence(about, name, value, "o2o", NOW, problem="not learned" if value is None else "")
        for (about, name), value in known.items()
    }
    classes = {"collisions": Required("collisions", (), (), online_tags=needed)}
    view = View(Situation(Chunk(398600), NOW, evidence, believed_for={"o2o": timedelta(minutes=16)}), {}, classes)
    return derive.lookup(view, "uncovered_online_tags", None)


def test_a_tag_whose_newest_interval_begins_at_the_end_of_the_run_or_later_covers_it():
    for since in (END, END + timedelta(hours=1)):
        assert uncovered(LASER, Laser_prompt__online_since=since).value == ""


def test_a_tag_that_ends_before_the_run_is_named_with_both_times():
    seen = uncovered(LASER, Laser_prompt__online_since=END - timedelta(minutes=20))
    assert seen.value == "Laser_prompt"
    assert seen.note == "Laser_prompt reaches 2026-06-01T02:40:00Z, the run ended 2026-06-01T03:00:00Z"


def test_a_good_run_of_the_job_does_not_help_a_tag_that_is_written_every_time():
    told = {"Laser_prompt__online_since": END - timedelta(seconds=1), "Laser_prompt__online_job_start": NOW}
    assert uncovered(LASER, **told).value == "Laser_prompt"


@pytest.mark.parametrize(("after_end", "value"), [(60, ""), (59, "DetVOff_prompt")])
def test_a_tag_written_on_change_is_covered_by_a_good_run_of_its_job_less_the_delay(after_end, value):
    told = {"online_since": LONG_BEFORE, "online_job_start": END + timedelta(minutes=after_end)}
    assert uncovered(HIGH_VOLTAGE, **{f"DetVOff_prompt__{name}": at for name, at in told.items()}).value == value


def test_a_new_interval_covers_a_tag_written_on_change_whatever_its_job_says():
    assert uncovered(HIGH_VOLTAGE, DetVOff_prompt__online_since=END, DetVOff_prompt__online_job_start=None).value == ""


ENDED = END + timedelta(hours=4)
FILL = OnlineTag("Fill_endFill", "FillRcd", "Fill", after_fill=True)


@pytest.mark.parametrize(
    ("fill", "since", "value", "note"),
    [
        ({"fill_ended": False}, None, "Fill_endFill", "Fill_endFill comes after the fill, and fill 11200 goes on"),
        ({"fill_ended": True, "fill_end": ENDED}, ENDED, "", "reach"),
        ({"fill_ended": True, "fill_end": ENDED}, END, "Fill_endFill", "the fill ended 2026-06-01T07:00:00Z"),
        ({"fill_ended": True, "fill_end": ENDED}, None, None, "online_since of Fill_endFill"),
        ({"fill_ended": None}, ENDED, None, "whether the fill that Fill_endFill waits for is over: not learned"),
        ({}, ENDED, None, "whether the fill that Fill_endFill waits for is over: never seen"),
        ({"fill_ended": True}, ENDED, None, "the end of the fill that Fill_endFill waits for: never seen"),
    ],
)
def test_a_tag_of_the_fill_must_reach_the_end_of_the_fill(fill, since, value, note):
    seen = uncovered(FILL, of_run_told={"fill": 11200, **fill}, Fill_endFill__online_since=since)
    assert (seen.value, note in seen.note) == (value, True), seen.note


@pytest.mark.parametrize("lost", ["online_since", "online_job_start"])
def test_a_tag_of_which_anything_needed_is_unknown_is_unknown_whatever_the_rest_says(lost):
    told = {"online_since": LONG_BEFORE, "online_job_start": NOW} | {lost: None}
    seen = uncovered(
        LASER,
        HIGH_VOLTAGE,
        Laser_prompt__online_since=LONG_BEFORE,
        **{f"DetVOff_prompt__{name}": at for name, at in told.items()},
    )
    assert (seen.value, seen.note) == (None, f"{lost} of DetVOff_prompt: not learned")


def test_a_tag_that_was_never_seen_is_unknown():
    assert "never seen" in uncovered(LASER).note


@pytest.mark.parametrize("told", [{"end": None}, {"run_class": "commissioning"}])
def test_a_run_without_end_or_set_is_unknown(told):
    seen = uncovered(LASER, Laser_prompt__online_since=NOW, **told)
    assert seen.value is None
    assert seen.note


def test_a_class_that_needs_no_online_tag_has_nothing_uncovered():
    assert uncovered().value == ""


def test_all_that_do_not_reach_the_end_are_named():
    told = {"DetVOff_prompt__online_since": LONG_BEFORE, "DetVOff_prompt__online_job_start": END}
    seen = uncovered(LASER, HIGH_VOLTAGE, Laser_prompt__online_since=LONG_BEFORE, **told)
    assert seen.value == "Laser_prompt,DetVOff_prompt"
    assert seen.note.count("the run ended") == 2


def test_behind_the_verdict_stand_the_facts_of_each_online_tag_and_of_no_other_tag():
    told = {
        "Laser_prompt": ["online_since"],
        "DetVOff_prompt": ["online_since", "online_job_start"],
        "Strips": ["mapped"],
    }
    keys = [(of_tag("prod", 398600, tag), name) for tag, names in told.items() for name in names]
    known = {key: Evidence(*key, END, "o2o", NOW) for key in keys}
    seen = behind(["uncovered_online_tags"], known, "prod", 398600, None)
    assert [e.key for e in seen] == keys[:3]
