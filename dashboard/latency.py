"""How long uploads took after the run's end, beside what is published of 2024: mean, RMS, bump and tail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from statistics import fmean, pstdev
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.frontier import LOOK, export
from dashboard.marks import labelled, row, table
from spy.store.views import PUBLISHED_2024, Latency

TAIL_H = 48
"""Where Tier0 releases by itself."""
BUMP_H = (12, 13)
"""A harvest that was forced by its time-out."""


def latency_chart(latencies: Sequence[Latency]) -> list[Any]:
    """A histogram in hours, and the same as a table."""
    took = [(one.uploaded_at - one.end) / timedelta(hours=1) for one in latencies if one.uploaded_at]
    mean, rms = (time / timedelta(hours=1) for time in PUBLISHED_2024)
    published = (
        f"Of 2024 the experiment published, over five workflows together: mean {mean:.1f} h, RMS {rms:.1f} h, "
        f"a bump at {BUMP_H[0]} to {BUMP_H[1]} h and a tail to {TAIL_H} h. "
        "Mean, RMS and bump are drawn; the distribution itself is not at hand."
    )
    if not took:
        return [html.P("Nothing was uploaded in this time."), html.P(published, className="quiet")]
    ours = f"Here: {len(took)} uploads, mean {fmean(took):.1f} h, RMS {pstdev(took):.1f} h. "
    counts = Counter(_bin(hours) for hours in took)
    shown = dcc.Graph(figure=_figure(counts, mean, rms), config=export("latency", "svg"), className="chart")
    rows = [row(_named(start), str(number)) for start, number in sorted(counts.items())]
    return [
        html.P([html.Strong(ours), published], className="quiet", id="latency-told"),
        html.Div(shown, role="figure", id="latency", **labelled("Uploads by hours; the table below says the same")),
        html.Details(
            [html.Summary("As a table"), table(("Hours after the run's end", "Uploads"), rows, "Uploads by hours")],
            id="latency-table",
        ),
    ]


def _bin(hours: float) -> int:
    """Whole hours; all before the end and all after the tail are one bin each."""
    return -1 if hours < 0 else min(int(hours), TAIL_H)


def _named(start: int) -> str:
    if start < 0:
        return "before its end"
    return f"{start} to {start + 1}" if start < TAIL_H else f"{TAIL_H} or more"


def _figure(counts: Counter[int], mean: float, rms: float) -> go.Figure:
    starts = sorted(counts)
    shown = go.Figure(
        go.Bar(
            x=[start + 0.5 for start in starts],
            y=[counts[start] for start in starts],
            width=0.9,
            name="here",
            customdata=[_named(start) for start in starts],
            hovertemplate="%{customdata} h: %{y} uploads<extra></extra>",
            marker={"color": "#1c7fd6"},
        )
    )
    grey = {"fillcolor": "#8a8f96", "opacity": 0.18, "line_width": 0}
    shown.add_vrect(
        x0=mean - rms, x1=mean + rms, **grey, annotation_text="2024: mean ± RMS", annotation_position="top left"
    )
    shown.add_vrect(x0=BUMP_H[0], x1=BUMP_H[1], fillcolor="#d9480f", opacity=0.18, line_width=0)
    shown.add_vline(x=mean, line={"color": "#d9480f", "dash": "dash"}, annotation_text=f"2024: mean {mean:.1f} h")
    shown.add_annotation(x=BUMP_H[1], y=0.85, yref="paper", text="2024: bump", showarrow=False, xanchor="left")
    shown.update_layout(**(LOOK | {"height": 320}), bargap=0, showlegend=False)
    shown.update_xaxes(title="hours after the run's end", range=[-1.5, TAIL_H + 1.5], dtick=6)
    shown.update_yaxes(title="uploads", tickformat="d", rangemode="tozero")
    return shown
