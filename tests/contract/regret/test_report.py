"""The regret report names exactly the late intervals that would have changed what a run reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.domain.since import encode_lumi, encode_time
from spy.regret.late import Effect, Word
from spy.regret.report import Report, summary
from tests.support.month import (
    ALIGNMENT,
    BEAM_SPOT,
    BY_HAND,
    FIRST,
    HASHED,
    LASER,
    LUMIS,
    PEDESTALS,
    STRIP,
    VOLTAGE,
    Month,
    end_of,
    start_of,
)

RUN = FIRST + 1


def regrets(report: Report) -> set[tuple[int, str, int]]:
    return {(late.run, late.tag, late.since) for one in report.runs for late in one.regrets}


def words(report: Report) -> dict[int, str]:
    return {one.release.run: str(one.word) for one in report.runs}


def effects(month: Month, run: int = RUN) -> list[str]:
    return [str(late.effect) for one in month.report().runs if one.release.run == run for late in one.late]


def test_of_a_simulated_month_exactly_the_late_intervals_are_named(month):
    world = month(90)
    world.record_all()
    late = {
        world.late(FIRST + 7, ALIGNMENT, FIRST + 7, 20.0),
        world.late(FIRST + 21, BEAM_SPOT, encode_lumi(FIRST + 21, 300), 9.5),
        world.late(FIRST + 33, LASER, encode_time(end_of(FIRST + 33) - timedelta(minutes=5)), 30.0),
        world.late(FIRST + 52, STRIP, FIRST + 52, 11.0, "second harvest"),
        world.late(FIRST + 80, BY_HAND, FIRST + 80, 47.0),
    }
    # By the run's own lock it is an open interval of the whole tag: every later run that was waiting reads it too.
    for tag, begins in ((ALIGNMENT, FIRST + 7), (BY_HAND, FIRST + 80)):
        at = end_of(begins) + timedelta(hours=20.0 if tag == ALIGNMENT else 47.0)
        late |= {(run, tag, begins) for run in world.runs if run > begins and end_of(run) + timedelta(hours=6) < at}
    report = world.report()
    assert regrets(report) == late
    assert {word for run, word in words(report).items() if run in {key[0] for key in late}} == {"regret"}
    assert {word for run, word in words(report).items() if run not in {key[0] for key in late}} == {"none"}
    assert summary(report).startswith("90 would-be releases from 2026-06-01 to 2026-07-")


@pytest.mark.parametrize(
    ("tag", "since", "is_read"),
    [
        pytest.param(BY_HAND, RUN, True, id="run: its own"),
        pytest.param(BY_HAND, RUN - 100, True, id="run: earlier and open"),
        pytest.param(BY_HAND, RUN + 1, False, id="run: the next run's"),
        pytest.param(BEAM_SPOT, encode_lumi(RUN, LUMIS), True, id="lumi: the last section"),
        pytest.param(BEAM_SPOT, encode_lumi(RUN, LUMIS + 1), False, id="lumi: behind the last section"),
        pytest.param(BEAM_SPOT, encode_lumi(RUN + 1, 1) - 1, False, id="lumi: the end of the number"),
        pytest.param(VOLTAGE, encode_time(end_of(RUN)), True, id="time: the very end"),
        pytest.param(VOLTAGE, encode_time(end_of(RUN)) + 1, False, id="time: a nanosecond later"),
        pytest.param(VOLTAGE, encode_time(start_of(RUN) - timedelta(hours=3)), True, id="time: before it began, open"),
    ],
)
def test_since_is_compared_in_its_own_encoding(few, tag, since, is_read):
    key = few.late(RUN, tag, since, 10.0)
    assert (key in regrets(few.report())) is is_read


@pytest.mark.parametrize(
    ("hours", "is_late"),
    [
        pytest.param(5.99, False, id="before the release"),
        pytest.param(6.01, True, id="after it"),
        pytest.param(47.49, True, id="before the lock"),
        pytest.param(47.51, False, id="after it: Tier0 would have missed it too"),
    ],
)
def test_only_what_comes_between_the_release_and_the_lock_is_late(few, hours, is_late):
    key = few.late(RUN, ALIGNMENT, RUN, hours)
    report = few.report()
    assert (key in regrets(report)) is is_late
    assert words(report)[RUN] == (Word.REGRET if is_late else Word.NONE)


def test_what_comes_in_the_second_of_the_release_came_after_it(few):
    at = end_of(RUN) + timedelta(hours=6)
    few.record(FIRST + 4, released=timedelta(hours=6, milliseconds=900))
    few.insert((ALIGNMENT, FIRST + 4, "x", end_of(FIRST + 4) + timedelta(hours=6, milliseconds=500)))
    few.insert((ALIGNMENT, RUN, "y", at))
    assert regrets(few.report()) == {(FIRST + 4, ALIGNMENT, FIRST + 4)}


def test_the_same_payload_inserted_once_more_is_no_regret(few):
    few.late(RUN, STRIP, RUN, 10.0, payload=f"{RUN}")
    assert effects(few) == [Effect.SAME]
    assert words(few.report())[RUN] == Word.NONE


def test_an_interval_that_a_later_one_covers_is_named_and_is_no_regret(few):
    few.late(RUN, BY_HAND, RUN - 50, 10.0)
    few.late(RUN, BY_HAND, RUN - 3, 11.0, payload="old")  # what it would have read anyway
    assert sorted(effects(few)) == [Effect.COVERED, Effect.SAME]
    assert words(few.report())[RUN] == Word.NONE


def test_of_two_late_insertions_at_one_since_the_run_reads_the_newer(few):
    few.late(RUN, ALIGNMENT, RUN, 10.0, payload="first")
    few.late(RUN, ALIGNMENT, RUN, 12.0, payload="second")
    one = next(one for one in few.report().runs if one.release.run == RUN)
    assert sorted((late.delay.total_seconds() / 3600, str(late.effect)) for late in one.late) == [
        (4.0, Effect.COVERED),
        (6.0, Effect.CHANGES),
    ]


def test_a_late_interval_below_the_own_one_of_a_run_cannot_be_read_and_is_not_looked_at(few):
    few.late(RUN, STRIP, RUN - 1, 10.0)
    assert effects(few) == []


def test_a_replaced_interval_inside_the_run_is_compared_with_what_was_read_there(few):
    few.late(RUN, BEAM_SPOT, encode_lumi(RUN, 1), 10.0, payload=f"{RUN}:1")
    few.late(RUN, BEAM_SPOT, encode_lumi(RUN, 230), 10.5, payload="other")
    few.late(RUN, BEAM_SPOT, encode_lumi(RUN, 400), 11.0, payload=f"{RUN}:230")
    assert sorted(effects(few)) == [Effect.CHANGES, Effect.SAME, Effect.SAME]


def test_who_inserted_it_and_whose_it_is_are_told(few):
    few.late(RUN, PEDESTALS, RUN, 10.0)
    (late,) = [late for one in few.report().runs for late in one.regrets]
    assert (late.author, late.text, late.record) == ("simulated", "", f"{PEDESTALS}Rcd")
    assert (late.product, late.detector, late.owners) == ("EcalPedestals_pcl", "ECAL", ("ecal-calib@example.invalid",))


def test_tags_that_no_run_can_be_compared_with_are_said(few):
    assert few.report().unasked == (HASHED,)


def test_releases_of_other_rules_are_shown_and_not_counted(few):
    few.record(FIRST + 4, "of-other-rules")
    few.late(FIRST + 4, BY_HAND, FIRST + 4, 10.0)
    report = few.report()
    assert words(report)[FIRST + 4] == Word.REGRET
    assert (len(report.own), len(report.regrets)) == (4, 0)
    assert "1 more under other rules, not counted" in summary(report)
