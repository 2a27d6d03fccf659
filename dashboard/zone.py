"""Figures on Geneva's clock: axes have no zone, so their times are moved here. Texts are moved in assets/clock.js."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dash import dcc
from dash.development.base_component import Component

GENEVA = "geneva"
"""As the switch in the page's head calls it; any other word is UTC."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
_SAID = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?) UTC")

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def _geneva() -> ZoneInfo | None:
    try:
        return ZoneInfo("Europe/Zurich")
    except ZoneInfoNotFoundError:
        log.warning("this machine has no time zones (Debian package tzdata): figures stay in UTC")
        return None


def on_clock(tree: Any, clock: str) -> Any:
    """The same components, every chart in them on the clock that the reader wants."""
    zone = _geneva() if clock == GENEVA else None
    return tree if zone is None else _moved_below(tree, zone)


def _moved_below(tree: Any, zone: ZoneInfo) -> Any:
    if isinstance(tree, list | tuple):
        return [_moved_below(part, zone) for part in tree]
    if isinstance(tree, dcc.Graph) and (figure := getattr(tree, "figure", None)) is not None:
        as_dict = figure if isinstance(figure, dict) else figure.to_dict()
        vars(tree)["figure"] = moved(as_dict, zone)
    elif isinstance(tree, Component) and (children := getattr(tree, "children", None)) is not None:
        vars(tree)["children"] = _moved_below(children, zone)
    return tree


def moved(value: Any, zone: ZoneInfo) -> Any:
    """A figure or a part of it: times become the zone's, without saying so; words that say UTC say another thing."""
    if isinstance(value, dict):
        return {key: moved(part, zone) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [moved(part, zone) for part in value]
    if isinstance(value, datetime):
        return _there(value, zone)
    if isinstance(value, str):
        if _ISO.fullmatch(value):
            return _there(datetime.fromisoformat(value), zone)
        return _SAID.sub(lambda said: _said(said[1], zone), value).replace("UTC", "Geneva time")
    return value


def _there(moment: datetime, zone: ZoneInfo) -> str:
    """As charts take it: what the clock on the wall shows."""
    return f"{(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone):%Y-%m-%dT%H:%M:%S.%f}"


def _said(text: str, zone: ZoneInfo) -> str:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M} {moment.tzname()}"
