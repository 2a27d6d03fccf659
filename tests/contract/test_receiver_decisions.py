"""Which decisions the reference receiver accepts, and which of them count for Tier0."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.channels.message import Kind
from spy.domain.run import Chunk
from tests.support.receiver_site import START, Site, notice, problem_of, withdraw

# --- fencing ---------------------------------------------------------------------------------------------


def test_an_older_agent_is_fenced_off_everywhere_once_a_newer_one_was_heard(site: Site) -> None:
    assert site.send(notice(fence_token=6)).status_code == 202
    assert problem_of(site.send(notice(run=398599, fence_token=5))) == "stale_epoch"
    assert site.send(notice(run=398599, fence_token=6)).status_code == 202
    assert site.receiver.early_release(398599) == START


def test_an_older_decision_about_the_same_run_is_fenced_off(site: Site) -> None:
    assert site.send(notice(revision=4)).status_code == 202
    assert problem_of(site.send(notice(Kind.HOLD, revision=3))) == "stale_seq"
    assert not site.receiver.held(398598, site.now)
    assert site.send(notice(run=398599, revision=1)).status_code == 202


def test_each_dataset_counts_its_own_revisions(site: Site) -> None:
    assert site.send(notice(revision=4)).status_code == 202
    muons = notice(chunk=Chunk(398598, "Muon0"))
    assert site.send(muons).status_code == 202
    assert site.get(f"/v1/decisions/{muons.id}").json()["primary_dataset"] == "Muon0"


def test_what_was_refused_leaves_no_trace_in_the_fences(site: Site) -> None:
    assert problem_of(site.send(notice(run=1, fence_token=99))) == "unknown_run"
    assert site.send(notice(fence_token=5)).status_code == 202


# --- preconditions ---------------------------------------------------------------------------------------


def test_a_release_needs_a_known_run_that_has_stopped(site: Site) -> None:
    assert problem_of(site.send(notice(run=397000))) == "unknown_run"
    site.tier0.running = {398598}
    assert problem_of(site.send(notice())) == "not_stopped"
    site.tier0.running = set()
    assert site.send(notice()).status_code == 202


def test_a_hold_is_possible_while_the_run_is_taken(site: Site) -> None:
    site.tier0.running = {398598}
    assert site.send(notice(Kind.HOLD)).status_code == 202
    assert site.receiver.held(398598, site.now)


@pytest.mark.parametrize("closed", ["locked_runs", "released_runs"])
def test_nothing_new_is_accepted_after_the_lock(site: Site, closed: str) -> None:
    getattr(site.tier0, closed).add(398598)
    for late in (notice(), notice(Kind.HOLD), withdraw(notice())):
        answer = site.send(late)
        assert problem_of(answer) == "too_late"
        assert closed.removesuffix("_runs") in answer.json()["detail"]


def test_releasing_once_more_what_a_release_has_locked_is_no_fault(site: Site) -> None:
    site.send(notice())
    site.tier0.locked_runs = {398598}
    assert site.send(notice(revision=2)).status_code == 202


@pytest.mark.parametrize(("after", "accepted"), [(timedelta(hours=30), False), (timedelta(hours=29, minutes=59), True)])
def test_a_decision_is_not_accepted_from_its_not_after_on(site: Site, after: timedelta, accepted: bool) -> None:
    site.now += after
    answer = site.send(notice())
    assert answer.status_code == 202 if accepted else problem_of(answer) == "expired"


def test_a_hold_that_has_already_ended_is_refused(site: Site) -> None:
    assert problem_of(site.send(notice(Kind.HOLD, expires_at=START))) == "expired"


# --- run order, holds, withdrawing -----------------------------------------------------------------------


def test_a_release_behind_a_waiting_run_is_stored_and_names_it(site: Site) -> None:
    third = notice(run=398600)
    assert site.send(third).json()["blocked_by"] == 398598
    assert site.state(third) == "blocked"
    site.tier0.locked_runs = {398598}
    assert site.get("/v1/runs/398600").json()["blocked_by"] == 398599
    site.tier0.locked_runs = {398598, 398599}
    assert site.state(third) == "recorded"
    site.tier0.locked_runs = {398598, 398599, 398600}
    assert site.state(third) == "applied"


def test_a_hold_ends_by_itself(site: Site) -> None:
    hold = notice(Kind.HOLD)
    site.send(hold)
    assert site.receiver.held(398598, START + timedelta(hours=5, minutes=59))
    assert not site.receiver.held(398598, START + timedelta(hours=6))
    assert site.state(hold) == "applied"
    site.now += timedelta(hours=6)
    assert site.state(hold) == "expired"


def test_a_withdraw_takes_a_release_back(site: Site) -> None:
    first = notice()
    site.send(first)
    assert site.send(withdraw(first)).status_code == 202
    assert site.receiver.early_release(398598) is None
    assert (site.state(first), site.state(withdraw(first))) == ("withdrawn", "applied")


def test_a_withdraw_takes_a_hold_back_and_leaves_the_release(site: Site) -> None:
    release, hold = notice(), notice(Kind.HOLD, revision=2)
    site.send(release)
    site.send(hold)
    site.send(withdraw(hold, revision=3))
    assert not site.receiver.held(398598, site.now)
    assert site.receiver.early_release(398598) == START


def test_withdrawing_the_latest_word_brings_no_earlier_one_back(site: Site) -> None:
    first, second = notice(), notice(revision=2)
    site.send(first)
    site.send(second)
    assert site.state(first) == "superseded"
    site.send(withdraw(second, revision=3))
    assert site.receiver.early_release(398598) is None


def test_a_release_that_arrives_after_its_withdraw_is_refused(site: Site) -> None:
    first = notice()
    assert site.send(withdraw(first, revision=1)).status_code == 202
    assert problem_of(site.send(first)) == "withdrawn"
    assert site.receiver.early_release(398598) is None


def test_a_new_release_after_a_withdraw_counts(site: Site) -> None:
    site.send(notice())
    site.send(withdraw(notice()))
    site.now += timedelta(hours=1)
    assert site.send(notice(revision=3)).status_code == 202
    assert site.receiver.early_release(398598) == START + timedelta(hours=1)


def test_a_withdraw_cannot_reach_into_another_run(site: Site) -> None:
    site.send(notice())
    other = notice(Kind.WITHDRAW, 398599, withdraws=notice().id)
    assert problem_of(site.send(other)) == "malformed"
    assert site.receiver.early_release(398598) == START
