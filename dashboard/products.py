"""The numbers of each calibration through the runs: values, bands, limits, and what is out of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html

from dashboard.frontier import LOOK, export
from dashboard.latency import latency_chart
from dashboard.marks import chip, labelled, mark, row, run_link, table
from dashboard.period import Period, choice
from spy.domain.product import Product
from spy.store.views import LATE_AFTER, Kind, NumberLine, NumberPoint, Saved, Trouble

HEADS = ("Run", "Class", "Value", "Band", "Run before", "")
LIST = ("Calibration", "Detector", "Whom to ask", "Writes to", "Numbers")
TROUBLE = ("Run", "What", "Calibration", "h after its end", "Why")
SHOWN = 200
GOOD, ODD = "#1c7fd6", "#d9480f"


def products_page(
    products: Mapping[str, Product], required: Iterable[str], trouble: Sequence[Trouble], told: Saved, period: Period
) -> list[Any]:
    """Those that gate come first."""
    gating = set(required)
    ordered = sorted(products.values(), key=lambda product: (product.name not in gating, product.name))
    rows = [_row(product, product.name in gating) for product in ordered]
    return [
        html.H1(_counted(trouble), id="sentence"),
        *choice(period, "/products"),
        html.H2("Missing, late and odd ones"),
        *_troubles(trouble),
        html.H2("From the run's end to the upload, of those that gate"),
        *latency_chart(told.latencies),
        html.H2("All that the configuration knows"),
        table(LIST, rows, "Calibrations that the configuration knows"),
    ]


def _counted(trouble: Sequence[Trouble]) -> str:
    counts = [(kind, sum(one.kind is kind for one in trouble)) for kind in Kind]
    if not trouble:
        return "No calibration is missing, late or odd."
    return f"Calibrations: {', '.join(f'{number} {kind}' for kind, number in counts)}."


def _troubles(trouble: Sequence[Trouble]) -> list[Any]:
    late = f"{LATE_AFTER.total_seconds() / 3600:.1f} h"
    note = (
        f"Missing: the run has ended and needs it, or was locked without it. Late: uploaded more than {late} after the "
        "run's end, mean and RMS of 2024 together. Odd: a number out of its limits, or of the band of the runs before."
    )
    rows = [
        row(
            html.Th(run_link(one.run), scope="row"),
            mark(one.state, one.kind),
            dcc.Link(one.product, href=f"/products?name={one.product}"),
            "–" if one.after is None else f"{one.after.total_seconds() / 3600:.1f}",
            one.text,
        )
        for one in trouble[:SHOWN]
    ]
    left = f" The newest {SHOWN} of {len(trouble)}." if len(trouble) > SHOWN else ""
    shown = table(TROUBLE, rows, "Missing, late and odd calibrations") if rows else html.P("None.")
    return [html.P(note + left, className="quiet"), html.Div(shown, id="trouble")]


def _row(product: Product, gates: bool) -> html.Tr:
    name = dcc.Link(product.name, href=f"/products?name={product.name}")
    return row(
        html.Th([name, " ", chip("gates" if gates else "advisory")], scope="row"),
        product.detector,
        ", ".join(product.owners) or "the crew",
        ", ".join(product.destination_tags),
        ", ".join(number.name for number in product.numbers) or "none",
    )


def product_page(product: Product, lines: Sequence[NumberLine], told: Saved, period: Period) -> list[Any]:
    parts: list[Any] = [
        html.H1(product.name),
        html.P(
            [product.detector, ", ", ", ".join(product.owners) or "the crew", ". ", dcc.Link("All", href="/products")]
        ),
    ]
    if not lines:
        parts.append(html.P("The configuration names no number of this calibration."))
    for line in lines:
        parts += _number(line)
    about = choice(period, "/products", name=product.name)
    return [*parts, html.H2("From the run's end to the upload"), *about, *latency_chart(told.latencies)]


def _number(line: NumberLine) -> list[Any]:
    number, flagged = line.number, [point for point in line.points if point.is_flagged]
    unknown = sum(point.value is None for point in line.points)
    title: list[Any] = [f"{number.name}{f', {number.unit}' if number.unit else ''} "]
    title += [chip(f"✕ {len(flagged)} out of limits or band", "blocked")] if flagged else []
    title += [chip(f"? {unknown} unknown", "unknown")] if unknown else []
    name = f"number-{number.name}"
    chart = dcc.Graph(figure=figure(line), config=export(name, "svg"), className="chart")
    rows = [_point(point) for point in reversed(line.points)]
    return [
        html.H2(title),
        html.Div(chart, role="figure", **labelled(f"{number.name} through the runs; the table below says the same")),
        html.Details([html.Summary("As a table"), table(HEADS, rows, f"{number.name} run by run")], id=name),
    ]


def figure(line: NumberLine) -> go.Figure:
    known = [point for point in line.points if point.value is not None]
    shown = go.Figure()
    banded = [point for point in known if point.band is not None]
    for name, edge, fill in (("band", "low", None), ("band", "high", "tonexty")):
        shown.add_trace(
            go.Scatter(
                x=[point.run for point in banded],
                y=[getattr(point.band, edge) for point in banded],
                name=name,
                mode="lines",
                line={"width": 0},
                fill=fill,
                fillcolor="rgba(28,127,214,0.15)",
                showlegend=fill is not None,
                hoverinfo="skip",
            )
        )
    for name, colour, symbol, of in (
        ("as usual", GOOD, "circle", [point for point in known if not point.is_flagged]),
        ("out of limits or band", ODD, "x", [point for point in known if point.is_flagged]),
    ):
        shown.add_trace(
            go.Scatter(
                x=[point.run for point in of],
                y=[point.value for point in of],
                name=name,
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 9},
                hovertemplate="run %{x}: %{y}<extra></extra>",
            )
        )
    for limit in (line.number.low, line.number.high):
        if limit is not None:
            shown.add_hline(
                y=limit, line={"color": ODD, "dash": "dash", "width": 1}, annotation_text=f"limit {limit:g}"
            )
    shown.update_layout(**(LOOK | {"height": 300}), xaxis={"title": "run", "tickformat": "d"})
    return shown


def _point(point: NumberPoint) -> html.Tr:
    band = f"{point.band.low:.6g} to {point.band.high:.6g}" if point.band else "too few runs"
    before = f"{point.previous.value:.6g} in {point.previous.run}" if point.previous else "–"
    said = {"out of limits": point.is_out_of_limits, "out of band": point.is_out_of_band}
    value = f"{point.value:.6g}" if point.value is not None else f"unknown: {point.problem or 'nobody told it'}"
    head = html.Th(run_link(point.run), scope="row")
    return row(
        head,
        point.run_class or "unknown",
        value,
        band,
        before,
        [chip(f"✕ {word}", "blocked") for word, so in said.items() if so],
    )
