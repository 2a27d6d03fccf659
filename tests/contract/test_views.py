"""The read models say what the agent decided, on every kind of store, and believe nothing that is old."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from spy.agent import decide
from spy.agent.board import Board
from spy.config import load
from spy.domain.act import Do
from spy.domain.evidence import Evidence
from spy.domain.release import HOLDING, Stage
from spy.domain.subject import of_run
from spy.domain.verdict import Outcome, Seen, State
from spy.store import notes
from spy.store.views import (
    brief,
    decision_at,
    decisions_after,
    last_decision_id,
    overview,
    run_detail,
    run_lines,
    services,
)
from spy.store.views.facts import holds_followers
from tests.support.filled_store import NOW, FilledStore

STALE = timedelta(minutes=5)
CREW = ("shift@example.invalid",)
PRODUCTS = load().products


def seen(store: FilledStore, later: timedelta = timedelta(0)):
    return overview(store.engine, NOW + later, STALE, PRODUCTS, CREW)


# --- the one sentence -----------------------------------------------------------------------------------------------


def test_the_blocked_frontier_run_is_named_with_what_it_holds_why_and_whom_to_call(night):
    now = seen(night)
    assert now.sentence == "Run 398602 holds 3 ready runs: SiStripBadStrip_pcl: upload blocked: upload_result (failed)."
    assert now.state is State.BLOCKED
    assert now.frontier is not None
    assert now.frontier.run == 398602
    assert now.first_safe_run == 398601
    assert now.whom == ("strip-calib@example.invalid",)
    assert now.next_step.startswith("The strip tracker experts (strip-calib@example.invalid) must find out why")
    assert "by 2026-06-03 00:00 UTC (in 36.0 h); call them, since nobody takes care of it yet" in now.next_step
    assert now.last_moment == NOW + timedelta(hours=36)


def test_a_silent_agent_makes_everything_untrusted_whatever_was_decided(night):
    now = seen(night, timedelta(minutes=12))
    assert now.is_old
    assert now.sentence == "No data for 12 min: nothing shown here can be trusted."
    assert now.state is State.UNKNOWN
    assert now.whom == CREW
    assert now.also == ()


def test_an_agent_that_never_looked_is_unknown_and_not_well(empty):
    now = seen(empty)
    assert (now.state, now.is_old) == (State.UNKNOWN, True)
    assert "never looked" in now.sentence


def test_waiting_runs_alone_alarm_nobody(empty):
    empty.services()
    for run in (398601, 398602):
        empty.run(run)
        empty.decide(run, State.WAITING, "run: settled waiting: settled (False)")
    now = seen(empty)
    expected = "All 2 open runs wait normally; next is run 398601: run: settled waiting: settled (False)."
    assert (now.sentence, now.state, now.whom) == (expected, State.WAITING, ())


def test_no_run_in_the_queue_is_well_only_while_the_services_answer(empty):
    empty.services()
    assert seen(empty).sentence == "No run waits for prompt reconstruction."
    empty.look("oms", problem="time-out after 30 s", ago=timedelta(0))
    now = seen(empty)
    assert now.state is State.UNKNOWN
    assert "OMS does not answer" in now.sentence
    assert any("time-out after 30 s" in line for line in now.also)


def test_a_blocked_run_behind_a_waiting_frontier_is_what_is_said(empty):
    empty.services()
    empty.run(398601)
    empty.decide(398601, State.WAITING, "normal")
    empty.run(398602)
    empty.decide(398602, State.BLOCKED, "broken")
    assert seen(empty).sentence == "Run 398602: broken."


def test_the_switch_of_tier0_is_unknown_once_its_last_good_look_is_too_old(empty):
    empty.look("tier0", empty.fact(of_run("prod", 398601), "known_to_tier0", True, "tier0"))
    empty.services(prompt_enabled=False)
    assert seen(empty).prompt_enabled is False
    later = timedelta(minutes=13)
    assert overview(empty.engine, NOW + later, timedelta(hours=1)).prompt_enabled is None


@pytest.mark.parametrize(
    ("do", "run", "said"),
    [
        (Do.STOP, None, "All releases are stopped by shifter@example.invalid: look"),
        (Do.KEEP_BACK, 398601, "Run 398601 holds 1 ready run: kept back by shifter@example.invalid: look"),
    ],
    ids=["stop", "keep-back"],
)
def test_what_a_person_stopped_is_said_with_who_and_why(empty, do, run, said):
    empty.services()
    for number in (398601, 398602):
        empty.run(number)
        empty.decide(number, State.READY)
    empty.act(do, run, "look")
    assert seen(empty).sentence.startswith(said)


def test_a_run_being_taken_is_unknown_by_nature_and_nobodys_trouble(empty):
    empty.services()
    empty.run(398601)
    empty.decide(398601, State.WAITING, "normal")
    empty.run(398602, ended=False)
    empty.decide(398602, State.UNKNOWN, "class unknown")
    now = seen(empty)
    assert now.sentence == "All 2 open runs wait normally; next is run 398601: normal."
    assert (now.state, now.also, now.whom) == (State.WAITING, (), ())


def test_a_service_that_is_no_longer_believed_makes_waiting_runs_unknown(empty):
    empty.services()
    empty.run(398601)
    empty.decide(398601, State.WAITING, "normal")
    empty.look("dqm", ago=timedelta(minutes=13))
    empty.look("oms", ago=timedelta(0))
    now = seen(empty)
    assert now.state is State.UNKNOWN
    assert now.sentence == "DQM does not answer: what is known about 1 run is getting old."
    assert now.whom == CREW


def test_a_run_that_cannot_be_judged_is_put_down_to_the_silent_service(night):
    night.decide(398602, State.UNKNOWN, "SiStripBadStrip_pcl: calibration unknown: stale")
    night.look("conditions", ago=timedelta(minutes=13))
    night.look("conditions", ago=timedelta(0), problem="time-out")
    now = seen(night)
    assert (
        now.sentence
        == "Run 398602 holds 3 ready runs: it cannot be judged, since the conditions database does not answer."
    )
    assert "must ask those who run the conditions database when it is back" in now.next_step
    assert "not released before" in now.next_step


def test_an_outcome_is_told_in_half_a_line_by_its_most_telling_value(night):
    night.decide(
        398602,
        State.BLOCKED,
        "SiStripBadStrip_pcl: calibration blocked: placement (missing)",
        products={"SiStripBadStrip_pcl": State.BLOCKED},
    )
    line = run_lines(night.engine, NOW, before=398603, limit=1)[0]
    assert line.headline == "SiStripBadStrip_pcl: calibration blocked: placement (missing)"


def test_the_last_moment_is_the_end_of_a_hold_that_tier0_accepted(night):
    end = NOW + timedelta(hours=50)
    night.act(Do.HOLD_TIER0, 398602, "wait for strips", until=end)
    assert seen(night).last_moment == NOW + timedelta(hours=36)
    night.message(398602, "hold", "tier0")
    assert seen(night).last_moment == end


def test_a_rule_whose_facts_have_no_words_is_told_with_its_own_sentence(night):
    told = "SiStripBadStrip_pcl: calibration blocked: placement (missing)"
    night.decide(398602, State.BLOCKED, told, products={"SiStripBadStrip_pcl": State.BLOCKED})
    now = overview(night.engine, NOW, STALE, PRODUCTS, CREW, (), {"calibration": "the payload is there"})
    assert now.sentence == f"Run 398602 holds 3 ready runs: {told}, and the rule is: the payload is there."


def test_streams_that_are_not_done_are_called_streams():
    subject = of_run("prod", 398602)
    seen = Seen("settled", False, "derived", subject, NOW, None, "not done: Calibration, Express")
    outcome = Outcome("settled", subject, State.WAITING, "settled: not done: Calibration, Express", (seen,))
    assert brief(outcome) == "Tier0 still works on the express streams Calibration, Express"


def test_a_halt_is_said_before_any_run(night):
    night.note(notes.HALT, "run 398601 was locked far from the prediction")
    assert seen(night).sentence == "Live sending is stopped: run 398601 was locked far from the prediction."


def test_a_run_that_tier0_never_got_is_no_frontier(night):
    night.look("oms", night.fact(of_run("prod", 398602), "transferred", False))
    now = seen(night)
    assert [line.run for line in now.aside] == [398602]
    assert now.frontier is not None
    assert now.frontier.run == 398603


@pytest.mark.parametrize("values", list(product((None, True, False), repeat=4)))
def test_who_holds_whom_is_what_the_agent_plans_with(values):
    names = HOLDING
    board = Board("prod")
    subject = of_run("prod", 398600)
    board.load(398600, [Evidence(subject, name, value, "oms", NOW) for name, value in zip(names, values, strict=True)])
    assert holds_followers(dict(zip(names, values, strict=True))) is decide.holds_followers(board, 398600)


# --- runs ------------------------------------------------------------------------------------------------------------


def test_runs_come_newest_first_and_go_on_below_the_last_one(night):
    first = run_lines(night.engine, NOW, limit=3, products=PRODUCTS)
    rest = run_lines(night.engine, NOW, limit=10, before=first[-1].run, products=PRODUCTS)
    assert [line.run for line in first + rest] == list(range(398607, 398599, -1))
    line = rest[2]
    assert (line.run, line.run_class, line.verdict, line.revision) == (398602, "collisions", State.BLOCKED, 2)
    assert line.products["SiStripBadStrip_pcl"] is State.BLOCKED
    assert line.end is not None
    assert run_lines(night.engine, NOW, limit=1)[0].end is None


def test_a_declared_producer_that_nobody_configured_is_untracked(night):
    declared = "PromptCalibProdNew,PromptCalibProdSiStrip"
    night.look("tier0", night.fact(of_run("prod", 398602), "producers", declared, "tier0"))
    line = next(line for line in run_lines(night.engine, NOW, products=PRODUCTS) if line.run == 398602)
    assert line.untracked == ("PromptCalibProdNew",)


def test_the_detail_of_a_run_has_all_revisions_moves_messages_and_acts(night):
    night.act(Do.KEEP_BACK, 398602, "noise")
    night.act(Do.KEEP_BACK, 398603, "of another run")
    detail = run_detail(night.engine, 398602, NOW)
    assert detail is not None
    assert [d.verdict for d in detail.revisions] == [State.WAITING, State.BLOCKED]
    assert [m.recipient for m in detail.messages] == ["strip-calib@example.invalid"]
    assert [a.why for a in detail.acts] == ["noise"]
    assert {e.name for e in detail.evidence} >= {"run_start", "run_end", "run_class"}
    newest = detail.revisions[-1]
    (outcome,) = newest.about("SiStripBadStrip_pcl")
    assert (outcome.state, outcome.seen[0].value) == (State.BLOCKED, "missing")
    moves = run_detail(night.engine, 398601, NOW)
    assert moves is not None
    assert [m.after for m in moves.moves] == [Stage.QUEUED, Stage.SENT, Stage.ACCEPTED, Stage.LOCKED]


def test_an_unknown_run_has_no_detail(night):
    assert run_detail(night.engine, 1234, NOW) is None


def test_the_decision_that_held_at_a_time_is_found(night):
    at = NOW - timedelta(hours=1)
    found = decision_at(night.engine, "398602", at)
    assert found is not None
    assert (found.revision, found.verdict) == (1, State.WAITING)
    assert decision_at(night.engine, "398602", NOW - timedelta(hours=3)) is None


def test_decisions_go_on_after_an_id(night):
    everything = decisions_after(night.engine, 0)
    assert everything[-1].id == last_decision_id(night.engine)
    assert decisions_after(night.engine, everything[3].id) == everything[4:]


# --- services --------------------------------------------------------------------------------------------------------


def test_a_service_line_tells_state_age_problem_and_the_next_look(night):
    night.look("dqm", problem="503", ago=timedelta(0))
    line = next(line for line in services(night.engine, NOW) if line.probe == "dqm")
    assert (line.state, line.problem, line.requests) == ("failing", "503", 6)
    assert line.last_good == NOW - timedelta(seconds=20)
    assert line.next_look == NOW + timedelta(minutes=2)
    assert line.is_believed
    later = {line.probe: line.is_believed for line in services(night.engine, NOW + timedelta(minutes=13))}
    assert not any(later.values())
