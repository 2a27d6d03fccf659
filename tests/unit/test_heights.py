"""How high a run stands in the frontier chart, in the picture and in the table that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.frontier import figure, frontier
from dashboard.heights import LUMINOSITY, RUN, height_of, heights, switch, unknown_told
from spy.store.views import RunSaved

START = datetime(2026, 6, 1, tzinfo=UTC)


def ran(number: int, recorded: float | None) -> RunSaved:
    """A run that ended and was not locked yet."""
    end = START + timedelta(hours=number - 398600)
    return RunSaved(
        run=number,
        run_class="collisions",
        recorded_lumi=recorded,
        end=end,
        express_done_at=None,
        ready_at=None,
        prefix_ready_at=None,
        sent_at=None,
        accepted_at=None,
        would_at=None,
        locked_at=None,
        started_at=None,
        is_overtaken=False,
        fixed_lock_at=end,
        fixed_start_at=end,
        spans=(),
    )


def runs(*recorded: float | None) -> list[RunSaved]:
    return [ran(398600 + number, one) for number, one in enumerate(recorded)]


def text(of: Any) -> str:
    if isinstance(of, list | tuple):
        return " ".join(map(text, of))
    return text(getattr(of, "children", "")) if isinstance(of, Component) else str(of or "")


def cells(shown: Sequence[Any]) -> list[list[str]]:
    rows = shown[-1].children[-1].children.children[2].children
    return [[text(cell) for cell in row.children] for row in rows]


def test_by_number_a_run_stands_where_it_always_did() -> None:
    seen = heights(runs(1.0, None), RUN)
    assert (seen.values, seen.title, unknown_told(seen)) == ((398600, 398601), "run", [])
    assert list(figure(runs(1.0, None), seen).data[0].y) == [398600, 398601]


def test_by_luminosity_a_run_stands_on_those_before_it_and_one_not_known_as_high_as_the_run_before() -> None:
    told = runs(None, 100.0, None, 0.0, 50.5)
    seen = heights(told, LUMINOSITY)
    assert seen.values == (0.0, 100.0, 100.0, 100.0, 150.5)
    assert seen.unknown == (398600, 398602), "a run that recorded nothing is known"
    assert text(unknown_told(seen)) == (
        "? Recorded luminosity not known: runs 398600, 398602. Such a run stands as high as the run before it."
    )
    shown = figure(told, seen)
    assert list(shown.data[0].y) == list(seen.values)
    assert shown.layout.yaxis.title.text == "luminosity recorded until then (1/pb)"
    assert [point[0] for point in shown.data[0].customdata] == [str(run.run) for run in told]


@pytest.mark.parametrize(
    ("recorded", "unit", "last"),
    [
        ((0.5, 0.6), "1/pb", 1.1),
        ((0.5, 0.4), "1/nb", 900.0),
        ((5.469869e-6,), "1/µb", 5.469869),
        ((1e-9,), "1/µb", 1e-3),
        ((0.0, 0.0), "1/pb", 0.0),
    ],
)
def test_the_unit_is_that_in_which_the_sum_can_be_read(recorded: tuple[float, ...], unit: str, last: float) -> None:
    seen = heights(runs(*recorded), LUMINOSITY)
    assert seen.unit == unit
    assert seen.values[-1] == pytest.approx(last)
    assert seen.title.endswith(f"({unit})")


def test_when_no_run_is_known_that_is_said_and_the_chart_still_stands() -> None:
    shown = frontier(runs(None, None), "chart", height=LUMINOSITY)
    assert "Of none of these runs is the recorded luminosity known" in text(shown)
    assert [row[-2:] for row in cells(shown)] == [["unknown", "0"], ["unknown", "0"]]


def test_the_table_says_what_the_chart_shows() -> None:
    shown = frontier(runs(100.0, None, 83.64), "chart", height=LUMINOSITY)
    assert [row[-2:] for row in cells(shown)] == [["100.0", "100.0"], ["unknown", "100.0"], ["83.6", "183.6"]]
    assert "Recorded 1/pb Until then 1/pb" in text(shown)
    assert len(cells(frontier(runs(100.0), "chart"))[0]) == len(cells(shown)[0]) - 2


def test_zoom_of_one_kind_of_height_is_not_kept_in_the_other() -> None:
    kept = {figure(runs(1.0), heights(runs(1.0), of)).layout.uirevision for of in (RUN, LUMINOSITY)}
    assert len(kept) == 2


def test_the_switch_keeps_what_the_address_says_besides_and_marks_the_chosen_by_a_sign() -> None:
    _, *links = switch(LUMINOSITY, "trend-y", "/trends", days="7", picture="png").children
    assert [(link.id, link.children, link.href) for link in links] == [
        ("trend-y-run", "run number", "/trends?days=7&picture=png&y=run"),
        ("trend-y-luminosity", "✓ recorded luminosity", "/trends?days=7&picture=png&y=luminosity"),
    ]


@pytest.mark.parametrize("wish", ["", "fill", "<script>", "Luminosity"])
def test_what_is_no_height_is_the_run_number(wish: str) -> None:
    assert height_of(wish) == RUN


def test_a_short_table_has_the_newest_runs_and_says_where_the_others_are() -> None:
    shown = frontier(runs(100.0, None, 83.64), "chart", rows=2)
    assert cells(shown) == cells(frontier(runs(100.0, None, 83.64), "chart"))[1:]
    assert "The newest 2 of 3 runs; all are on  Trends" in text(shown)
    assert "The newest" not in text(frontier(runs(100.0, None), "chart", rows=2))
