"""What the grid of runs asks for: its windows, what may be chosen, and whether anything is new."""

from __future__ import annotations

import asyncio
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update, set_props

from dashboard.pages import Pages
from dashboard.run_filters import FIELDS, known_of, told, wanted_of
from dashboard.runs import columns, rows
from dashboard.trouble import TROUBLE
from spy.store.views import newest_change, run_choices, run_window

TYPED = "fill"
"""A field that is not chosen from a list: what is typed counts as a whole."""


def browse(dash: Dash, pages: Pages) -> None:
    products = pages.config.products

    @dash.callback(
        Output("runs-grid", "getRowsResponse"),
        Output("runs-count", "children"),
        Input("runs-grid", "getRowsRequest"),
        State("runs-address", "search"),
        prevent_initial_call=True,
    )
    async def window(asked: dict[str, Any] | None, query: str | None) -> Any:
        if not asked:
            return no_update, no_update
        wanted, wrong = wanted_of(query or "")
        span = int(asked["startRow"]), int(asked["endRow"])
        found = await asyncio.to_thread(run_window, pages.store, pages.index, wanted, *span, pages.clock(), products)
        set_props(TROUBLE, {"children": ""})
        return {"rowData": rows(found.runs, products), "rowCount": found.total}, told(found.total, wanted, wrong)

    @dash.callback(Output("runs-mark", "data"), Input("runs-tick", "n_intervals"))
    async def mark(_ticks: int) -> str:
        return await asyncio.to_thread(newest_change, pages.store)

    @dash.callback(
        Output("runs-era", "options"),
        Output("runs-class", "options"),
        Output("runs-person", "options"),
        Input("runs-address", "search"),
    )
    async def choices(query: str | None) -> Any:
        known = await asyncio.to_thread(run_choices, pages.store, pages.index, pages.clock())
        return known_of(wanted_of(query or "")[0], known, pages.config)

    # Not with each filter: the grid makes all its columns anew.
    @dash.callback(Output("runs-grid", "columnDefs"), Input("runs-shown", "data"), prevent_initial_call=True)
    def shown(detector: str | None) -> Any:
        return columns(pages.config, detector or None, pages.prefix)

    _in_the_browser(dash)


def _in_the_browser(dash: Any) -> None:
    """In assets/runs.js: the address is made of the filters and the filters of the address; old rows are asked anew."""

    def function(name: str) -> ClientsideFunction:
        return ClientsideFunction("runs", name)

    values = [(f"runs-{name}", "value") for name in FIELDS]
    dash.clientside_callback(
        function("filter"),
        *(Input(f"runs-{name}", "value") for name in FIELDS if name != TYPED),
        *(Input(f"runs-{TYPED}", when) for when in ("n_submit", "n_blur")),
        *(State(*value) for value in values),
        prevent_initial_call=True,
    )
    dash.clientside_callback(
        function("controls"),
        *(Output(*value) for value in values),
        Input("runs-address", "search"),
        prevent_initial_call=True,
    )
    dash.clientside_callback(
        function("detector"),
        Output("runs-shown", "data"),
        Input("runs-address", "search"),
        State("runs-shown", "data"),
        prevent_initial_call=True,
    )
    dash.clientside_callback(function("again"), Input("runs-address", "search"), prevent_initial_call=True)
    # A question that is never answered would hold up all later ones.
    dash.clientside_callback(function("asked"), Input("runs-grid", "getRowsRequest"))
    dash.clientside_callback(function("answered"), Input("runs-grid", "getRowsResponse"), prevent_initial_call=True)
    dash.clientside_callback(function("patience"), Input("runs-tick", "n_intervals"), prevent_initial_call=True)
    dash.clientside_callback(function("refresh"), Input("runs-mark", "data"), prevent_initial_call=True)
