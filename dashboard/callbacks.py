"""What the browser asks while a page is open: the page itself, what a click tells, and acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update, set_props

from dashboard import act
from dashboard.change import changed
from dashboard.frame import AGE, ASK
from dashboard.pages import Pages
from dashboard.period import asked_for
from dashboard.reads import done_or_unsure
from dashboard.spreadsheet import TABLES, as_csv
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
        before = before or {}
        if set(ctx.triggered_prop_ids) == {"address.search"} and pages.follows_itself(path, before):
            return no_update, no_update, no_update
        # In a thread: the store may take its time, and the loop serves everybody.
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
            return "Run {}: {}".format(*point["customdata"]) if point else no_update

    @dash.callback(
        Output("download", "data"),
        *(Input(f"csv-{what}", "n_clicks") for what in TABLES),
        State("address", "search"),
        prevent_initial_call=True,
    )
    async def csv(*clicked: Any) -> Any:
        if not any(clicked[:-1]):
            return no_update
        what = str(ctx.triggered_id).removeprefix("csv-")
        told = await asyncio.to_thread(pages.asking.trends, clicked[-1] or "")
        name = f"calibration-readiness-{what}.csv"
        return {"content": as_csv(told, what), "filename": name, "type": "text/csv"}

    @dash.callback(
        Output("address", "search"),
        Input("period-show", "n_clicks"),
        State("period-from", "value"),
        State("period-to", "value"),
        State("address", "search"),
        prevent_initial_call=True,
    )
    def period(clicks: int, begin: str | None, end: str | None, query: str | None) -> Any:
        return asked_for(query or "", begin or "", end or "") if clicks else no_update


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
        Output("change-answer", "children"),
        Input("change-extend", "n_clicks"),
        Input("change-end", "n_clicks"),
        *(State(f"change-{name}", "value") for name in ("why", "until", "who")),
        State("change-number", "data"),
        prevent_initial_call=True,
    )
    async def change(longer: int, over: int, why: str | None, until: str | None, who: str | None, number: int) -> Any:
        if not (longer or over):
            return no_update
        is_end = ctx.triggered_id == "change-end"
        words = why or "", until or "", who or ""
        return await done_or_unsure("The change", changed, asked(), number, *words, is_end)


def agree(dash: Dash, asked: Callable[[], Asked]) -> None:
    """Callbacks of what one person leaves to the next, and of the second person who agrees."""

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
    async def agreed(clicks: list[int], who: str | None) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        return await done_or_unsure("The agreement", act.agreed, asked(), int(ctx.triggered_id["number"]), who or "")
