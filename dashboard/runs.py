"""All runs × products, window by window: each cell is a state by colour, sign and word, with its reason.

The grid asks the server for the rows that it shows (`rows`), so a list of 50,000 runs weighs as much as one of 50.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html

from dashboard.grid_script import with_grid
from dashboard.marks import SIGNS, seams, stage_word
from dashboard.paths import under
from dashboard.run_filters import filters, wanted_of
from dashboard.settings import Settings
from spy.domain.act import Act
from spy.domain.product import required_names
from spy.domain.verdict import State
from spy.store.views import Cell, GridRun

BLOCK = 50
"""Rows that the browser asks for at once."""
KEPT_BLOCKS = 8
ROWS_BESIDE = 2
"""Drawn above and below what is seen."""
LOOK_AGAIN_MS = 5000
WHY = ":why"
"""Ends the name of the field that holds a cell's tooltip."""
TAKEN = "being taken"
SOFT = "\u200b"
"""A place to wrap that nobody sees."""
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--card)', foregroundColor: 'var(--text)',"
    " borderColor: 'var(--line)', headerBackgroundColor: 'var(--back)', headerTextColor: 'var(--quiet)',"
    " accentColor: 'var(--link)', browserColorScheme: 'inherit',"  # its own would be light in every look
    " rowHoverColor: 'var(--waiting-back)', fontFamily: 'inherit', fontSize: '0.93rem', spacing: 5})"
)
_IS = "params.value == '{0}' || params.value == '({0})'"
_CLASSES = {str(state): _IS.format(f"{SIGNS[state]} {state}") for state in State}


def runs_page(query: str, config: Settings, prefix: str) -> list[Any]:
    wanted, _ = wanted_of(query)
    hint = "Arrow keys move in the grid, Enter opens the run. In brackets: advisory, it holds nothing back."
    parts = [
        dcc.Location(id="runs-address", refresh=False),
        dcc.Interval(id="runs-tick", interval=LOOK_AGAIN_MS),
        dcc.Store(id="runs-mark"),
        dcc.Store(id="runs-shown", data=wanted.detector or ""),
        filters(wanted, config),
        html.Div(id="runs-count", role="status"),
        dag.AgGrid(
            id="runs-grid",
            rowModelType="infinite",
            columnDefs=columns(config, wanted.detector, prefix),
            defaultColDef={"sortable": False, "resizable": True, "suppressMovable": True, "wrapHeaderText": True},
            getRowId="params.data.run",
            eventListeners={"cellKeyDown": ["runsKey(params)"], "cellFocused": ["runsFocused(params)"]},
            dashGridOptions={
                "theme": {"function": THEME},
                "cacheBlockSize": BLOCK,
                "maxBlocksInCache": KEPT_BLOCKS,
                "maxConcurrentDatasourceRequests": 1,
                "infiniteInitialRowCount": 1,
                "rowHeight": 34,
                "headerHeight": 58,
                "groupHeaderHeight": 28,
                "tooltipShowDelay": 300,
                "tooltipMouseTrack": False,
                "suppressNoRowsOverlay": True,
                "suppressCellFocus": False,
                "ensureDomOrder": True,
                # Rows out of sight cost as much as those in sight: a third of the browser's CPU of a jump.
                "rowBuffer": ROWS_BESIDE,
                "animateRows": False,
                "suppressAnimationFrame": True,
            },
            className="runs-grid",
            style={"height": None},
        ),
        html.Div(hint, id="runs-told", role="status", className="quiet"),
    ]
    return [html.H1("Runs"), *with_grid(under(prefix, parts))]


