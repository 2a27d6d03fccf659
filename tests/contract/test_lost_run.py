"""A run that Tier0 locked before we were done: *Now* begins with it, and whoever looks after it can say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from dashboard.now import now_page
from spy.acting.intent import Intent, planned
from spy.config import load
from spy.domain.act import Do
from spy.domain.errors import ActError
from spy.domain.release import Stage
from spy.domain.verdict import State
from spy.store.views import Overview, overview
from tests.support.filled_store import NOW, FilledStore
from tests.support.now_shown import parts, text

LOST, NEXT = 398601, 398602


@pytest.fixture
def lost(empty: FilledStore) -> FilledStore:
    """The lost run is closed; the one behind it waits as it should."""
    empty.services()
    for run in (LOST, NEXT):
        empty.run(run)
    empty.decide(LOST, State.BLOCKED, "SiStripBadStrip_pcl: calibration blocked")
    empty.decide(NEXT, State.WAITING, "normal")
    empty.stages(LOST, Stage.OVERTAKEN)
    empty.close_run(LOST)
    return empty


def seen(store: FilledStore) -> Overview:
    return overview(store.engine, NOW, timedelta(minutes=5), crew=("shift@example.invalid",))


def buttons(now: Overview) -> Iterator[tuple[str, str]]:
    for part in parts(now_page(now, ())):
        if (href := str(getattr(part, "href", ""))).startswith("/act"):
            yield text(part), href


def acknowledged(store: FilledStore, run: int, do: Do = Do.ACKNOWLEDGE) -> int | None:
    act, effect = planned(Intent(do, "sam", "I told the coordinators", str(run)), load(), store.engine, NOW)
    assert effect
    return act.run


def test_the_button_is_about_the_run_that_the_sentence_is_about(lost):
    now = seen(lost)
    assert now.sentence.startswith(f"Tier0 locked run {LOST} by its own clock")
    assert dict(buttons(now))["I am on it"] == f"/act?do=acknowledge&chunk={LOST}"


def test_a_closed_run_can_be_acknowledged_and_then_the_page_goes_on_to_the_next(lost):
    assert acknowledged(lost, LOST) == LOST
    lost.act(Do.ACKNOWLEDGE, LOST, "I told the coordinators")
    assert seen(lost).lost is None
    assert f"run {NEXT}" in seen(lost).sentence


@pytest.mark.parametrize("do", [do for do in Do if do not in (Do.ACKNOWLEDGE, Do.STOP, Do.RESUME)])
def test_nothing_else_is_done_about_a_closed_run(lost, do):
    with pytest.raises(ActError, match=f"run {LOST} is not open"):
        acknowledged(lost, LOST, do)


def test_a_run_that_was_never_followed_is_nobodys_to_look_after(lost):
    with pytest.raises(ActError, match="run 398700 is not open"):
        acknowledged(lost, 398700)
