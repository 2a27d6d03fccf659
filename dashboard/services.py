"""How the watched services answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.marks import at, mark, row, table
from spy.domain.verdict import State
from spy.store.views import ServiceLine

HEADS = ("Service", "State", "Since", "Last look", "Last good look", "Next look", "Took", "Requests", "Problem")


def services_page(lines: Sequence[ServiceLine]) -> list[Any]:
    rows = [_row(line) for line in lines]
    return [
        html.H1("Services"),
        html.P("What a service said is believed for a while after its last good look, then it is unknown."),
        table(HEADS, rows, "Services and how they answer") if rows else html.P("No service was asked yet."),
    ]


def _row(line: ServiceLine) -> html.Tr:
    name = line.service if line.service == line.probe else f"{line.probe} ({line.service})"
    return row(
        html.Th(name, scope="row"),
        _state(line),
        at(line.since),
        at(line.last_look),
        at(line.last_good, "never"),
        at(line.next_look),
        f"{line.took_ms:.0f} ms",
        str(line.requests),
        line.problem or "–",
    )


def _state(line: ServiceLine) -> html.Span:
    if not line.is_believed:
        return mark(State.BLOCKED, f"{line.state}, no longer believed")
    return mark(State.READY if line.state == "ok" else State.UNKNOWN, line.state)
