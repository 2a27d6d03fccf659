"""Two revisions side by side: what turned, what only saw other values, and what else is not the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from spy.domain.verdict import State
from spy.store.views import Decision, compared, run_detail
from tests.support.filled_store import NOW, FilledStore

STRIP = "SiStripBadStrip_pcl"


@pytest.fixture
def two(night: FilledStore) -> tuple[Decision, Decision]:
    detail = run_detail(night.engine, 398602, NOW)
    assert detail is not None
    before, after = detail.revisions
    return before, after


def test_a_vote_that_turned_comes_before_all_others_and_the_same_ones_are_counted(two):
    told = compared(*two)
    turned = [(vote.rule, vote.subject) for vote in told.votes if vote.turned]
    assert turned == [
        ("calibration", f"prod:398602/product:{STRIP}"),
        ("calibration", "prod:398602/product:SiPixelLA_pcl"),
    ]
    strip = told.votes[0]
    assert strip.before is not None
    assert strip.after is not None
    assert (strip.before.state, strip.after.state) == (State.READY, State.BLOCKED)
    assert told.votes[1].before is None
    assert told.same == 5
    assert {(one.name, one.before, one.after) for one in told.others} == {
        (STRIP, "ready", "blocked"),
        ("SiPixelLA_pcl", "", "unknown"),
    }


def test_the_other_way_round_is_the_same_the_other_way_round(two):
    there, back = compared(*two), compared(*reversed(two))
    assert [(v.before, v.after) for v in back.votes] == [(v.after, v.before) for v in there.votes]


def test_a_revision_against_itself_differs_in_nothing(two):
    told = compared(two[0], two[0])
    assert (told.votes, told.others, told.same) == ((), (), 6)


def test_the_same_values_seen_later_are_no_difference_and_another_text_is(two):
    one = two[0]
    first, *rest = one.outcomes
    seen = tuple(replace(s, seen_at=NOW + timedelta(hours=1)) for s in first.seen)
    assert compared(one, replace(one, outcomes=(replace(first, seen=seen), *rest))).votes == ()
    told = compared(one, replace(one, outcomes=(*rest, replace(first, text="another"))))
    assert [(vote.rule, vote.turned) for vote in told.votes] == [(first.rule, False)]


def test_votes_that_only_saw_other_values_come_after_those_that_turned(two):
    one = two[0]
    first, *rest, last = one.outcomes
    other = replace(one, outcomes=(replace(first, text="another"), *rest, replace(last, state=State.UNKNOWN)))
    assert [vote.turned for vote in compared(one, other).votes] == [True, False]


def test_a_waiver_a_rulebook_a_payload_and_a_deadline_are_told(two):
    one = two[0]
    first, *rest = one.outcomes
    other = replace(
        one,
        outcomes=(replace(first, waived_by="eve@example.invalid"), *rest),
        rulebook="another rulebook",
        payload_hashes={"tag": "cafe"},
        deadline=None,
    )
    told = compared(one, other)
    assert [vote.rule for vote in told.votes] == [first.rule]
    assert [line.name for line in told.others] == ["predicted lock", "rulebook", "payload in tag"]
