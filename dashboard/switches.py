"""What each reader chooses for the own browser: how the page looks, and on which clock times are told."""

from __future__ import annotations

from dash import html

SCRIPT = "look.js"
"""In assets: it comes before all that is painted, and so not with Dash's other scripts at the end."""
CHOICES = {
    "look": ("Look", (("auto", "automatic"), ("light", "light"), ("dark", "dark"), ("wall", "wall"))),
    "clock": ("Times", (("utc", "UTC"), ("geneva", "Geneva"))),
}
"""Kept in the browser's local storage; the script knows the same values."""


def address(prefix: str, assets: str) -> str:
    """Of the script, where the assets are at `assets`."""
    return f"{prefix}/{assets}/{SCRIPT}"


def switches() -> html.Div:
    return html.Div([_switch(name) for name in CHOICES], className="switches")


def _switch(name: str) -> html.Label:
    label, choices = CHOICES[name]
    return html.Label([label, html.Select([html.Option(text, value=v) for v, text in choices], id=f"{name}-choice")])
