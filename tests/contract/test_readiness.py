"""The answer for machines is a yes only while the agent vouches for it, on every kind of store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.domain.verdict import State
from spy.store import notes
from spy.store.views import first_unready_run, readiness
from tests.support.filled_store import NOW, FilledStore

STALE = timedelta(minutes=5)


def test_a_run_that_was_never_followed_has_no_readiness(night):
    assert readiness(night.engine, Chunk(1234), NOW, STALE) is None


def ask(store: FilledStore, chunk: str, later: timedelta = timedelta(0)):
    found = readiness(store.engine, Chunk.parse(chunk), NOW + later, STALE)
    assert found is not None
    return found


def test_a_ready_run_behind_a_blocked_one_is_ready_but_not_in_prefix_order(night):
    answer = ask(night, "398603")
    assert (answer.ready, answer.prefix_ready, answer.revision) == (True, False, 1)
    blocked = ask(night, "398602")
    assert (blocked.ready, blocked.verdict, blocked.revision) == (False, State.BLOCKED, 2)
    assert blocked.reasons == ("SiStripBadStrip_pcl: upload blocked: upload_result (failed)",)


def test_a_run_that_tier0_never_got_holds_nobody_and_one_behind_it_still_may(night):
    night.run(398590, transferred=False)
    night.decide(398602, State.READY)
    assert ask(night, "398603").prefix_ready, "the lowest run is not ready, and holds nobody"
    night.run(398591, has_bulk=True)
    assert not ask(night, "398603").prefix_ready, "nothing is decided about this one, and it holds"


@pytest.mark.parametrize("do", [Do.KEEP_BACK, Do.STOP])
def test_a_lower_run_that_is_kept_back_holds_those_behind_it(night, do):
    night.decide(398602, State.READY)
    night.act(do, None if do is Do.STOP else 398602, "noise")
    assert not ask(night, "398603").prefix_ready


@pytest.mark.parametrize("chunk", ["398603/Muon0", "398603:1-250"])
def test_a_part_of_a_run_is_answered_as_its_run_and_says_so(night, chunk):
    answer = ask(night, chunk)
    assert (answer.chunk, answer.answered_for, answer.ready) == (chunk, "398603", True)
    assert "run 398603" in answer.note


def test_a_silent_agent_vouches_for_nothing(night):
    answer = ask(night, "398603", timedelta(minutes=6))
    assert not answer.ready
    assert answer.verdict is State.READY
    assert "the agent has not looked since 2026-06-01T11:59:40Z" in answer.reasons


@pytest.mark.parametrize("do", [Do.KEEP_BACK, Do.HOLD_TIER0])
def test_a_run_that_a_person_keeps_back_is_not_ready(night, do):
    night.act(do, 398603, "noise", until=NOW + timedelta(hours=1))
    answer = ask(night, "398603")
    assert not answer.ready
    assert f"{do}: shifter@example.invalid: noise" in answer.reasons
    assert ask(night, "398603", timedelta(minutes=1)).ready is False


def test_stopped_sending_makes_no_run_ready(night):
    night.note(notes.HALT, "wrong clock")
    assert not ask(night, "398603").ready


def test_a_withdrawn_release_is_not_ready_until_a_person_asks_again(night):
    night.stages(398603, Stage.QUEUED, Stage.SENT, Stage.WITHDRAWN, why="payload vanished")
    answer = ask(night, "398603")
    assert not answer.ready
    assert "the release is withdrawn: payload vanished" in answer.reasons


def test_the_first_unready_run_is_the_lowest_that_holds(night):
    assert first_unready_run(night.engine, NOW, STALE) == 398602
    night.decide(398602, State.READY)
    assert first_unready_run(night.engine, NOW, STALE) == 398606
    assert first_unready_run(night.engine, NOW + timedelta(minutes=6), STALE) == 398602


def test_without_an_open_run_the_first_unready_run_is_tier0s_own_while_that_is_believed(empty):
    assert first_unready_run(empty.engine, NOW, STALE) is None
    empty.services()
    assert first_unready_run(empty.engine, NOW, STALE) == 398601
    assert first_unready_run(empty.engine, NOW + timedelta(hours=1), STALE) is None
