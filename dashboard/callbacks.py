"""What the browser asks while a page is open: the page itself, what a click tells, and acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update, set_props

from dashboard import act
from dashboard.frame import AGE, ASK
from dashboard.pages import LONGEST_DAYS, Pages, number_of
from dashboard.reads import done_or_unsure
from dashboard.trends import as_csv
from dashboard.trouble import TROUBLE
from spy.acting.perform import Asked


def show(dash: Dash, pages: Pages) -> None:
    @dash.callback(
        Output("banner", "children"),
        Output("page", "children"),
        Output("facts", "data"),
        Input("address", "pathname"),
        Input("address", "search"),
        Input("ask", "data"),
        State("facts", "data"),
    )
    async def show(path: str, query: str, asks: dict[str, Any] | None, before: dict[str, Any] | None) -> Any:
        # In a thread: the store may take its time, and the loop serves everybody.
        before = before or {}
        shown = await asyncio.to_thread(pages.show, path, query or "", before, str((asks or {}).get("clock")))
        if shown[2].get("where") != before.get("where"):
            set_props(TROUBLE, {"children": ""})  # it was about the page that is left now
        return shown

    shown: Any = dash  # this one method has no types
    shown.clientside_callback(ASK, Output("ask", "data"), Input("tick", "n_intervals"), Input("pushed", "data"))
    shown.clientside_callback(AGE, Input("facts", "data"))


def click(dash: Dash, pages: Pages) -> None:
    for name in ("now-frontier", "trend-frontier"):

        @dash.callback(Output(f"{name}-told", "children"), Input(name, "clickData"), prevent_initial_call=True)
        async def told(clicked: dict[str, Any] | None) -> Any:
            point = clicked["points"][0] if clicked else None
            return f"Run {point['y']}: {point['customdata']}" if point else no_update

    @dash.callback(
        Output("download", "data"),
        Input("trends-csv", "n_clicks"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    async def csv(clicks: int, query: str) -> Any:
        if not clicks:
            return no_update
        told = await asyncio.to_thread(pages.saved, pages.clock(), number_of(query or "", "days", 7, LONGEST_DAYS))
        return {"content": as_csv(told), "filename": "calibration-readiness.csv", "type": "text/csv"}


def do(dash: Dash, asked: Callable[[], Asked]) -> None:
    """Callbacks that write; each goes through `spy.acting`, which checks the right of whoever asks."""

    @dash.callback(
        Output("act-answer", "children"),
        Input("act-preview", "n_clicks"),
        Input("act-perform", "n_clicks"),
        *(State(f"act-{name}", "value") for name in act.FIELDS),
        prevent_initial_call=True,
    )
    async def answer(_look: int, _do: int, *values: Any) -> Any:
        if not (_look or _do):
            return no_update
        return await done_or_unsure("The act", act.answer, asked(), values, ctx.triggered_id == "act-preview")

    @dash.callback(
        Output("handover-answer", "children"),
        Input("handover-leave", "n_clicks"),
        State("handover-text", "value"),
        State("handover-who", "value"),
        prevent_initial_call=True,
    )
    async def leave(clicks: int, text: str | None, who: str | None) -> Any:
        return (
            await done_or_unsure("The handover note", act.left, asked(), text or "", who or "") if clicks else no_update
        )

    @dash.callback(
        Output("agree-answer", "children"),
        Input({"type": "agree", "number": ALL}, "n_clicks"),
        State("agree-who", "value"),
        prevent_initial_call=True,
    )
    async def agree(clicks: list[int], who: str | None) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        return await done_or_unsure("The agreement", act.agreed, asked(), int(ctx.triggered_id["number"]), who or "")
