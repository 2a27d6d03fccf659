"""The queue before Tier0: who goes, who waits, who is taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spy.agent.plan import Planned, Standing, Step, plan
from spy.domain.release import Stage
from spy.domain.verdict import State

READY, WAITING, UNKNOWN, BLOCKED = State.READY, State.WAITING, State.UNKNOWN, State.BLOCKED


def steps(*standings: Standing) -> list[tuple[int, Step]]:
    return [(planned.run, planned.step) for planned in plan(standings)]


def at(run: int, stage: Stage = Stage.NONE, verdict: State = READY, **more: object) -> Standing:
    return Standing(run, stage, verdict, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", [WAITING, UNKNOWN, BLOCKED])
def test_a_run_behind_one_that_is_not_ready_waits(verdict: State) -> None:
    assert steps(at(1, verdict=verdict), at(2)) == []


@pytest.mark.parametrize("stage", [Stage.ACCEPTED, Stage.LOCKED, Stage.STARTED, Stage.OVERTAKEN])
def test_a_run_goes_when_all_below_are_accepted_or_closed(stage: Stage) -> None:
    assert steps(at(1, stage, WAITING), at(2)) == [(2, Step.QUEUE)]


@pytest.mark.parametrize("stage", [Stage.QUEUED, Stage.SENT, Stage.AMBIGUOUS, Stage.REFUSED, Stage.WITHDRAWN])
def test_what_is_on_its_way_or_came_back_holds_those_behind_it(stage: Stage) -> None:
    assert steps(at(1, stage), at(2)) == []


def test_only_the_lowest_of_several_ready_runs_goes_out_before_it_is_accepted() -> None:
    assert steps(at(1), at(2), at(3)) == [(1, Step.QUEUE)]


def test_a_run_that_tier0_will_never_lock_holds_nobody_whatever_its_verdict() -> None:
    assert steps(at(1, verdict=BLOCKED, holds_followers=False), at(2)) == [(2, Step.QUEUE)]
    assert steps(at(1, holds_followers=False), at(2)) == [(1, Step.QUEUE), (2, Step.QUEUE)]


def test_a_queued_release_whose_payload_was_replaced_is_queued_anew() -> None:
    assert steps(at(1, Stage.QUEUED, is_outdated=True)) == [(1, Step.CANCEL), (1, Step.QUEUE)]


def test_in_shadow_a_recorded_release_lets_the_next_one_be_recorded() -> None:
    assert steps(at(1, would_have_gone=True), at(2)) == [(2, Step.QUEUE)]


def test_a_kept_back_run_is_taken_from_the_queue_and_stops_those_behind_it() -> None:
    assert steps(at(1, Stage.QUEUED, kept_back="ana: noise"), at(2)) == [(1, Step.KEEP_BACK)]


def test_a_run_that_nobody_keeps_back_any_more_goes_at_once_if_it_is_ready() -> None:
    assert steps(at(1, Stage.KEPT_BACK)) == [(1, Step.LET_GO), (1, Step.QUEUE)]
    assert steps(at(1, Stage.KEPT_BACK, WAITING)) == [(1, Step.LET_GO)]


@pytest.mark.parametrize("verdict", [WAITING, UNKNOWN, BLOCKED])
def test_a_queued_run_that_is_no_longer_ready_is_taken_back_with_the_reason(verdict: State) -> None:
    assert plan([at(1, Stage.QUEUED, verdict)]) == [Planned(1, Step.CANCEL, f"no longer ready but {verdict}")]


def test_a_queued_run_is_taken_back_when_a_run_appears_below_it() -> None:
    assert steps(at(1, verdict=WAITING), at(2, Stage.QUEUED)) == [(2, Step.CANCEL)]


@pytest.mark.parametrize("stage", [Stage.WITHDRAWN, Stage.REFUSED])
def test_what_was_withdrawn_or_refused_is_queued_again_only_by_a_person(stage: Stage) -> None:
    assert steps(at(1, stage)) == []


@st.composite
def _queues(draw: st.DrawFn) -> list[Standing]:
    numbers = draw(st.lists(st.integers(1, 9), unique=True, max_size=6))
    return [
        Standing(
            n,
            draw(st.sampled_from(list(Stage))),
            draw(st.sampled_from(list(State))),
            draw(st.sampled_from(["", "ana: noise"])),
            draw(st.booleans()),
        )
        for n in numbers
    ]


@given(_queues())
def test_nothing_is_ever_queued_that_is_not_ready_or_that_has_an_unaccepted_run_below(queue: list[Standing]) -> None:
    by_run = {s.run: s for s in queue}
    for planned in plan(queue):
        if planned.step is Step.QUEUE:
            assert by_run[planned.run].verdict is READY
            assert not by_run[planned.run].kept_back
            below = [s for s in queue if s.run < planned.run and s.holds_followers]
            assert all(s.stage.lets_followers_go for s in below)
