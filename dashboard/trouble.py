"""A part of a page that fails says which one it is, and leaves the rest working."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from dash import ctx, html, set_props

from spy.domain.errors import StoreError

log = logging.getLogger(__name__)

PANELS = {
    "banner": "This page",
    "runs-grid": "The grid of runs",
    "runs-mark": "The look for new runs",
    "runs-era": "The choice of filters",
    "act-answer": "The answer to the act",
    "handover-answer": "The handover note",
    "download": "The CSV file",
    "evidence": "The table of facts",
}
"""By the first thing that a callback fills."""
TROUBLE = "trouble"


def failed(error: Exception) -> None:
    """For Dash, when a callback raises: nothing is filled, and the page says what was not."""
    filled = ctx.outputs_list
    first = filled[0] if isinstance(filled, list) and filled else filled
    which = first["id"] if isinstance(first, dict) else ""
    name = str(which["type"] if isinstance(which, dict) else which)
    log.error("callback of %s failed", name or "nothing", exc_info=error)
    set_props(TROUBLE, {"children": sentence(PANELS.get(name, f"The part {name!r}"), error)})


def panel(name: str, make: Callable[[], list[Any]]) -> list[Any]:
    """A part of a page that may fail by itself."""
    try:
        return make()
    except Exception as error:  # whatever it is: the other parts are still right
        log.exception("panel %s failed", name)
        return [html.P(sentence(name, error), className="said unknown", role="alert")]


def sentence(name: str, error: Exception) -> str:
    """What a store says is for people; anything else is for the log of the server."""
    why = str(error).splitlines()[0] if isinstance(error, StoreError) else "the log of the server has the reason"
    return f"✕ {name} failed: {why}. The rest of the page goes on."
