"""Time in each state, votes of the rules and regret of a period; the figures follow from the stories by hand.

In `plain_release` the run ends at 3 h, all is uploaded at 5:30 h, its streams are done at 8 h, it starts at 8:32 h.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from spy.store import regrets
from spy.store.views import Delay, RuleVotes, Trends, trends
from tests.support.hold_stories import CONFIG, GATING, Played, hours

H, M = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def plain(stories: Played, store_url: str) -> Iterator[Engine]:
    store = stories.into("plain_release", store_url)
    yield store
    store.dispose()


def ask(store: Engine, now: float = 12, begin: float = 0, end: float = 240) -> Trends:
    return trends(
        store,
        hours(begin),
        hours(end),
        hours(now),
        instance="prod",
        delay=Delay(CONFIG.lock_after, CONFIG.tier0.reco_delay),
        products=[product for product in CONFIG.products.values() if product.name in GATING],
    )


def rule(told: Trends, name: str) -> RuleVotes:
    (found,) = (one for one in told.votes.rules if one.rule == name)
    return found


def test_each_hour_between_end_and_start_is_in_one_verdict_and_in_one_stage(plain: Engine) -> None:
    told = ask(plain).saved
    found = {(one.kind, one.state): one.time for one in told.states}
    # Two minutes after the end Tier0's streams are not confirmed by a second equal answer yet.
    assert found == {
        ("verdict", "unknown"): 2 * M,
        ("verdict", "waiting"): 5 * H - 2 * M,
        ("verdict", "ready"): 32 * M,
        ("release", "none"): 5 * H,
        ("release", "accepted"): 2 * M,
        ("release", "locked"): 30 * M,
    }
    for kind in ("verdict", "release"):
        assert sum((time for (of, _), time in found.items() if of == kind), timedelta(0)) == told.held
        assert sum(one.share for one in told.states if one.kind == kind) == pytest.approx(1)


def test_a_rule_held_alone_only_while_no_other_was_against(plain: Engine) -> None:
    told = ask(plain)
    calibration, settled = rule(told, "calibration"), rule(told, "settled")
    assert (calibration.waiting, calibration.alone) == (2.5 * H, timedelta(0))
    assert (settled.waiting, settled.unknown, settled.alone) == (5 * H - 2 * M, 2 * M, 2.5 * H)
    assert told.votes.rules[0] == settled
    assert (told.votes.runs, told.votes.left_out) == (1, 0)


def test_what_rules_say_about_calibrations_that_hold_nothing_is_left_out(plain: Engine) -> None:
    """Advisory products were never harvested in this story, and their rules say so until the end."""
    told = ask(plain)
    assert rule(told, "calibration").blocked == timedelta(0)
    assert rule(told, "upload").unknown == timedelta(0)


def test_more_revisions_than_can_be_read_leave_older_runs_out_and_say_so(
    stories: Played, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stories.into("uploads_in_order", store_url)
    whole = ask(store, now=15).votes
    monkeypatch.setattr("spy.store.views.votes.AT_MOST", 1)
    cut = ask(store, now=15).votes
    store.dispose()
    assert (whole.runs, whole.left_out) == (2, 0)
    assert (cut.runs, cut.left_out) == (1, 1)
    assert 0 < cut.revisions < whole.revisions


def test_a_regret_report_is_told_where_it_speaks_of_the_period(plain: Engine) -> None:
    assert ask(plain).regrets == ()
    report = {
        "made_at": hours(30), "made_by": "ana", "instance": "prod", "begin": hours(0), "until": hours(24), "judged": 9,
        "regrets": 1, "unknown": 2, "first_at": None, "last_at": None, "summary": "one", "rulebook": "abc",
        "program": "", "body": {},
    }  # fmt: skip
    number = regrets.keep(plain, report)
    (found,) = ask(plain).regrets
    assert (found.number, found.judged, found.regrets, found.unknown, found.summary) == (number, 9, 1, 2, "one")
    assert ask(plain, begin=24).regrets == ()


def test_a_period_without_runs_has_nothing_of_anything(tmp_path: Path, stories: Played) -> None:
    store = stories.into("plain_release", f"sqlite:///{tmp_path / 'spy.db'}")
    told = ask(store, begin=100)
    store.dispose()
    assert (told.saved.runs, told.saved.states, told.votes.rules, told.regrets) == ((), (), (), ())
