"""A run from beam to reconstruction: a picture, and the same as a table for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.frontier import LOOK, export
from dashboard.marks import SIGNS, at, folded, labelled, mark, row, table
from spy.domain.verdict import State
from spy.store.views import Happened, Lane

COLOURS = {State.READY: "#16a34a", State.WAITING: "#1c7fd6", State.UNKNOWN: "#9b5de5", State.BLOCKED: "#d9480f"}
PLAIN = "#5b6b7c"
MARKERS = {
    Lane.DATA: "circle",
    Lane.EXPRESS: "square",
    Lane.HARVEST: "diamond",
    Lane.UPLOAD: "triangle-up",
    Lane.INTERVAL: "triangle-down",
    Lane.VERDICT: "circle",
    Lane.ACT: "star",
    Lane.MESSAGE: "hexagon",
    Lane.RELEASE: "pentagon",
    Lane.TIER0: "x",
}
HEADS = ("At UTC", "Until", "What", "About", "State", "Told")


def timeline_part(happened: Sequence[Happened], now: datetime) -> list[Any]:
    if not happened:
        return [html.P("Nothing is recorded with a time yet.", className="quiet")]
    label = "The course of the run from data taking to reconstruction; the table below says the same"
    return [
        html.Div(
            dcc.Graph(id="timeline", figure=figure(happened, now), config=export("timeline", "svg"), className="chart"),
            **labelled(label),
            role="figure",
        ),
        folded("timeline-table", f"As a table: {len(happened)} entries", table(HEADS, map(_row, happened), "Timeline")),
    ]


def figure(happened: Sequence[Happened], now: datetime) -> go.Figure:
    """A line for each lane; what lasts is a bar, what goes on reaches to now, and its end is open."""
    shown = go.Figure()
    for lane in Lane:
        mine = [one for one in happened if one.lane is lane]
        for colour in dict.fromkeys(map(_colour, mine)):
            shown.add_trace(_bars(lane, [one for one in mine if _colour(one) == colour], colour, now))
        shown.add_trace(_moments(lane, mine))
    lanes = [str(lane) for lane in reversed(Lane)]
    shown.update_layout(**(LOOK | {"height": 90 + 38 * len(lanes), "margin": {"l": 110, "r": 20, "t": 20, "b": 45}}))
    shown.update_layout(
        showlegend=False, xaxis={"title": "UTC"}, yaxis={"categoryorder": "array", "categoryarray": lanes}
    )
    return shown


def _end(one: Happened, now: datetime) -> datetime | None:
    return max(one.begin, now) if one.goes_on else one.end


def _bars(lane: Lane, mine: Sequence[Happened], colour: str, now: datetime) -> go.Scatter:
    """One line with gaps: a line for each bar would take the browser many times as long."""
    lasting = [(one.begin, end) for one in mine if (end := _end(one, now)) is not None]
    return go.Scatter(
        x=[at for begin, end in lasting for at in (begin, end, None)],
        y=[str(lane)] * (3 * len(lasting)),
        mode="lines",
        line={"width": 12, "color": colour},
        opacity=0.55,
        hoverinfo="skip",
    )


def _moments(lane: Lane, mine: Sequence[Happened]) -> go.Scatter:
    return go.Scatter(
        x=[one.begin for one in mine],
        y=[str(lane)] * len(mine),
        mode="markers+text",
        text=[_sign(one, before) for before, one in pairwise([None, *mine]) if one],
        textposition="top center",
        customdata=[_told(one) for one in mine],
        marker={"symbol": MARKERS[lane], "size": 11, "color": [_colour(one) for one in mine]},
        hovertemplate="%{x|%d %b %H:%M} UTC<br>%{customdata}<extra></extra>",
        name=str(lane),
    )


def _sign(one: Happened, before: Happened | None) -> str:
    """Where the state turned: the same sign again and again would only be clutter."""
    return SIGNS[one.state] if one.state and (before is None or before.state is not one.state) else ""


def _colour(one: Happened) -> str:
    return COLOURS[one.state] if one.state else PLAIN


def _told(one: Happened) -> str:
    """Angle brackets would be markup of the chart's own."""
    state = f" ({one.state})" if one.state else ""
    seen = ", as the agent saw it" if one.is_seen else ""
    return f"{one.what}{state}: {one.text}{seen}".replace("<", "‹").replace(">", "›")


def _row(one: Happened) -> html.Tr:
    until = "goes on" if one.goes_on else at(one.end)
    begin = [at(one.begin), html.Span(" seen", className="quiet")] if one.is_seen else at(one.begin)
    return row(begin, until, str(one.lane), one.what, mark(one.state) if one.state else "–", one.text or "–")
