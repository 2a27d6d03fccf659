"""Tier0's locks and starts in the simulated world, its past, and its tags."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from probes.simulation.production import eras
from probes.simulation.tags import synchronization
from probes.simulation.tier0_clock import first_safe_run
from probes.simulation.truth import SimRun
from probes.simulation.world import World
from tests.support.simulated import (
    BEAM_SPOT,
    PRODUCTS,
    START,
    STRIP,
    Builder,
    Receiver,
    after,
    intervals,
    product_text,
    run_text,
)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Builder]:
    builder = Builder(tmp_path)
    yield builder
    builder.close()


def advance_by(world: World, step: timedelta, until: datetime) -> None:
    while world.now < until:
        world.advance(min(world.now + step, until))


# --- the lock ---------------------------------------------------------------------------------------------------------


def test_a_run_locks_one_offset_before_its_delay_and_starts_strictly_after_it(build: Builder):
    world = build(run_text())
    world.advance(after(hours=50, minutes=30))
    assert not world.locked(398600)
    world.advance(after(hours=50, minutes=30, seconds=30))
    assert world.locked(398600)
    world.advance(after(hours=51))
    assert not world.released(398600)
    world.advance(after(hours=51, seconds=30))
    assert world.released(398600)


@pytest.mark.parametrize("step", [timedelta(seconds=7), timedelta(minutes=5), timedelta(hours=60)])
def test_what_happens_does_not_depend_on_how_often_one_looks(build: Builder, step: timedelta):
    text = run_text() + product_text("SiStripBadStrip_pcl", 'harvested = "6h"\nvanishes = "20h"')
    text += run_text(398601, "4h", "4h10m") + run_text(398602, "5h", "9h", listed=False)
    text += '[[switch]]\nat = "50h"\nenabled = false\n[[switch]]\nat = "53h"\nenabled = true\n'
    world, once = build(text), build(text)
    advance_by(world, step, after(hours=60))
    once.advance(after(hours=60))
    assert world.runs == once.runs
    assert world.uploads == once.uploads
    assert intervals(world, STRIP) == intervals(once, STRIP)


def test_an_early_release_locks_at_the_next_pass_and_starts_one_offset_later(build: Builder):
    receiver = Receiver()
    world = build(run_text(), receiver)
    world.advance(after(hours=5, seconds=10))
    receiver.released[398600] = world.now
    world.advance(after(hours=5, seconds=29))
    assert not world.locked(398600)
    world.advance(after(hours=60))
    assert world.runs[0].locked_at == after(hours=5, seconds=30)
    assert world.runs[0].started_at == after(hours=5, minutes=30, seconds=30)
    assert world.first_safe_run() == 398601


def test_an_early_release_waits_until_the_run_has_ended(build: Builder):
    receiver = Receiver()
    receiver.released[398600] = after(hours=1)
    world = build(run_text(), receiver)
    world.advance(after(hours=4))
    assert world.runs[0].locked_at == after(hours=3)


def test_locks_go_in_run_order_one_at_a_pass(build: Builder):
    receiver = Receiver()
    world = build(run_text() + run_text(398601, "3h", "4h") + run_text(398602, "4h", "5h"), receiver)
    world.advance(after(hours=6))
    receiver.released |= {398601: world.now, 398602: world.now}
    world.advance(after(hours=50))
    assert world.lowest_waiting() == 398600
    world.advance(after(hours=60))
    passes = [after(hours=50, minutes=30, seconds=30 + 30 * n) for n in range(3)]
    assert [run.locked_at for run in world.runs] == passes


def test_a_run_without_end_stops_all_later_ones(build: Builder):
    world = build(run_text(end=None) + run_text(398601, "3h", "4h"))
    world.advance(after(hours=200))
    assert [run.locked_at for run in world.runs] == [None, None]
    assert world.lowest_waiting() == 398600
    assert not world.stopped(398600)


@pytest.mark.parametrize(("end", "second"), [("4h", after(hours=69, minutes=31)), (None, None)])
def test_a_lower_run_that_begins_later_goes_first_all_the_same(build: Builder, end, second):
    world = build(run_text(398600, "20h", "22h") + run_text(398601, "0h", end))
    world.advance(after(hours=80))
    assert [run.locked_at for run in world.runs] == [after(hours=69, minutes=30, seconds=30), second]


@pytest.mark.parametrize("more", ["datasets = []", "transferred = false"])
def test_a_run_without_bulk_data_at_tier0_holds_nobody(build: Builder, more: str):
    world = build(run_text(more=more) + run_text(398601, "3h", "4h"))
    world.advance(after(hours=60))
    assert [bool(run.locked_at) for run in world.runs] == [False, True]
    assert world.known(398600) is (more == "datasets = []")


def test_a_hold_stops_the_lock_until_it_expires(build: Builder):
    receiver = Receiver()
    receiver.holds[398600] = after(hours=55, seconds=5)
    world = build(run_text() + run_text(398601, "3h", "4h"), receiver)
    world.advance(after(hours=54))
    assert not world.locked(398600)
    world.advance(after(hours=60))
    assert [run.locked_at for run in world.runs] == [after(hours=55, seconds=30), after(hours=55, seconds=60)]


def test_the_switch_stops_locks_and_starts(build: Builder):
    text = '[[switch]]\nat = "50h45m"\nenabled = false\n[[switch]]\nat = "53h"\nenabled = true\n'
    world = build(run_text() + run_text(398601, "3h", "4h") + text)
    enabled = [world.prompt_enabled]
    world.advance(after(hours=52))
    enabled.append(world.prompt_enabled)
    assert (world.locked(398600), world.released(398600), world.locked(398601)) == (True, False, False)
    world.advance(after(hours=54))
    assert [*enabled, world.prompt_enabled] == [True, False, True]
    assert (world.runs[0].started_at, world.runs[1].locked_at) == (after(hours=53), after(hours=53))


def test_a_delay_times_one_hundred_keeps_the_run_until_it_is_taken_back(build: Builder):
    text = '[[delay]]\nat = "10h"\nreco_delay = "4800h"\n[[delay]]\nat = "100h"\nreco_delay = "48h"\n'
    world = build(run_text() + text)
    world.advance(after(hours=100))
    assert not world.locked(398600)
    world.advance(after(hours=102))
    assert world.runs[0].locked_at == after(hours=100, seconds=30)
    assert world.runs[0].started_at == after(hours=100, minutes=30, seconds=30)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        # From the real service: + is locked.
        (["+100", "+101", "102", "103"], 102),
        (["+100", "101", "+102", "103"], 103),
        (["+100", "+101"], 102),
        (["100", "101"], None),
        (["+100", "+105", "109"], 109),
        ([], None),
    ],
)
def test_the_first_safe_run_is_the_lowest_open_one_above_the_highest_lock(runs: list[str], expected: int | None):
    assert first_safe_run([locked_run(int(text), text.startswith("+")) for text in runs]) == expected


def locked_run(number: int, locked: bool) -> SimRun:
    run = SimRun(number, "collisions", START, None, 1, [], ["Muon0"], "Run2026D", "", "", "", [], {}, {})
    run.locked_at = START if locked else None
    return run


def test_history_is_locked_and_closed_and_can_be_a_month_or_nothing(build: Builder):
    world = build(run_text())
    assert (world.first_safe_run(), [run.number for run in world.visible_runs()]) == (398600, [398599, 398600])
    month = build("history_runs = 300\n" + run_text())
    assert (month.first_safe_run(), len(month.history), len(month.runs)) == (398600, 300, 1)
    assert all(run.started_at and run.started_at < START for run in month.history)
    assert build("history_runs = 0\n" + run_text()).first_safe_run() is None


# --- tags and the past ------------------------------------------------------------------------------------------------


def test_the_prompt_global_tags_map_what_feeds_prompt_and_nothing_else(build: Builder):
    world = build(run_text())
    assert set(world.global_tags) == {era.prompt_global_tag for era in eras().values()}
    for mapped in world.global_tags.values():
        assert {BEAM_SPOT, STRIP, "SiPixelQuality_byPCL_prompt_v2", "EcalPedestals_prompt"} <= set(mapped)
        others = [tag for tag in mapped if synchronization(tag) != "prompt"]
        assert others == ["TrackerAlignment_PCL_byRun_v2_express"]
    for product in PRODUCTS.values():
        for tag in product.destination_tags:
            assert len(intervals(world, tag)) == 1, "inherited from the start"


def test_the_past_is_shown_as_it_was_and_to_this_thread_only_while_asked(build: Builder):
    text = run_text(listed=False) + product_text("SiStripBadStrip_pcl", 'harvested = "6h"')
    world = build(text + run_text(398601, "7h", "9h"))
    world.advance(after(hours=60))
    with world.as_of(after(hours=6)):
        assert (world.now, world.uploads, world.first_safe_run()) == (after(hours=6), [], 398600)
        assert [run.number for run in world.visible_runs()] == [398599, 398600]
        assert not world.locked(398600)
    assert (len(world.uploads), world.first_safe_run(), world.now) == (1, 398602, after(hours=60))
    with pytest.raises(ValueError, match="has not come yet"), world.as_of(after(hours=61)):
        pass


def test_a_copy_of_the_database_is_as_it_was(build: Builder, tmp_path: Path):
    text = run_text(listed=False) + product_text("SiStripBadStrip_pcl", 'harvested = "6h"\nvanishes = "20h"')
    world = build(text)
    world.advance(after(hours=30))
    for hours, expected in ((6, [397600]), (7, [397600, 398600]), (20, [397600])):
        copy = world.conditions.copy_at(after(hours=hours), tmp_path / f"copy-{hours}.db")
        connection = sqlite3.connect(copy)
        rows = connection.execute('SELECT "SINCE" FROM "IOV" WHERE "TAG_NAME" = ? ORDER BY 1', (STRIP,)).fetchall()
        connection.close()
        assert [since for (since,) in rows] == expected


def test_time_never_goes_back(build: Builder):
    world = build(run_text())
    world.advance(after(hours=5))
    world.advance(after(hours=4))
    assert world.now == after(hours=5)
