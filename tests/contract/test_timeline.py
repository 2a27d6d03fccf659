"""The course of a run on every kind of store: what is recorded with a time, in order, and nothing made up."""

from __future__ import annotations

from datetime import timedelta

from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.subject import of_product, of_run, of_stream, of_tag
from spy.domain.verdict import State
from spy.store import ledger
from spy.store.engine import writing
from spy.store.views import Happened, Lane, run_detail, timeline
from tests.support.filled_store import NOW, FilledStore

RUN = 398602
STRIP, TAG = "SiStripBadStrip_pcl", "SiStripBadChannel_FromOfflineCalibration_GR10_v1_prompt"


def course(store: FilledStore, run: int = RUN) -> tuple[Happened, ...]:
    detail = run_detail(store.engine, run, NOW)
    assert detail is not None
    return timeline(store.engine, detail)


def of(store: FilledStore, lane: Lane, run: int = RUN) -> list[Happened]:
    return [one for one in course(store, run) if one.lane is lane]


def test_everything_that_has_a_time_is_there_in_the_order_of_time(night):
    night.act(Do.ACKNOWLEDGE, RUN, "I am on it", until=NOW + timedelta(hours=1))
    found = course(night)
    assert {one.lane for one in found} == {Lane.DATA, Lane.VERDICT, Lane.ACT, Lane.MESSAGE, Lane.TIER0}
    assert [one.begin for one in found] == sorted(one.begin for one in found)


def test_data_taking_goes_from_begin_to_end_or_goes_on(night):
    (taken,) = of(night, Lane.DATA)
    assert (taken.begin, taken.end, taken.goes_on) == (NOW - timedelta(hours=9), NOW - timedelta(hours=8), False)
    (still,) = of(night, Lane.DATA, 398607)
    assert (still.end, still.goes_on) == (None, True)


def test_each_revision_lasts_until_the_next_one_and_the_last_goes_on(night):
    first, last = of(night, Lane.VERDICT)
    assert (first.state, first.end, first.goes_on) == (State.WAITING, last.begin, False)
    assert (last.state, last.end, last.goes_on) == (State.BLOCKED, None, True)
    assert last.text.startswith("SiStripBadStrip_pcl: upload blocked")
    night.close_run(RUN)
    assert not of(night, Lane.VERDICT)[-1].goes_on


def test_a_fact_is_told_each_time_that_it_turns_and_not_when_it_is_seen_again(night):
    stream = of_stream("prod", RUN, "Express")
    for ago, value in ((50, False), (40, True), (30, True), (20, False), (10, True)):
        night.look("tier0", night.fact(stream, "stream_done", value, "tier0"), ago=timedelta(minutes=ago))
    told = of(night, Lane.EXPRESS)
    assert [(one.what, one.is_seen) for one in told] == [("Express", True)] * 2


def test_an_upload_is_told_at_the_sources_own_time_and_its_result_when_it_was_seen(night):
    at = NOW - timedelta(hours=5)
    night.look("uploads", night.fact(of_product("prod", RUN, STRIP), "uploaded_at", at, "uploads"))
    night.look("uploads", night.fact(of_tag("prod", RUN, TAG), "upload_result", "failed", "uploads"))
    handled, result = of(night, Lane.UPLOAD)
    assert (handled.begin, handled.is_seen, handled.state) == (at, False, None)
    assert (result.what, result.text, result.state, result.is_seen) == (TAG, "upload failed", State.BLOCKED, True)


def test_an_inherited_interval_is_not_told_and_one_that_begins_in_the_run_is(night):
    tag = of_tag("prod", RUN, TAG)
    for begins, hours in ((RUN - 1, 4), (RUN, 3)):
        at = NOW - timedelta(hours=hours)
        facts = (night.fact(tag, "inserted_at", at), night.fact(tag, "since_run", begins))
        night.now = at
        night.look("conditions", *(night.fact(one.subject, one.name, one.value, "conditions") for one in facts))
    night.now = NOW
    (told,) = of(night, Lane.INTERVAL)
    assert (told.begin, told.what) == (NOW - timedelta(hours=3), TAG)


def test_harvest_start_and_stages_are_told(night):
    night.look("dqm", night.fact(of_product("prod", 398600, STRIP), "harvest_sample", True, "dqm"))
    night.look("tier0", night.fact(of_run("prod", 398600), "reco_started", True, "tier0"))
    assert [one.what for one in of(night, Lane.HARVEST, 398600)] == [STRIP]
    assert [one.what for one in of(night, Lane.RELEASE, 398600)] == [Stage.QUEUED, Stage.SENT, Stage.ACCEPTED]
    assert {one.what for one in of(night, Lane.TIER0, 398600)} == {"locked", "started", "start"}


def test_the_predicted_lock_is_told_only_until_tier0_has_locked(night):
    (deadline,) = of(night, Lane.TIER0)
    assert (deadline.what, deadline.begin) == ("predicted lock", NOW + timedelta(hours=36))
    assert "predicted lock" not in {one.what for one in of(night, Lane.TIER0, 398601)}


def test_an_act_ends_with_its_time_or_with_the_act_that_ended_it(night):
    night.act(Do.KEEP_BACK, RUN, "noise", until=NOW + timedelta(hours=6))
    night.act(Do.KEEP_BACK, RUN - 1, "of another run")
    night.now = NOW + timedelta(hours=1)
    night.act(Do.RELEASE_BACK, RUN, "gone")
    night.act(Do.ACKNOWLEDGE, RUN, "mine")
    kept, _, mine = of(night, Lane.ACT)
    assert (kept.what, kept.end, kept.goes_on) == ("keep_back", NOW + timedelta(minutes=50), False)
    assert (mine.end, mine.goes_on) == (None, True)


def test_a_run_without_anything_has_an_empty_course(empty):
    with writing(empty.engine) as connection:
        ledger.open_run(connection, RUN, NOW)
    assert course(empty) == ()
