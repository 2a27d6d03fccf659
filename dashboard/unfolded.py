"""What is long and folded away comes when it is unfolded, and is told anew while it is open.

The facts of a run are most of its page, and each look of a probe renews when they were seen: in the page they would
make all of it new each time, and whoever reads there would lose the place.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update, set_props

from dashboard.history import ASK, SHOWN, TABLE, evidence_table
from dashboard.pages import Pages
from dashboard.trouble import TROUBLE
from spy.store.views import facts_of_run

AGAIN = ClientsideFunction("unfold", "again")
"""In assets/unfold.js, which also asks when a reader unfolds."""


def unfold(dash: Dash, pages: Pages) -> None:
    @dash.callback(
        Output({"type": TABLE, "run": MATCH}, "children"),
        Output({"type": SHOWN, "run": MATCH}, "data"),
        Input({"type": ASK, "run": MATCH}, "data"),
        State({"type": SHOWN, "run": MATCH}, "data"),
        prevent_initial_call=True,
    )
    async def table(asked: int | None, shown: str | None) -> Any:
        run = ctx.triggered_id["run"] if isinstance(ctx.triggered_id, dict) else None
        if not asked or not isinstance(run, int):
            return no_update, no_update
        made, digest = await asyncio.to_thread(_table, pages, run)
        set_props(TROUBLE, {"children": ""})
        return (no_update, no_update) if digest == shown else (made, digest)

    browser: Any = dash  # this one method has no types
    # Dash tells callbacks without output apart by their inputs alone: `facts` is the input of the age's.
    browser.clientside_callback(AGAIN, Input("tick", "n_intervals"))


def _table(pages: Pages, run: int) -> tuple[Any, str]:
    found = facts_of_run(pages.store, run)
    return evidence_table(found), hashlib.sha256(repr(found).encode()).hexdigest()
