"""The script of AG Grid, a third of a megabyte even compressed: where a grid is, and on no other page.

Dash would put it into every document, and knows no page of a single one. So the document says where it is, and
assets/grid.js fetches it, at once where the address is a page with a grid; only then is that page shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dash_ag_grid as dag
from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.fingerprint import build_fingerprint

SCRIPT = "dash_ag_grid.min.js"
WHOLE, PLACE = "grid-whole", "grid-place"


def keep_out() -> None:
    """Out of all documents; before the first one is made."""
    for resource in dag._js_dist:
        if resource["relative_package_path"] == SCRIPT:
            resource["dynamic"] = True


def address(prefix: str) -> str:
    """Under Dash's own address with version and time, of which browsers need not ask again."""
    named: Any = build_fingerprint  # has no types
    modified = int((Path(dag.__file__).parent / SCRIPT).stat().st_mtime)
    return f"{prefix}/_dash-component-suites/dash_ag_grid/{named(SCRIPT, dag.__version__, modified)}"


def with_grid(parts: list[Any]) -> list[Any]:
    """What is shown as soon as the script is there."""
    return [dcc.Store(id=WHOLE, data=parts), html.Div(html.P("Loading …"), id=PLACE)]


def show(dash: Dash) -> None:
    whole: Any = dash  # this one method has no types
    whole.clientside_callback(ClientsideFunction("grid", "shown"), Output(PLACE, "children"), Input(WHOLE, "data"))
