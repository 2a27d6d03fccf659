"""How states, times and values look: a sign, a word and a colour, never the colour alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html

from spy.clock import iso
from spy.domain.release import Stage
from spy.domain.verdict import State

SIGNS = {State.READY: "✓", State.WAITING: "…", State.UNKNOWN: "?", State.BLOCKED: "✕"}
_SEAM = re.compile(r"(?<=_)|(?<=[a-z])(?=[A-Z])")
STAGES = {
    Stage.NONE: "not released",
    Stage.QUEUED: "being sent",
    Stage.SENT: "sent, no answer yet",
    Stage.AMBIGUOUS: "sent, answer unclear",
    Stage.ACCEPTED: "accepted by Tier0",
    Stage.STARTED: "reconstruction started",
    Stage.LOCKED: "locked by Tier0",
    Stage.OVERTAKEN: "overtaken by Tier0's clock",
}
"""A stage not listed is its own word."""


def mark(state: State, word: str = "") -> html.Span:
    """Sign and word in the state's colour."""
    return html.Span([html.Span(SIGNS[state], className="sign"), word or str(state)], className=f"mark {state}")


def chip(text: Any, kind: str = "", title: str = "") -> html.Span:
    return html.Span(text, className=f"chip {kind}".rstrip(), title=title)


def stage_word(stage: Stage) -> str:
    return STAGES.get(stage, str(stage))


def at(moment: datetime | None, missing: str = "–") -> Any:
    """A time in UTC, short; the exact one on hover."""
    if moment is None:
        return missing
    return html.Time(f"{moment:%d %b %H:%M}", dateTime=iso(moment), title=iso(moment))


def span_of(start: datetime | None, end: datetime | None, is_taken: bool) -> Any:
    """When data were taken, in one line."""
    if start is None:
        return "unknown"
    if is_taken:
        return [at(start), html.Span(" – still being taken", className="quiet")]
    if end is not None and end.date() == start.date():
        return [at(start), " – ", html.Time(f"{end:%H:%M}", dateTime=iso(end), title=iso(end))]
    return [at(start), " – ", at(end, "end unknown")]


def run_link(run: int) -> dcc.Link:
    return dcc.Link(str(run), href=f"/run/{run}", className="run")


def seams(name: str) -> list[str]:
    return _SEAM.split(name)


def broken(name: str) -> list[Any]:
    """A long name that may be wrapped after its underscores and before its capitals."""
    parts = seams(name)
    return [piece for part in parts[:-1] for piece in (part, html.Wbr())] + [parts[-1]]


def table(heads: Sequence[Any], rows: Iterable[html.Tr], caption: str, kind: str = "") -> html.Div:
    """A table that scrolls sideways by itself on a narrow screen."""
    head = html.Thead(html.Tr([html.Th(text, scope="col") for text in heads]))
    body = [html.Caption(caption, className="unseen"), head, html.Tbody(list(rows))]
    return html.Div(html.Table(body, className=kind), className="scroll", tabIndex=0, **labelled(caption))


def labelled(text: str) -> dict[str, Any]:
    """A name for what has no visible one; Dash takes such attributes by dictionary only."""
    return {"aria-label": text}


def row(*cells: Any) -> html.Tr:
    return html.Tr([cell if isinstance(cell, html.Td | html.Th) else html.Td(cell) for cell in cells])


def folded(name: str, title: str, *inside: Any) -> html.Details:
    """Closed at first; assets/unfold.js keeps it as the reader left it, since Dash makes changed pages anew."""
    return html.Details([html.Summary(title), *inside], id=name)


def facts(pairs: Iterable[tuple[str, Any]]) -> html.Dl:
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in pairs], className="facts")
