"""What a period saved and what it cost: hours, causes, latencies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.frontier import LOOK, export, frontier
from dashboard.marks import at, labelled, row, run_link, table
from dashboard.trouble import panel
from spy.store.views import PUBLISHED_2024, ProductLatency, RunSaved, Saved, Share

PERIODS = (("1 day", 1), ("7 days", 7), ("30 days", 30), ("a year", 365))
RUN_HEADS = ("Run", "Class", "End", "Accepted", "Locked", "Started", "Saved h", "Lost to earlier runs h", "Measured at")


def trends_page(told: Saved, days: int) -> list[Any]:
    links = [dcc.Link(name, href=f"/trends?days={n}", className="chosen" if n == days else "") for name, n in PERIODS]
    parts: list[Any] = [html.H1(told.sentence, id="sentence"), html.P(links, className="buttons")]
    if told.endless:
        missing = ", ".join(map(str, told.endless))
        parts.append(html.P(f"Left out, since nobody knows when they ended: {missing}.", className="quiet"))
    if not told.runs:
        return parts
    return [
        *parts,
        html.H2("What held the data"),
        *panel("What held the data", lambda: _pareto(told.causes)),
        html.H2("The frontier"),
        *panel("The frontier", lambda: frontier(told.runs, "trend-frontier")),
        html.H2("From the run's end to the upload"),
        _latencies(told.products),
        html.H2("Run by run"),
        html.P(html.Button("As CSV", id="trends-csv", n_clicks=0), className="buttons"),
        table(RUN_HEADS, map(_run, told.runs), "What each run saved and lost"),
    ]


def _pareto(causes: Sequence[Share]) -> list[Any]:
    shown = go.Figure(
        go.Bar(
            x=[_hours(share.time) for share in causes],
            y=[str(share.cause) for share in causes],
            orientation="h",
            text=[f"{100 * share.share:.0f} %, {share.runs} runs" for share in causes],
            hovertemplate="%{y}: %{x:.1f} h<extra></extra>",
            marker={"color": "#1c7fd6"},
        )
    )
    shown.update_layout(**(LOOK | {"height": 60 + 34 * len(causes), "margin": {"l": 220, "r": 20, "t": 10, "b": 40}}))
    shown.update_layout(yaxis={"autorange": "reversed"}, xaxis={"title": "hours"}, showlegend=False)
    rows = [
        row(str(share.cause), f"{_hours(share.time):.1f}", f"{100 * share.share:.1f}", str(share.runs), _most(share))
        for share in causes
    ]
    return [
        html.Div(
            dcc.Graph(figure=shown, config=export("causes", "png"), className="chart"),
            role="img",
            **labelled("Hours by cause"),
        ),
        html.Details(
            [html.Summary("As a table"), table(("Cause", "h", "%", "Runs", "Most of it"), rows, "Hours by cause")],
            id="causes-table",
        ),
    ]


def _most(share: Share) -> str:
    return ", ".join(f"{name} {_hours(time):.1f} h" for name, time in share.most[:3])


def _latencies(products: Sequence[ProductLatency]) -> html.Div:
    heads = ("Calibration", "Uploads", "Mean h", "RMS h", "Median h", "p90 h", "Visible: median h", "p90 h")
    mean, rms = PUBLISHED_2024
    last = row("2024, published, five workflows together", "", _h(mean), _h(rms), "", "", "", "")
    return table(heads, [*map(_latency, products), last], "Latency of each calibration")


def _latency(one: ProductLatency) -> html.Tr:
    up, seen = one.uploaded, one.visible
    told = [str(up.count), _h(up.mean), _h(up.rms), _h(up.median), _h(up.p90)] if up else ["0", "–", "–", "–", "–"]
    told += [_h(seen.median), _h(seen.p90)] if seen else ["–", "–"]
    return row(html.Th(one.product or "all of them", scope="row"), *told)


def _run(one: RunSaved) -> html.Tr:
    times = [at(t) for t in (one.end, one.accepted_at or one.would_at, one.locked_at, one.started_at)]
    head = html.Th(run_link(one.run), scope="row")
    return row(head, one.run_class or "unknown", *times, _h(one.saved), _h(one.lost), one.basis or "–")


def as_csv(told: Saved) -> str:
    """One line per run, times in ISO 8601 UTC, durations in hours; empty: not known."""
    lines = ["run,class,end,accepted,would_be_released,locked,started,saved_h,lost_to_earlier_runs_h"]
    for one in told.runs:
        times = (one.end, one.accepted_at, one.would_at, one.locked_at, one.started_at)
        saved = "" if one.saved is None else f"{_hours(one.saved):.3f}"
        shown = (t.isoformat() if t else "" for t in times)
        lines.append(",".join((str(one.run), one.run_class, *shown, saved, f"{_hours(one.lost):.3f}")))
    return "\n".join(lines) + "\n"


def _hours(time: timedelta) -> float:
    return time.total_seconds() / 3600


def _h(time: timedelta | None) -> str:
    """What is not known is a dash, never a nought."""
    return "–" if time is None else f"{_hours(time):.1f}"
