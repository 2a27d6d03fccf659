"""The frontier chart: for each run when it was taken, calibrated alone, ready with all before it, locked by Tier0.

x is the clock, y the run. The horizontal distance between two curves at a run is what it cost: calibration, earlier
runs, Tier0's own delay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

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


def frontier(runs: Sequence[RunSaved], name: str, picture: str = "svg") -> list[Any]:
    """The chart, what a click told, and the same as a table for those who cannot see it."""
    if not runs:
        return [html.P("No run ended in this time.")]
    hint = "Click a point: it tells what its run waited for."
    below = table(HEADS, map(_row, runs), "The runs of the chart")
    return [
        html.Div(
            dcc.Graph(id=name, figure=figure(runs), config=export(name, picture), className="chart"),
            **labelled("When each run was taken, calibrated, ready and locked; the table below says the same"),
            role="figure",
        ),
        html.Div(hint, id=f"{name}-told", role="status", className="quiet"),
        html.Details([html.Summary("As a table"), below], id=f"{name}-table"),
    ]


def figure(runs: Sequence[RunSaved]) -> go.Figure:
    shown = go.Figure()
    for name, moment, colour, dash, symbol in CURVES:
        points = [(when, run) for run in runs if (when := moment(run)) is not None]
        shown.add_trace(
            go.Scatter(
                x=[when for when, _ in points],
                y=[run.run for _, run in points],
                customdata=[causes(run) for _, run in points],
                name=name,
                mode="lines+markers",
                line={"color": colour, "dash": dash, "shape": "vh", "width": 2},
                marker={"symbol": symbol, "size": 8, "color": colour},
                hovertemplate="run %{y}, " + name + " %{x|%d %b %H:%M} UTC<br>%{customdata}<extra></extra>",
            )
        )
    shown.update_layout(**LOOK, xaxis={"title": "UTC"}, yaxis={"title": "run", "tickformat": "d"})
    return shown


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


def _row(run: RunSaved) -> html.Tr:
    moments = [at(moment(run)) for _, moment, *_ in CURVES]
    return row(html.Th(run_link(run.run), scope="row"), *moments, causes(run, 1))
