"""What stands round every page: banner, navigation, and the clock that says how old the data are."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, dcc, html

from dashboard.marks import chip, labelled
from dashboard.switches import switches
from spy.domain.caller import Caller, Means
from spy.store.views import Overview

REFRESH_MS = 5000

ASK = ClientsideFunction("live", "ask")
"""In assets/live.js: when the page asks anew."""
AGE = ClientsideFunction("live", "age")
"""In assets/age.js: it also marks the page as old, when the server is dead too."""

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="color-scheme" content="light dark">
<meta name="grid-script" content="GRID">
<script src="LOOK"></script>
<title>{%title%}</title>
{%favicon%}
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""


def index(look: str, grid: str) -> str:
    """The document round every page: addresses of the script that comes first, and of the one for pages with a grid."""
    return _INDEX.replace("LOOK", look).replace("GRID", grid)


def layout() -> html.Div:
    return html.Div(
        [
            dcc.Location(id="address"),
            dcc.Interval(id="tick", interval=REFRESH_MS),
            *(dcc.Store(id=name) for name in ("ask", "pushed", "knock", "facts")),
            dcc.Download(id="download"),
            html.Header(
                [
                    html.Nav(
                        [
                            html.Span("Calibration readiness", className="name"),
                            dcc.Link("Now", href="/"),
                            dcc.Link("Runs", href="/runs"),
                            dcc.Link("Calibrations", href="/products"),
                            dcc.Link("Services", href="/services"),
                            dcc.Link("Alerts", href="/alerts"),
                            dcc.Link("Deliveries", href="/deliveries"),
                            dcc.Link("Acts", href="/acts"),
                            dcc.Link("Trends", href="/trends"),
                            dcc.Link("Shift log", href="/shift"),
                            dcc.Link("Help", href="/help"),
                        ],
                        **labelled("Pages"),
                    ),
                    html.Div(id="banner"),
                    switches(),
                    html.Div(id="age", role="timer"),  # it and the next are filled by assets/age.js
                    html.Div(id="age-turned", role="status", className="unseen"),
                ]
            ),
            html.Div(id="trouble", role="alert"),
            html.Main(html.P("Loading …"), id="page"),
        ],
        id="frame",
    )


def banner(seen: Overview, caller: Caller) -> list[Any]:
    """Whether anything is sent, whether Tier0 moves at all, and who looks."""
    chips = [_mode(seen)]
    if seen.halt or seen.stop:
        chips.append(chip("✕ SENDING STOPPED", "blocked", seen.halt or (seen.stop.why if seen.stop else "")))
    chips.append(_switch(seen.prompt_enabled))
    if seen.failing:
        names = ", ".join(line.service for line in seen.failing)
        chips.append(chip(f"? {names} not answering", "unknown"))
    if caller.means is Means.SESSION:
        out = html.Button("Log out", id="log-out", className="plain")  # assets/logout.js
        chips.append(html.Span([f"{caller.who} ({caller.role}) ", out], className="who"))
    return chips


def _mode(seen: Overview) -> html.Span:
    if seen.mode == "live":
        return chip("LIVE", "live", "releases are sent to Tier0")
    if seen.mode == "shadow":
        return chip("SHADOW: nothing is sent", "shadow", "decisions are made, recorded and shown, and not sent")
    return chip("? MODE UNKNOWN", "unknown", "no agent has run on this store yet")


def _switch(enabled: bool | None) -> html.Span:
    if enabled is None:
        return chip("? Tier0 switch unknown", "unknown", "prompt reconstruction: enabled or not")
    return chip("✓ Tier0 switch on", "ready") if enabled else chip("✕ Tier0 switch OFF", "blocked")
