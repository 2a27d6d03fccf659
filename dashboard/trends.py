"""What a period saved and what it cost: hours, causes, states, votes, regret, latencies; as pictures and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.frontier import LOOK, export, frontier
from dashboard.heights import RUN, switch
from dashboard.marks import at, chip, labelled, row, run_link, table
from dashboard.period import Period, choice
from dashboard.spreadsheet import TABLES
from dashboard.trouble import panel
from spy.store.views import PUBLISHED_2024, ProductLatency, Regret, RuleVotes, RunSaved, Share, StateTime, Trends, Votes

RUN_HEADS = ("Run", "Class", "End", "Accepted", "Locked", "Started", "Saved h", "Lost to earlier runs h", "Measured at")
RULE_HEADS = ("Rule", "Runs", "Held alone h", "Waiting h", "Unknown h", "Blocked h", "Ready h", "Runs waived")
REGRET_HEADS = (
    "Report",
    "Made",
    "Releases from",
    "to",
    "Judged",
    "Regrets",
    "Nothing known",
    "What it says",
    "Accepted",
)
PICTURES = ("svg", "png")
SHOWN = 200
"""Runs in the table and the chart, the newest; the CSV has all."""


def picture_of(wish: str) -> str:
    return wish if wish in PICTURES else PICTURES[0]


def trends_page(told: Trends, period: Period, picture: str, height: str = RUN) -> list[Any]:
    """`picture` is the kind that charts are saved as, `height` what the frontier chart shows upwards."""
    saved = told.saved
    kept = {"picture": picture, "y": height}
    parts: list[Any] = [html.H1(saved.sentence, id="sentence"), *choice(period, "/trends", **kept)]
    if saved.endless:
        missing = ", ".join(map(str, saved.endless[:SHOWN]))
        parts.append(html.P(f"Left out, since nobody knows when they ended: {missing}.", className="quiet"))
    if not saved.runs:
        return [*parts, html.H2("Regret"), *_regret(told.regrets)]
    newest = saved.runs[-SHOWN:]
    note = f"The newest {len(newest)} of {len(saved.runs)}; the CSV has all." if len(newest) < len(saved.runs) else ""
    return [
        *parts,
        html.Div([*_downloads(), *_pictures(period, kept)], className="buttons"),
        html.H2("What held the data"),
        *panel("What held the data", lambda: _pareto(saved.causes, picture)),
        html.H2("Time in each state, from the end of a run to its start"),
        *panel("Time in each state", lambda: _states(saved.states, picture)),
        html.H2("How each rule voted"),
        *panel("How each rule voted", lambda: _votes(told.votes)),
        html.H2("Regret"),
        *panel("Regret", lambda: _regret(told.regrets)),
        html.H2("The frontier"),
        switch(height, "trend-y", "/trends", **period.asked, picture=picture),
        *panel("The frontier", lambda: frontier(newest, "trend-frontier", picture, height)),
        html.H2("From the run's end to the upload"),
        _latencies(saved.products),
        html.H2("Run by run"),
        html.P(note, className="quiet"),
        table(RUN_HEADS, map(_run, reversed(newest)), "What each run saved and lost"),
    ]


def _downloads() -> list[Any]:
    return [html.Button(f"{what.capitalize()} as CSV", id=f"csv-{what}", n_clicks=0) for what in TABLES]


def _pictures(period: Period, kept: Mapping[str, str]) -> Iterable[Any]:
    """The button of each chart saves it; here one says as what."""
    yield html.Span("Charts are saved as")
    for kind in PICTURES:
        name = "chosen" if kind == kept["picture"] else ""
        href = f"/trends?{urlencode({**period.asked, **kept, 'picture': kind})}"
        yield dcc.Link(kind.upper(), href=href, className=name, id=f"picture-{kind}")


def bars(names: Sequence[str], hours: Sequence[float], told: Sequence[str], colours: Any = "#1c7fd6") -> go.Figure:
    """Lying bars, the first on top."""
    shown = go.Figure(
        go.Bar(
            x=list(hours),
            y=list(names),
            orientation="h",
            text=list(told),
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} h<extra></extra>",
            marker={"color": colours},
        )
    )
    shown.update_layout(**(LOOK | {"height": 80 + 34 * len(names), "margin": {"l": 230, "r": 160, "t": 30, "b": 45}}))
    shown.update_layout(yaxis={"autorange": "reversed"}, xaxis={"title": "hours"}, showlegend=False)
    return shown


def chart(figure: go.Figure, name: str, picture: str, label: str) -> html.Div:
    graph = dcc.Graph(figure=figure, config=export(name, picture), className="chart", id=f"chart-{name}")
    return html.Div(graph, role="figure", **labelled(f"{label}; the table below says the same"))


def as_table(name: str, heads: Sequence[str], rows: Iterable[html.Tr], caption: str) -> html.Details:
    return html.Details([html.Summary("As a table"), table(heads, rows, caption)], id=f"{name}-table")


def _pareto(causes: Sequence[Share], picture: str) -> list[Any]:
    told = [f"{100 * share.share:.0f} %, {_runs(share.runs)}" for share in causes]
    shown = bars([str(share.cause) for share in causes], [_hours(share.time) for share in causes], told)
    rows = [
        row(str(share.cause), _h(share.time), f"{100 * share.share:.1f}", str(share.runs), _most(share))
        for share in causes
    ]
    heads = ("Cause", "h", "%", "Runs", "Most of it")
    return [
        chart(shown, "causes", picture, "Hours by cause, the longest first"),
        as_table("causes", heads, rows, "Hours by cause"),
    ]


def _most(share: Share) -> str:
    return ", ".join(f"{name} {_h(time)} h" for name, time in share.most[:3])


def _states(states: Sequence[StateTime], picture: str) -> list[Any]:
    names = [f"{one.kind}: {one.state}" for one in states]
    colours = ["#1c7fd6" if one.kind == "verdict" else "#7a5200" for one in states]
    told = [f"{100 * one.share:.0f} %, {_runs(one.runs)}" for one in states]
    shown = bars(names, [_hours(one.time) for one in states], told, colours)
    rows = [row(one.kind, one.state, _h(one.time), f"{100 * one.share:.1f}", str(one.runs)) for one in states]
    return [
        chart(shown, "states", picture, "Hours in each verdict and in each stage of the release"),
        as_table("states", ("Kind", "State", "h", "%", "Runs"), rows, "Hours in each state"),
    ]


def _votes(votes: Votes) -> list[Any]:
    left = (
        f"; {votes.left_out} older runs are left out, their revisions were too many to read" if votes.left_out else ""
    )
    told = (
        f"By what each of {votes.revisions} revisions of {_runs(votes.runs)} kept, from its end to its start{left}. "
        "Of rules about calibrations the worst that a run needs counts. Held alone: no other rule was against."
    )
    return [html.P(told, className="quiet"), table(RULE_HEADS, map(_vote, votes.rules), "How each rule voted")]


def _vote(one: RuleVotes) -> html.Tr:
    shadow = chip("shadow", "shadow", "shown, and decides nothing") if one.is_shadow else ""
    name: list[Any] = [one.rule, " ", shadow]
    times = (one.alone, one.waiting, one.unknown, one.blocked, one.ready)
    return row(html.Th(name, scope="row"), str(one.runs), *map(_h, times), str(one.waived))


def _regret(found: Sequence[Regret]) -> list[Any]:
    if not found:
        how = "Nobody made a regret report about this time, so what releases missed is unknown: "
        return [html.P([how, html.Code("spy regret"), " makes one."], id="regret")]
    rows = [
        row(
            html.Th(str(one.number), scope="row"),
            *(at(moment) for moment in (one.made_at, one.begin, one.until)),
            str(one.judged),
            chip(f"✕ {one.regrets}", "blocked") if one.regrets else "0",
            str(one.unknown),
            one.summary,
            [one.acknowledged_by, " ", at(one.acknowledged_at)] if one.acknowledged_at else "nobody yet",
        )
        for one in found
    ]
    return [html.Div(table(REGRET_HEADS, rows, "Regret reports"), id="regret")]


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


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _hours(time: timedelta) -> float:
    return time.total_seconds() / 3600


def _h(time: timedelta | None) -> str:
    """What is not known is a dash, never a nought; a minute less than nothing is nothing."""
    return "–" if time is None else f"{round(_hours(time), 1) + 0.0:.1f}"