def columns(config: Settings, detector: str | None, prefix: str) -> list[dict[str, Any]]:
    """The run, what is known of it, then its products by detector: those that some class requires first."""
    pinned = [
        {"field": "run", "headerName": "Run", "pinned": "left", "width": 90}
        | {"cellRenderer": "RunLink", "cellRendererParams": {"prefix": prefix}},
        _state_column("verdict", "Verdict", 120) | {"pinned": "left"},
    ]
    first: list[dict[str, Any]] = [
        # Without a name of its own the row of detectors is empty over what is pinned: no row to a screen reader.
        {"headerName": "The run as a whole", "children": pinned},
        {"field": "reason", "headerName": "Why", "width": 240, "tooltipField": "reason" + WHY},
        {"field": "class", "headerName": "Class", "width": 110},
    ]
    gating = required_names(config.required.values())
    ordered = sorted(config.products.values(), key=lambda product: product.name not in gating)
    groups: dict[str, list[dict[str, Any]]] = {}
    for product in ordered:
        if detector in (None, product.detector):
            groups.setdefault(product.detector, []).append(_state_column(product.name, _soft(product.name), 135))
    return [*first, *({"headerName": name, "children": below} for name, below in groups.items()), *LAST]


LAST = (
    {"field": "release", "headerName": "Release", "width": 190, "tooltipField": "release" + WHY},
    {"field": "person", "headerName": "Who took care", "width": 190, "tooltipField": "person" + WHY},
    {"field": "start", "headerName": "Begin UTC", "width": 150},
    {"field": "end", "headerName": "End UTC", "width": 150},
    {"field": "fill", "headerName": "Fill", "width": 80},
    {"field": "era", "headerName": "Era", "width": 120},
)


def _state_column(field: str, head: str, width: int) -> dict[str, Any]:
    tooltip = {"tooltipField": field + WHY, "headerTooltip": head.replace(SOFT, "")}
    return {"field": field, "headerName": head, "width": width, "cellClassRules": _CLASSES} | tooltip


def _soft(name: str) -> str:
    """It may be wrapped where a person would."""
    return SOFT.join(seams(name))


def rows(found: Iterable[GridRun], names: Iterable[str]) -> list[dict[str, str]]:
    """What the grid shows of each run: texts, and beside them their tooltips."""
    wanted = list(names)
    return [_row(one, wanted) for one in found]


def _row(one: GridRun, names: list[str]) -> dict[str, str]:
    is_only_taken = one.is_taken and one.verdict is State.UNKNOWN  # what it needs is known when it has ended
    reasons = "\n".join(one.reasons)
    told = {
        "run": str(one.run),
        "verdict": TAKEN if is_only_taken else f"{SIGNS[one.verdict]} {one.verdict}",
        "verdict" + WHY: reasons or "every calibration that it needs is in place",
        "reason": one.reasons[0] if one.reasons else "",
        "reason" + WHY: reasons,
        "class": one.run_class or "unknown",
        "era": one.era or "unknown",
        "fill": str(one.fill or "–"),
        "start": f"{one.start:%d %b %y %H:%M}" if one.start else "unknown",
        "end": f"{one.end:%d %b %y %H:%M}" if one.end else ("being taken" if one.is_taken else "unknown"),
        "release": stage_word(one.stage),
        "release" + WHY: f"since {one.since:%d %b %Y %H:%M} UTC",
        "person": ", ".join(dict.fromkeys(act.who for act in one.acts)),
        "person" + WHY: "\n".join(map(_act, one.acts)),
    }
    for name in names:
        told |= _cell(name, one.cells.get(name), one)
    return told


def _cell(name: str, cell: Cell | None, one: GridRun) -> Mapping[str, str]:
    if cell is None:
        return {name: "–", name + WHY: "not needed" if one.is_decided and not one.is_taken else "not known yet"}
    text = f"{SIGNS[cell.state]} {cell.state}"
    why = "\n".join(cell.why) or f"{name}: {cell.state}"
    if cell.required:
        return {name: text, name + WHY: why}
    return {name: f"({text})", name + WHY: f"{why}\nadvisory: it holds nothing back"}


def _act(act: Act) -> str:
    until = f", until {act.until:%d %b %H:%M} UTC" if act.until else ""
    ended = ", ended" if act.ended_at else ""
    return f"{act.do} by {act.who}{until}{ended}: {act.why}"
