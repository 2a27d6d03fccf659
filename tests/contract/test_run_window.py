"""The grid of runs on every kind of store: windows cost what they show, and a filter finds exactly what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from spy.config import load
from spy.domain.act import Do
from spy.domain.release import Stage
from spy.domain.run import Chunk
from spy.domain.subject import of_product, of_run
from spy.domain.verdict import Outcome, State, Verdict
from spy.store import acts, decisions, ledger
from spy.store.engine import writing
from spy.store.views import RunIndex, WantedRuns, newest_change, run_choices, run_window
from spy.store.views.run_window import WIDEST
from tests.support.filled_store import NOW, REQUIRED, FilledStore

PRODUCTS = load().products
STRIP = "SiStripBadStrip_pcl"
BAD = frozenset({State.BLOCKED, State.UNKNOWN})


def window(store: FilledStore, begin: int = 0, end: int = 50, index: RunIndex | None = None, **wanted):
    return run_window(store.engine, index or RunIndex(), WantedRuns(**wanted), begin, end, NOW, PRODUCTS)


def numbers(store: FilledStore, **wanted) -> list[int]:
    found = window(store, **wanted)
    assert found.total == len(found.runs)
    return [one.run for one in found.runs]


@pytest.fixture
def mixed(empty: FilledStore) -> FilledStore:
    """Two eras, two classes, three fills; 398602 blocked by the strips, 398603 by nothing that gates."""
    empty.services()
    empty.run(398600, "cosmics", era="Run2026C", fill=11200)
    empty.run(398601, era="Run2026C", fill=11201)
    empty.run(398602, era="Run2026D", fill=11202)
    empty.run(398603, era="Run2026D", fill=11202)
    empty.run(398604, ended=False)
    empty.decide(398600, State.READY, required=[STRIP])
    empty.decide(398601, State.READY)
    empty.decide(398602, State.WAITING, "wait", ago=timedelta(hours=1))
    empty.decide(398602, State.BLOCKED, "lost", products={STRIP: State.BLOCKED})
    empty.decide(398603, State.READY, products={"SiPixelLA_pcl": State.UNKNOWN})
    return empty


# --- windows --------------------------------------------------------------------------------------------------------


def test_windows_follow_each_other_newest_first_and_say_how_many_there_are(night):
    first, rest = window(night, 0, 3), window(night, 3, 100)
    assert [one.run for one in first.runs + rest.runs] == list(range(398607, 398599, -1))
    assert (first.total, rest.total) == (8, 8)


@pytest.mark.parametrize(("begin", "end"), [(8, 20), (5, 5), (5, 2), (-3, 0), (10**9, 10**9 + 50)])
def test_a_window_beyond_the_end_or_of_no_width_is_empty_and_still_counts(night, begin, end):
    found = window(night, begin, end)
    assert (found.runs, found.total) == ((), 8)
    assert window(night, begin, end, states=frozenset({State.BLOCKED})).runs == ()


def test_a_row_tells_what_the_newest_decision_said(night):
    night.act(Do.ACKNOWLEDGE, 398602, "I am on it")
    line = next(one for one in window(night).runs if one.run == 398602)
    assert (line.run_class, line.fill, line.verdict, line.stage) == ("collisions", 11223, State.BLOCKED, Stage.NONE)
    assert line.reasons == ("SiStripBadStrip_pcl: upload blocked: upload_result (failed)",)
    assert [act.why for act in line.acts] == ["I am on it"]
    strip, lorentz = line.cells[STRIP], line.cells["SiPixelLA_pcl"]
    assert (strip.state, strip.required) == (State.BLOCKED, True)
    assert strip.why == ("SiStripBadStrip_pcl: calibration blocked: placement (missing)",)
    assert (lorentz.state, lorentz.required) == (State.UNKNOWN, False)
    assert set(line.cells) == {*REQUIRED, "SiPixelLA_pcl"}


def test_a_run_without_a_decision_is_unknown_and_has_no_cells(empty):
    empty.run(398600)
    (line,) = window(empty).runs
    assert (line.verdict, line.is_decided, line.cells, line.era) == (State.UNKNOWN, False, {}, "")
    assert numbers(empty, states=BAD) == [398600]


def test_a_run_that_is_being_taken_has_no_end(mixed):
    line = window(mixed).runs[0]
    assert (line.run, line.is_taken, line.end, line.run_class) == (398604, True, None, "")


def test_nobody_gets_more_than_the_widest_window_however_much_is_asked_for(empty):
    with writing(empty.engine) as connection:
        for number in range(1, WIDEST + 3):
            ledger.open_run(connection, number, NOW)
    found = window(empty, 0, 10**6)
    assert (len(found.runs), found.total, found.runs[0].run) == (WIDEST, WIDEST + 2, WIDEST + 2)


def test_a_cell_tells_the_rules_that_made_it_so_and_no_shadow_rule(empty):
    empty.run(398600)
    about = of_product("prod", 398600, STRIP)
    said = {"upload": State.BLOCKED, "calibration": State.READY, "numbers": State.BLOCKED}
    outcomes = [
        Outcome(rule, about, state, f"{rule} {state}", shadow=rule == "numbers") for rule, state in said.items()
    ]
    verdict = Verdict(Chunk(398600), State.BLOCKED, (), tuple(outcomes), products={STRIP: State.BLOCKED})
    with writing(empty.engine) as connection:
        decisions.record(connection, verdict, 1, NOW, "rulebook", 1)
    assert window(empty).runs[0].cells[STRIP].why == ("upload blocked",)


# --- filters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"era": "Run2026D"}, [398603, 398602]),
        ({"run_class": "cosmics"}, [398600]),
        ({"fill": 11202}, [398603, 398602]),
        ({"fill": 1}, []),
        ({"states": BAD}, [398604, 398602]),
        ({"states": frozenset({State.WAITING})}, []),
        ({"detector": "strip tracker", "states": BAD}, [398602]),
        ({"detector": "strip tracker"}, [398603, 398602, 398601, 398600]),
        ({"detector": "pixel", "states": frozenset({State.UNKNOWN})}, [398603]),
        ({"detector": "no such thing"}, []),
        ({"era": "Run2026D", "states": frozenset({State.READY})}, [398603]),
        ({"person": "nobody@example.invalid"}, []),
    ],
    ids=[
        "era",
        "class",
        "fill",
        "a fill of no run",
        "states",
        "a state of no run",
        "detector and states",
        "detector",
        "detector and state",
        "a detector of no run",
        "era and state",
        "a person of no run",
    ],
)
def test_a_filter_finds_exactly_the_runs_that_are_so_now(mixed, wanted, found):
    assert numbers(mixed, **wanted) == found


def test_a_person_is_found_by_acts_on_a_run_and_on_a_range_ended_ones_too(mixed):
    mixed.act(Do.ACKNOWLEDGE, 398600, "mine", until=NOW - timedelta(minutes=1))
    mixed.act(Do.KEEP_BACK, None, "noise", from_run=398602, to_run=398603)
    mixed.act(Do.STOP, None, "all of them, which is nobody's care for one")
    assert numbers(mixed, person="shifter@example.invalid") == [398603, 398602, 398600]


def test_a_filtered_list_has_windows_too(mixed):
    found = window(mixed, 1, 3, states=frozenset({State.READY}))
    assert ([one.run for one in found.runs], found.total) == ([398601, 398600], 3)


def test_what_changes_after_the_first_question_is_found_by_the_second(mixed):
    index = RunIndex()
    assert window(mixed, index=index, states=BAD).total == 2
    mixed.close_run(398600)
    mixed.decide(398602, State.READY)
    mixed.run(398605, era="Run2026E")
    mixed.decide(398605, State.BLOCKED, "lost")
    assert [one.run for one in window(mixed, index=index, states=BAD).runs] == [398605, 398604]
    assert [one.run for one in window(mixed, index=index, run_class="cosmics").runs] == [398600]


def test_what_was_closed_a_moment_ago_is_still_read_anew(mixed):
    """A look that was under way may tell of it yet."""
    index = RunIndex()
    mixed.close_run(398600)
    assert window(mixed, index=index, run_class="cosmics").total == 1
    mixed.look("oms", mixed.fact(of_run("prod", 398600), "run_class", "commissioning"))
    assert window(mixed, index=index, run_class="cosmics").total == 0
    assert window(mixed, index=index, run_class="commissioning").total == 1


def test_what_is_closed_for_an_hour_is_not_read_again_and_what_is_open_is(mixed):
    """Else the cost of a filter would grow with the history."""
    index, later = RunIndex(), NOW + timedelta(hours=2)
    mixed.close_run(398600)

    def found(**wanted) -> int:
        return run_window(mixed.engine, index, WantedRuns(**wanted), 0, 50, later, PRODUCTS).total

    assert found(run_class="cosmics") == 1
    mixed.decide(398600, State.BLOCKED, "never happens to a closed run")
    mixed.decide(398601, State.BLOCKED, "this one is open")
    assert found(states=frozenset({State.BLOCKED})) == 2


def test_what_may_be_chosen_is_what_the_runs_have(mixed):
    mixed.act(Do.STOP, None, "about no run")
    choices = run_choices(mixed.engine, RunIndex(), NOW)
    assert choices.eras == ("Run2026D", "Run2026C")
    assert choices.classes == ("collisions", "cosmics")
    assert choices.persons == ()
    mixed.act(Do.ACKNOWLEDGE, 398602, "mine")
    assert run_choices(mixed.engine, RunIndex(), NOW).persons == ("shifter@example.invalid",)


def test_whatever_the_grid_shows_changes_its_mark(mixed):
    marks = [newest_change(mixed.engine)]
    for change in (
        lambda: mixed.decide(398601, State.READY, "again"),
        lambda: mixed.stages(398601, Stage.QUEUED),
        lambda: mixed.act(Do.KEEP_BACK, 398601, "noise"),
        lambda: _end(mixed, acts.all_acts(mixed.engine)[0].id),
        lambda: mixed.run(398606),
    ):
        change()
        marks.append(newest_change(mixed.engine))
    assert len(set(marks)) == 6
    assert newest_change(mixed.engine) == marks[-1]


def _end(store: FilledStore, act: int) -> None:
    with writing(store.engine) as connection:
        assert acts.end(connection, act, NOW, "shifter@example.invalid")
