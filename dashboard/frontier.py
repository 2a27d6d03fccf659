"""The frontier chart: for each run when it was taken, calibrated alone, ready with all before it, locked by Tier0.

x is the clock, y the run, or the luminosity recorded until then (heights.py). The horizontal distance between two
curves at a run is what it cost: calibration, earlier runs, Tier0's own delay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.heights import LUMINOSITY, RUN, Heights, heights, unknown_told
from dashboard.marks import at, labelled, row, run_link, table
from spy.store.views import RunSaved, Span

Moment = Callable[[RunSaved], datetime | None]
CURVES: Sequence[tuple[str, Moment, str, str, str]] = (
    ("taken", lambda run: run.end, "#5b6b7c", "dot", "circle"),
    ("calibrated alone", lambda run: run.alone_at, "#1c7fd6", "dash", "square"),
    ("ready with all before it", lambda run: run.prefix_ready_at, "#16a34a", "solid", "diamond"),
    ("locked by Tier0", lambda run: run.locked_at, "#d9480f", "solid", "x"),
)
"""Name, moment, colour, line and marker: no curve is told by its colour alone."""
HEADS = ("Run", "Taken", "Calibrated alone", "Ready with all before it", "Locked", "Longest cause")


def frontier(
    runs: Sequence[RunSaved], name: str, picture: str = "svg", height: str = RUN, rows: int | None = None
) -> list[Any]:
    """The chart of runs by number, what a click told, and the same as a table for those who cannot see it.

    `rows`: so many of the newest runs are in the table, and where the others are is said; None: all.
    """
    if not runs:
        return [html.P("No run ended in this time.")]
    hint = "Click a point: it tells what its run waited for."
    seen = heights(runs, height)
    heads = (*HEADS, f"Recorded {seen.unit}", f"Until then {seen.unit}") if seen.of == LUMINOSITY else HEADS
    listed = list(enumerate(runs))[-rows:] if rows else list(enumerate(runs))
    # As plain data: a figure leaves the middle of long lists out of its repr, by which a page tells what is new.
    chart = figure(runs, seen).to_plotly_json()
    below = table(heads, [_row(run, seen, number) for number, run in listed], "The runs of the chart")
    more: list[Any] = [
        f"The newest {len(listed)} of {len(runs)} runs; all are on ",
        dcc.Link("Trends", href="/trends"),
        ".",
    ]
    return [
        html.Div(
            dcc.Graph(id=name, figure=chart, config=export(name, picture), className="chart"),
            **labelled("When each run was taken, calibrated, ready and locked; the table below says the same"),
            role="figure",
        ),
        html.Div(hint, id=f"{name}-told", role="status", className="quiet"),
        *unknown_told(seen),
        html.Details(
            [html.Summary("As a table"), *([html.P(more)] if len(listed) < len(runs) else []), below],
            id=f"{name}-table",
        ),
    ]


def figure(runs: Sequence[RunSaved], seen: Heights) -> go.Figure:
    """`seen` are the heights of the runs."""
    shown = go.Figure()
    is_lumi = seen.of == LUMINOSITY
    up = f", %{{y:.4g}} {seen.unit} until then" if is_lumi else ""
    about = "<br>%{customdata[1]}<extra></extra>"
    for name, moment, colour, dash, symbol in CURVES:
        points = [(when, y, run) for run, y in zip(runs, seen.values, strict=True) if (when := moment(run)) is not None]
        shown.add_trace(
            go.Scatter(
                x=[when for when, _, _ in points],
                y=[y for _, y, _ in points],
                customdata=[[str(run.run), causes(run)] for *_, run in points],
                name=name,
                mode="lines+markers",
                line={"color": colour, "dash": dash, "shape": "vh", "width": 2},
                marker={"symbol": symbol, "size": 8, "color": colour},
                hovertemplate=f"run %{{customdata[0]}}, {name} %{{x|%d %b %H:%M}} UTC{up}{about}",
            )
        )
    upwards = {"rangemode": "tozero"} if is_lumi else run_ticks([run.run for run in runs])
    # Zoom of one kind of height means nothing in the other.
    shown.update_layout(**(LOOK | {"uirevision": f"kept {seen.of} {seen.unit}"}))
    shown.update_layout(xaxis={"title": "UTC"}, yaxis={"title": seen.title, **upwards})
    return shown


def run_ticks(numbers: Sequence[int]) -> dict[str, Any]:
    """Each run number once: where there are few, or one zooms in, the chart would step by halves."""
    few = max(numbers, default=0) - min(numbers, default=0) <= FEW
    return {"tickformat": "~f"} | ({"tick0": 0, "dtick": 1} if few else {})  # "d" rounds halves to numbers seen before


FEW = 12
"""Numbers between the lowest and the highest run that all find room."""

LOOK: dict[str, Any] = {
    "margin": {"l": 70, "r": 20, "t": 30, "b": 45},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "legend": {"orientation": "h", "y": 1.08},
    "hovermode": "closest",
    "height": 420,
    "uirevision": "kept",  # zoom stays when new runs come
}
"""Colours of texts and lines come from the style sheet, so that light and dark both read."""


def export(name: str, kind: str) -> Any:
    """Of a chart: its button saves it as a picture of this kind."""
    return {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": kind, "filename": name}}


def causes(run: RunSaved, at_most: int = 4) -> str:
    """What held it, the longest first; a span that goes on has no length yet."""
    longest: dict[str, timedelta] = {}
    for span in run.spans:
        longest[_named(span)] = longest.get(_named(span), timedelta(0)) + span.length
    ranked = sorted(longest.items(), key=lambda item: -item[1])[:at_most]
    return " · ".join(f"{_hours(time)} {cause}" for cause, time in ranked) or "nothing held it"


def _named(span: Span) -> str:
    return f"{span.cause} ({', '.join(span.what[:3])})" if span.what else str(span.cause)


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:.1f} h"


def _row(run: RunSaved, seen: Heights, number: int) -> html.Tr:
    moments = [at(moment(run)) for _, moment, *_ in CURVES]
    up = [seen.told(seen.own[number]), seen.told(seen.values[number])] if seen.of == LUMINOSITY else []
    return row(html.Th(run_link(run.run), scope="row"), *moments, causes(run, 1), *up)
