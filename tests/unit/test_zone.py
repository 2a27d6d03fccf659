"""Figures on Geneva's clock, summer and winter; everything else in them stays."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from dash import dcc, html

from dashboard.zone import GENEVA, moved, on_clock

ZONE = ZoneInfo("Europe/Zurich")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def page() -> list[html.Div]:
    figure = go.Figure(go.Scatter(x=[NOON], y=[398600], customdata=["locked 2026-06-01 12:00 UTC"], name="taken"))
    figure.update_layout(xaxis={"title": "UTC"}, yaxis={"title": "run", "tickformat": "d"})
    return [html.Div([html.P("2026-06-01 12:00 UTC"), dcc.Graph(figure=figure)])]


def test_a_chart_moves_with_its_axis_title_and_its_words():
    [text, graph] = on_clock(page(), GENEVA)[0].children
    trace, layout = graph.figure["data"][0], graph.figure["layout"]
    assert trace["x"] == ["2026-06-01T14:00:00.000000"]
    assert (trace["y"], trace["name"]) == ([398600], "taken")
    assert trace["customdata"] == ["locked 2026-06-01 14:00 CEST"]
    assert layout["xaxis"]["title"]["text"] == "Geneva time"
    assert text.children == "2026-06-01 12:00 UTC", "texts are the browser's business"


@pytest.mark.parametrize("clock", ["utc", "", "None", "mars"])
def test_any_other_clock_is_utc(clock):
    graph = on_clock(page(), clock)[0].children[1]
    assert graph.figure.data[0].x[0] == NOON


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "2026-03-29T01:59:00.000000"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "2026-03-29T03:00:00.000000"),
        (datetime(2026, 1, 1, 23, 30, tzinfo=UTC), "2026-01-02T00:30:00.000000"),
        ("2026-06-01T12:00:00Z", "2026-06-01T14:00:00.000000"),
        ("2026-01-01T12:00:00+00:00", "2026-01-01T13:00:00.000000"),
        ("2026-01-01 12:00 UTC", "2026-01-01 13:00 CET"),
        ("run %{y}, %{x|%d %b %H:%M} UTC", "run %{y}, %{x|%d %b %H:%M} Geneva time"),
        (398600, 398600),
        (None, None),
        ("SiStripBadStrip_pcl", "SiStripBadStrip_pcl"),
    ],
)
def test_a_value_is_moved_if_it_is_a_time(before, after):
    assert moved({"x": (before,)}, ZONE) == {"x": [after]}
